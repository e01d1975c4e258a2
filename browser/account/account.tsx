/** Starts the account page: name, email, password, passkeys, logins, and what is kept. */
import { LimitsCard } from '../dashboard/limits-card.tsx'
import { createLimitsStore } from '../dashboard/limits-store.ts'
import { askForProof } from '../passkeys/proof.tsx'
import { PaymentsPanel } from '../payments/payments-panel.tsx'
import { type SignedInParts, signIn, soon } from '../ui/signed-in.tsx'
import { DeleteCard, ExportCard } from './delete-account.tsx'
import { EmailCard } from './email.tsx'
import { LoginsCard } from './logins.tsx'
import { MailsCard } from './mails.tsx'
import { PasskeysCard } from './passkeys.tsx'
import { NameCard, PasswordCard } from './person.tsx'
import { createAccountStore } from './store.ts'

export async function startAccount(parts: SignedInParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { settings, me, socket } = signedIn
  const { api } = parts
  const store = createAccountStore({
    api,
    me: me.user,
    socket,
    go: parts.go,
    askForProof,
  })
  const limits = me.user.role === 'client' ? createLimitsStore({ api, me: me.user }) : undefined
  await soon(Promise.all([store.ready, limits?.refresh()]))
  signedIn.draw(
    <>
      <h1>Account</h1>
      <div class="settings">
        <NameCard store={store} />
        <EmailCard api={parts.api} store={store} />
        <PasswordCard store={store} />
        <PasskeysCard store={store.passkeys} deviceHere={store.deviceHere} />
        <LoginsCard store={store} />
        {limits && (
          <>
            <MailsCard store={store} />
            <LimitsCard store={limits} />
            <PaymentsPanel userId={me.user.id} socket={socket} />
          </>
        )}
        <ExportCard />
        <DeleteCard store={store} supportEmail={settings.supportEmail} />
      </div>
    </>,
  )
  // The card that the address names was not there when the page was loaded.
  document.getElementById(location.hash.slice(1))?.scrollIntoView()
}
