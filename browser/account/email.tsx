/** Draws the address of the account, and the form that changes it. */
import { useSignal } from '@preact/signals'
import type { Api } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { Field } from '../ui/field.tsx'
import { FormCard } from '../ui/form-card.tsx'
import { useSending } from '../ui/forms.ts'
import { SendAgain } from '../ui/send-again.tsx'
import { missing } from './person.tsx'
import { ProofField } from './proof-field.tsx'
import type { AccountStore } from './store.ts'

export function EmailCard({ api, store }: { api: Api; store: AccountStore }) {
  const next = useSignal('')
  const password = useSignal('')
  const send = async (): Promise<Answer<unknown>> => {
    if (next.value.trim() === '') return missing('email', 'Enter the new address.')
    if (password.value === '' && !store.passkeys.hasAny()) return missing('password', 'Enter your password.')
    const answer = await store.email.change(next.value, password.value)
    if (answer.ok) {
      next.value = ''
      password.value = ''
    }
    return answer
  }
  return (
    <div id="email">
      <FormCard title="Email" action="Change email" done="We sent a link to that address." send={send}>
        {(wrong) => (
          <>
            <Address api={api} store={store} />
            <Field
              label="New email"
              name="new-email"
              type="email"
              inputMode="email"
              autocomplete="email"
              value={next.value}
              onValue={(value) => (next.value = value)}
              error={wrong('email')}
              hint="It takes effect when you open the link we email you."
            />
            <ProofField
              store={store}
              label="Account password"
              name="email-password"
              password={password}
              error={wrong('password')}
            />
          </>
        )}
      </FormCard>
    </div>
  )
}

/** Draws which address is in force, and what it waits for. */
function Address({ api, store }: { api: Api; store: AccountStore }) {
  const { email, emailConfirmed, emailRefused } = store.user.value
  const pending = store.email.pending()
  const failure = useSignal('')
  const { sending, send } = useSending()
  const keep = async () => {
    const answer = await send(store.email.cancel)
    if (answer) failure.value = answer.ok ? '' : sayFailure(answer.failure)
  }
  return (
    <>
      {failure.value && <Alert>{failure.value}</Alert>}
      <p>
        You log in with <b>{email}</b>
        {emailConfirmed ? '.' : ', which is not confirmed yet.'}
      </p>
      {emailRefused && <Alert>Our emails to {email} bounce. Enter another address.</Alert>}
      {pending && (
        <p>
          Waiting for <b>{pending}</b> to be confirmed. Open the link we emailed there.
        </p>
      )}
      {(pending || !emailConfirmed) && (
        <div class="row">
          <SendAgain api={api} />
          {pending && (
            <button type="button" class="button" aria-disabled={sending} onClick={() => void keep()}>
              Keep {email}
            </button>
          )}
        </div>
      )}
    </>
  )
}
