/** Draws the page of a link that sets a new password. */
import { useSignal } from '@preact/signals'
import type { Api } from '../lib/api.ts'
import type { Failure } from '../lib/http.ts'
import { remember } from '../lib/remembered-login.ts'
import { Gone, type LinkPageParts, NoToken, State } from './link-page.tsx'
import { NewPassword } from './new-password.tsx'

export function ResetPage({ api, token }: LinkPageParts<Pick<Api, 'resetPassword'>>) {
  const done = useSignal(false)
  const gone = useSignal<Failure | undefined>(undefined)
  if (token === undefined) return <NoToken />
  if (done.value) return <Done />
  if (gone.value) return <Gone failure={gone.value} next={<ToForgot />} />
  const finish = () => {
    remember('logged-out')
    done.value = true
  }
  return (
    <State title="Set a new password">
      <p>This logs you out everywhere, on this device and all others.</p>
      <NewPassword
        action="Save new password"
        send={(password) => api.resetPassword({ token, password })}
        onDone={finish}
        onGone={(failure) => (gone.value = failure)}
      />
    </State>
  )
}

function ToForgot() {
  return (
    <a class="button" href="/#forgot">
      Ask for a new link
    </a>
  )
}

function Done() {
  return (
    <State title="Your new password is saved">
      <p>You have been logged out everywhere. Log in with the new password.</p>
      <p class="row">
        <a class="button primary" href="/#log-in">
          Log in
        </a>
      </p>
    </State>
  )
}
