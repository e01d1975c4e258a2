/** Draws a labelled box for a few lines, with its hint and its error. */
import { useId } from 'preact/hooks'

interface TextAreaProps {
  label: string
  name: string
  value: string
  onValue: (value: string) => void
  hint: string
  error?: string | undefined
}

export function TextArea({ label, name, value, onValue, hint, error }: TextAreaProps) {
  const id = useId()
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={4}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={`${id}-hint${error ? ` ${id}-error` : ''}`}
      />
      <p id={`${id}-hint`} class="hint">
        {hint}
      </p>
      {error && (
        <p id={`${id}-error`} class="error">
          {error}
        </p>
      )}
    </div>
  )
}
