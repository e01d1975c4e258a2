/** Draws the form with a new password that two of the pages have. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Answer, Failure } from '../lib/http.ts'
import { Field, focusWrongField } from '../ui/field.tsx'
import { Failed } from './link-page.tsx'

interface NewPasswordProps {
  action: string
  send: (password: string) => Promise<Answer<unknown>>
  onDone: () => void
  /** Called for a link that no longer works: no password helps it. */
  onGone: (failure: Failure) => void
}

const EMPTY: Failure = {
  code: 'invalid_input',
  errors: [{ path: 'password', message: 'Enter a new password.' }],
}

export function NewPassword({ action, send, onDone, onGone }: NewPasswordProps) {
  const password = useSignal('')
  const failure = useSignal<Failure | undefined>(undefined)
  const sending = useSignal(false)
  const form = useRef<HTMLFormElement>(null)
  const show = (failed: Failure) => {
    failure.value = failed
    focusWrongField(form)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending.value) return
    if (password.value === '') return show(EMPTY)
    sending.value = true
    const answer = await send(password.value)
    sending.value = false
    if (answer.ok) onDone()
    else if (answer.failure.code === 'bad_token') onGone(answer.failure)
    else show(answer.failure)
  }
  const wrong = failure.value?.errors?.find(({ path }) => path === 'password')?.message
  return (
    <form ref={form} noValidate onSubmit={submit}>
      {failure.value && <Failed failure={failure.value} />}
      <Field
        label="New password"
        name="password"
        type="password"
        autocomplete="new-password"
        hint="At least 8 characters."
        value={password.value}
        onValue={(value) => (password.value = value)}
        error={wrong}
      />
      <button type="submit" class="button primary wide" aria-disabled={sending.value}>
        {action}
      </button>
    </form>
  )
}
