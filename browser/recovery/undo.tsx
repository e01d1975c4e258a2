/** Draws the page of a link that takes a change of address back. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Api } from '../lib/api.ts'
import type { Failure } from '../lib/http.ts'
import { remember } from '../lib/remembered-login.ts'
import { Gone, type LinkPageParts, NoToken, State } from './link-page.tsx'
import { NewPassword } from './new-password.tsx'

export function UndoPage({ api, token }: LinkPageParts<Pick<Api, 'undoEmail' | 'settings'>>) {
  const done = useSignal(false)
  const gone = useSignal<Failure | undefined>(undefined)
  const supportEmail = useSignal('')
  useEffect(() => {
    void api.settings().then((settings) => {
      if (settings.ok) supportEmail.value = settings.value.supportEmail
    })
  }, [])
  if (token === undefined) return <NoToken />
  if (done.value) return <Done />
  if (gone.value) return <Gone failure={gone.value} next={<WriteToUs to={supportEmail.value} />} />
  const finish = () => {
    remember('logged-out')
    done.value = true
  }
  return (
    <State title="Undo the change of your address">
      <p>
        Your account goes back to the address that this email was sent to, and everyone is logged out. The
        person who asked for the change was logged in as you, so set a new password too.
      </p>
      <NewPassword
        action="Undo the change"
        send={(password) => api.undoEmail({ token, password })}
        onDone={finish}
        onGone={(failure) => (gone.value = failure)}
      />
    </State>
  )
}

function WriteToUs({ to }: { to: string }) {
  return (
    <p>
      If the change was not yours, write to <a href={`mailto:${to}`}>{to}</a>.
    </p>
  )
}

function Done() {
  return (
    <State title="The change is undone">
      <p>
        Your account has its earlier address again. Log in with it and with your new password, and look
        through your account for anything that you did not do.
      </p>
      <p class="row">
        <a class="button primary" href="/#log-in">
          Log in
        </a>
      </p>
    </State>
  )
}
