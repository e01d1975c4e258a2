/** Draws the form for those who have forgotten their password. */
import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Api } from '../lib/api.ts'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { Field, focusWrongField } from '../ui/field.tsx'
import type { EntryDraft } from './check.ts'

interface ForgotProps {
  api: Api
  /** Shared with the other forms, so that the address need not be typed again. */
  draft: Signal<EntryDraft>
}

/**
 * Draws the form, then what to do next. Where no mail can be sent, it names the address for help.
 */
export function ForgotForm({ api, draft }: ForgotProps) {
  const failure = useSignal<Failure | undefined>(undefined)
  const sending = useSignal(false)
  const sentTo = useSignal('')
  const supportEmail = useSignal('')
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    void api.settings().then((settings) => {
      if (settings.ok && settings.value.mail === 'none') supportEmail.value = settings.value.supportEmail
    })
  }, [])
  if (supportEmail.value) return <NoMail supportEmail={supportEmail.value} />
  if (sentTo.value) return <Sent email={sentTo.value} />

  const { email } = draft.value
  const show = (failed: Failure) => {
    failure.value = failed
    focusWrongField(form)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending.value) return
    if (email.trim() === '') return show(EMPTY)
    sending.value = true
    const answer = await api.forgotPassword(email)
    sending.value = false
    if (answer.ok) sentTo.value = email.trim()
    else show(answer.failure)
  }
  return (
    <Step title="Forgot your password?">
      <p>We’ll email you a link to set a new one. Your balance and history stay as they are.</p>
      <form ref={form} noValidate onSubmit={submit}>
        {failure.value && (
          <Alert>
            <p>{sayFailure(failure.value)}</p>
          </Alert>
        )}
        <Field
          label="Email"
          name="email"
          type="email"
          inputMode="email"
          autocomplete="email"
          value={email}
          onValue={(value) => {
            draft.value = { ...draft.value, email: value }
          }}
          error={failure.value?.errors?.[0]?.message}
        />
        <button type="submit" class="button primary wide" aria-disabled={sending.value}>
          Send me a link
        </button>
      </form>
    </Step>
  )
}

const EMPTY: Failure = {
  code: 'invalid_input',
  errors: [{ path: 'email', message: 'Enter your email address.' }],
}

function Sent({ email }: { email: string }) {
  return (
    <Step title="Check your email">
      <p>
        If <b>{email}</b> has an account, a link is on its way. It works once, for an hour.
      </p>
      <p>Nothing after five minutes? Check your spam folder and the address for typos.</p>
    </Step>
  )
}

function NoMail({ supportEmail }: { supportEmail: string }) {
  return (
    <Step title="Forgot your password?">
      <p>
        We cannot send mail at the moment. Write to <a href={`mailto:${supportEmail}`}>{supportEmail}</a> from
        the address of your account, and we will help you set a new password.
      </p>
    </Step>
  )
}

/** Draws one step, whose heading gets the focus when it comes, and the way back. */
function Step({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [title])
  return (
    <div class="forgot">
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
      <p class="instead">
        <a href="#log-in">Back to log in</a>
      </p>
    </div>
  )
}
