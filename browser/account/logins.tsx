/** Draws where the person is logged in, and lets any login be ended. */
import { useSignal } from '@preact/signals'
import type { LoginView } from '../../shared/protocol/views.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { say } from '../ui/announcements.ts'
import { Field } from '../ui/field.tsx'
import { FormActions } from '../ui/form-actions.tsx'
import { Loaded } from '../ui/loaded.tsx'
import type { AccountStore } from './store.ts'

/** Names the logins that are about to be ended: one, or all but the one of this page. */
type Meant = LoginView | 'others'

/** Draws the logins. Ending one takes the password. */
export function LoginsCard({ store }: { store: AccountStore }) {
  const meant = useSignal<Meant | undefined>(undefined)
  return (
    <section class="card" aria-labelledby="logins-title">
      <h2 id="logins-title">Where you are logged in</h2>
      <Loaded of={store.logins.value} retry={() => void store.loadLogins()}>
        {(logins) => (
          <>
            <ul class="logins">
              {logins.map((login) => (
                <Login key={login.id} login={login} end={() => (meant.value = login)} />
              ))}
            </ul>
            {meant.value ? (
              <EndForm store={store} meant={meant.value} close={() => (meant.value = undefined)} />
            ) : (
              logins.length > 1 && (
                <button type="button" class="button" onClick={() => (meant.value = 'others')}>
                  Log out everywhere else
                </button>
              )
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

function EndForm({ store, meant, close }: { store: AccountStore; meant: Meant; close: () => void }) {
  const password = useSignal('')
  const wrongPassword = useSignal('')
  const failed = useSignal('')
  const where = meant === 'others' ? 'everywhere else' : (meant.device ?? 'a browser')
  const submit = async (event: Event) => {
    event.preventDefault()
    wrongPassword.value = password.value === '' ? 'Enter your password.' : ''
    if (wrongPassword.value) return
    const answer = await store.endLogins(password.value, meant === 'others' ? undefined : meant.id)
    if (answer.ok) {
      say('Logged out there.')
      return close()
    }
    const { code, detail = '' } = answer.failure
    wrongPassword.value = code === 'forbidden' ? detail : ''
    failed.value = code === 'forbidden' ? '' : sayFailure(answer.failure)
  }
  return (
    <form noValidate onSubmit={submit} aria-label={`Log out ${where}`}>
      {failed.value && <Alert>{failed.value}</Alert>}
      <Field
        label="Your password"
        name="logins-password"
        type="password"
        autocomplete="current-password"
        value={password.value}
        onValue={(value) => (password.value = value)}
        error={wrongPassword.value || undefined}
        hint={`To log out ${where}.`}
      />
      <FormActions submit={`Log out ${where}`} close={close} />
    </form>
  )
}

function Login({ login, end }: { login: LoginView; end: () => void }) {
  const { device = 'A browser', seenAt, current } = login
  return (
    <li>
      <span>
        <b>{device}</b>
        <small>{current ? 'Here, now' : `Last used ${formatDay(seenAt)}, about ${formatTime(seenAt)}`}</small>
      </span>
      {!current && (
        <button type="button" class="button quiet" onClick={end} aria-label={`Log out ${device}`}>
          Log out
        </button>
      )}
    </li>
  )
}
