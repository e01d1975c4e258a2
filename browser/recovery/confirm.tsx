/** Draws the page of a link that confirms an address. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { UserView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import { Failed, Gone, type LinkPageParts, NoToken, State } from './link-page.tsx'

type Confirmed = Answer<{ user: UserView } | undefined>

/** Confirms at once: opening the link is all that is asked of the person. */
export function ConfirmPage({ api, token }: LinkPageParts<Pick<Api, 'confirmEmail'>>) {
  const answer = useSignal<Confirmed | undefined>(undefined)
  const confirm = async () => {
    if (token === undefined) return
    answer.value = undefined
    answer.value = await api.confirmEmail(token)
  }
  useEffect(() => void confirm(), [])
  if (token === undefined) return <NoToken />
  if (!answer.value) return <p class="loading">Confirming your address…</p>
  if (answer.value.ok) return <Done user={answer.value.value?.user} />
  const { failure } = answer.value
  if (failure.code === 'bad_token') return <Gone failure={failure} next={<ToAccount />} />
  return (
    <State title="We could not confirm this address">
      <Failed failure={failure} />
      <p class="row">
        <button type="button" class="button primary" onClick={() => void confirm()}>
          Try again
        </button>
      </p>
    </State>
  )
}

/** A second press of the same link is the common case: the address is confirmed then. */
function ToAccount() {
  return (
    <p>
      Your <a href="/account#email">account page</a> says whether the address is confirmed, and sends a new
      link.
    </p>
  )
}

function Done({ user }: { user: UserView | undefined }) {
  return (
    <State title="Your address is confirmed">
      <p>{user ? `Emails about your account go to ${user.email}.` : 'You can log in with it.'}</p>
      <p class="row">
        <a class="button primary" href={user ? '/dashboard' : '/#log-in'}>
          {user ? 'Go to your dashboard' : 'Log in'}
        </a>
      </p>
    </State>
  )
}
