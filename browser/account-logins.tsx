import { useSignal } from '@preact/signals'
import type { LoginView } from '../shared/protocol.ts'
import type { AccountBoard } from './account-board.ts'
import { formatDay, formatTime } from './format.ts'
import { Alert } from './parts/alert.tsx'
import { Loaded } from './parts/loaded.tsx'
import { say } from './parts/speech.ts'
import { sayFailure } from './words.ts'

/** Where the person is logged in, and the way to end any of it. */
export function LoginsCard({ board }: { board: AccountBoard }) {
  const wrong = useSignal('')
  const end = async (id?: string) => {
    const answer = await board.endLogins(id)
    wrong.value = answer.ok ? '' : sayFailure(answer.failure)
    if (answer.ok) say('Logged out there.')
  }
  return (
    <section class="card" aria-labelledby="logins-title">
      <h2 id="logins-title">Where you are logged in</h2>
      {wrong.value && <Alert>{wrong.value}</Alert>}
      <Loaded of={board.logins.value} retry={() => void board.loadLogins()}>
        {(logins) => (
          <>
            <ul class="logins">
              {logins.map((login) => (
                <Login key={login.id} login={login} end={() => void end(login.id)} />
              ))}
            </ul>
            {logins.length > 1 && (
              <button type="button" class="button" onClick={() => void end()}>
                Log out everywhere else
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
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
