interface FormActionsProps {
  submit: string
  cancel?: string
  /** True while what was submitted is on its way. */
  sending: boolean
  close: () => void
}

/**
 * Draws the two exits of a form that can be closed: its own button, and one that leaves everything
 * as it was.
 */
export function FormActions(props: FormActionsProps) {
  const { submit, cancel = 'Cancel', sending, close } = props
  return (
    <div class="row">
      <button type="submit" class="button primary" aria-disabled={sending}>
        {submit}
      </button>
      <button type="button" class="button quiet" onClick={close}>
        {cancel}
      </button>
    </div>
  )
}
