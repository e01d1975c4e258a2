/** Draws labelled boxes to write in or to tick, with hint and error tied to them for screen readers. */
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'

/** Focuses the first field of a form that is marked as wrong, once its error is drawn. */
export function focusWrongField(form: { readonly current: HTMLFormElement | null }): void {
  setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus())
}

interface FieldProps {
  label: string
  name: string
  value: string
  onValue: (value: string) => void
  error?: string | undefined
  hint?: string
  type?: 'text' | 'email' | 'password'
  autocomplete?: string
  inputMode?: 'email' | 'decimal' | 'text'
  /** Keeps password managers away: only a person fills the box. */
  byHand?: boolean
}

/** Keeps away 1Password, Bitwarden, LastPass and Dashlane, in this order. */
const BY_HAND = {
  'data-1p-ignore': 'true',
  'data-bwignore': 'true',
  'data-lpignore': 'true',
  'data-form-type': 'other',
}

export function Field({ label, name, value, onValue, error, hint, type = 'text', ...input }: FieldProps) {
  const id = useId()
  const [shown, setShown] = useState(false)
  const notes = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      <div class="field-box">
        <Box
          {...input}
          id={id}
          name={name}
          type={shown ? 'text' : type}
          value={value}
          onValue={onValue}
          wrong={Boolean(error)}
          notes={notes}
        />
        {type === 'password' && (
          <button type="button" class="peek" aria-pressed={shown} onClick={() => setShown(!shown)}>
            Show<span class="unseen"> what I typed</span>
          </button>
        )}
      </div>
      {hint && <Note id={`${id}-hint`} kind="hint" text={hint} />}
      {error && <Note id={`${id}-error`} kind="error" text={error} />}
    </div>
  )
}

type BoxProps = Pick<FieldProps, 'name' | 'value' | 'onValue' | 'autocomplete' | 'inputMode' | 'byHand'> & {
  id: string
  type: 'text' | 'email' | 'password'
  wrong: boolean
  notes: string
}

function Box({ type, onValue, wrong, notes, byHand = false, ...rest }: BoxProps) {
  const input = {
    ...rest,
    ...(byHand ? BY_HAND : {}),
    onInput: (event: { currentTarget: HTMLInputElement }) => onValue(event.currentTarget.value),
    'aria-invalid': wrong ? ('true' as const) : undefined,
    'aria-describedby': notes || undefined,
  }
  if (type === 'password') return <input {...input} type="password" />
  return type === 'email' ? <input {...input} type="email" /> : <input {...input} type="text" />
}

function Note({ id, kind, text }: { id: string; kind: 'hint' | 'error'; text: string }) {
  return (
    <p id={id} class={kind}>
      {text}
    </p>
  )
}

interface CheckBoxProps {
  name: string
  checked: boolean
  onChange: (checked: boolean) => void
  error: string | undefined
  className?: string
  children: ComponentChildren
}

/** Draws a box to tick, with its words and its error. */
export function CheckBox({ name, checked, onChange, error, className, children }: CheckBoxProps) {
  const id = useId()
  return (
    <div class={className}>
      <label class="check">
        <input
          type="checkbox"
          name={name}
          checked={checked}
          onChange={(event) => onChange(event.currentTarget.checked)}
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={error ? id : undefined}
        />
        <span>{children}</span>
      </label>
      {error && (
        <p id={id} class="error">
          {error}
        </p>
      )}
    </div>
  )
}
