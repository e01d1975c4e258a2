/** Starts the dashboard of either role. */
import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { hasNothingToSend } from '../devices/access.ts'
import type { Api } from '../lib/api.ts'
import { keepOfflinePage } from '../lib/offline-page.ts'
import { PaymentActionWindow } from '../payments/payment-action.tsx'
import { AddressNotice } from '../ui/address-notice.tsx'
import { type SignedIn, type SignedInParts, signIn, soon } from '../ui/signed-in.tsx'
import { TermsDialog } from '../ui/terms-dialog.tsx'
import { ClientDashboard } from './client-dashboard.tsx'
import { createClientStore } from './client-store.ts'
import { ReaderDashboard } from './reader-dashboard.tsx'
import type { ReaderPresence } from './reader-presence.ts'
import { createReaderStore } from './reader-store.ts'

/** Draws the dashboard of the logged-in person; sends anyone else to the home page. */
export async function startDashboard(parts: SignedInParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { presence } = signedIn
  const { Content, ready } = presence
    ? dashboardOfReader(parts.api, signedIn, presence)
    : dashboardOfClient(parts.api, signedIn)
  await soon(ready)
  signedIn.draw(
    <>
      {signedIn.settings.mail !== 'none' && <AddressNotice api={parts.api} me={signedIn.me.user} />}
      <Content />
      <TermsAsked api={parts.api} signedIn={signedIn} />
    </>,
  )
  keepOfflinePage()
}

/** Asks a user who has yet to accept the terms, unless a session waits to be returned to. */
function TermsAsked({ api, signedIn }: { api: Api; signedIn: SignedIn }) {
  const { me, logOut } = signedIn
  const version = useSignal(me.openSession ? undefined : me.user.termsToAgree)
  if (version.value === undefined) return null
  const agreed = () => {
    version.value = undefined
  }
  return <TermsDialog api={api} version={version.value} onAgreed={agreed} logOut={logOut} />
}

interface Drawn {
  Content: ComponentType
  ready: Promise<unknown>
}

function dashboardOfClient(api: Api, { me, settings, socket, enter, onEnter }: SignedIn): Drawn {
  const store = createClientStore({
    api,
    socket,
    me: me.user,
    openSession: me.openSession,
    enter: (session) => enter(session, { ...me.user, balanceCents: store.balanceCents.value }),
  })
  onEnter(store.stop)
  const Content = () => (
    <>
      <ClientDashboard api={api} store={store} settings={settings} />
      <PaymentActionWindow userId={me.user.id} socket={socket} />
    </>
  )
  return { Content, ready: store.ready }
}

function dashboardOfReader(api: Api, { socket, onEnter }: SignedIn, presence: ReaderPresence): Drawn {
  const store = createReaderStore({ api, socket, presence, hasNothingToSend })
  onEnter(store.stop)
  return { Content: () => <ReaderDashboard api={api} store={store} />, ready: store.ready }
}
