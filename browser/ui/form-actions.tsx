/**
 * Draws the two exits of a form that can be closed: its own button, and one that leaves everything
 * as it was.
 */
export function FormActions(props: { submit: string; cancel?: string; close: () => void }) {
  const { submit, cancel = 'Cancel', close } = props
  return (
    <div class="row">
      <button type="submit" class="button primary">
        {submit}
      </button>
      <button type="button" class="button quiet" onClick={close}>
        {cancel}
      </button>
    </div>
  )
}
