/** Draws where the person is logged in, and lets any login be ended. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { LoginView } from '../../shared/protocol/views.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { say } from '../ui/announcements.ts'
import { useSending } from '../ui/forms.ts'
import { Loaded } from '../ui/loaded.tsx'
import type { AccountStore } from './store.ts'

/** Draws the logins. The server asks for proof before it ends one. */
export function LoginsCard({ store }: { store: AccountStore }) {
  const failure = useSignal<Failure | undefined>(undefined)
  const heading = useRef<HTMLHeadingElement>(null)
  const { sending, send } = useSending()
  const end = async (id?: string) => {
    const answer = await send(() => store.endLogins(id))
    if (!answer) return
    failure.value = answer.ok ? undefined : answer.failure
    if (!answer.ok) return
    say('Logged out there.')
    // The button that was pressed may be gone by then.
    setTimeout(() => heading.current?.focus())
  }
  return (
    <section class="card" aria-labelledby="logins-title">
      <h2 id="logins-title" ref={heading} tabIndex={-1}>
        Where you are logged in
      </h2>
      {failure.value && <Alert>{sayFailure(failure.value)}</Alert>}
      <Loaded of={store.logins.value} what="The list of your logins" retry={() => void store.loadLogins()}>
        {(logins) => (
          <>
            <ul class="logins">
              {logins.map((login) => (
                <Login key={login.id} login={login} sending={sending} end={() => void end(login.id)} />
              ))}
            </ul>
            {logins.length > 1 && (
              <button type="button" class="button" aria-disabled={sending} onClick={() => void end()}>
                Log out everywhere else
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

interface LoginProps {
  login: LoginView
  sending: boolean
  end: () => void
}

function Login({ login, sending, end }: LoginProps) {
  const { device = 'A browser', current } = login
  return (
    <li>
      <span>
        <b>{device}</b>
        <small>{current ? 'Here, now' : sayLastUse(login)}</small>
      </span>
      {!current && (
        <button
          type="button"
          class="button"
          aria-disabled={sending}
          onClick={end}
          aria-label={`Log out ${device}`}
        >
          Log out
        </button>
      )}
    </li>
  )
}

/** We know no place, only whether it was the network of this page. */
function sayLastUse({ seenAt, sameNetwork }: LoginView): string {
  const when = `Last used ${formatDay(seenAt)}, about ${formatTime(seenAt)}`
  if (sameNetwork === undefined) return when
  return `${when}, ${sameNetwork ? 'on the network you are on now' : 'on another network'}`
}
