import type { ComponentType } from 'preact'
import type { Api } from '../lib/api.ts'
import { keepOfflinePage } from '../lib/offline-page.ts'
import { PaymentActionWindow } from '../payments/payment-action.tsx'
import { type SignedIn, type SignedInParts, signIn, soon } from '../ui/signed-in.tsx'
import { ClientDashboard } from './client-dashboard.tsx'
import { createClientBoard } from './client-store.ts'
import { ReaderDashboard } from './reader-dashboard.tsx'
import type { ReaderPresence } from './reader-presence.ts'
import { createReaderBoard } from './reader-store.ts'

/** Draws the dashboard of whoever is logged in; sends everybody else to the home page. */
export async function startDashboard(parts: SignedInParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { presence } = signedIn
  const { Board, ready } = presence
    ? dashboardOfReader(parts.api, signedIn, presence)
    : dashboardOfClient(parts.api, signedIn)
  await soon(ready)
  signedIn.draw(<Board />)
  keepOfflinePage()
}

interface Drawn {
  Board: ComponentType
  ready: Promise<unknown>
}

function dashboardOfClient(api: Api, { me, settings, socket, enter, onEnter }: SignedIn): Drawn {
  const board = createClientBoard({
    api,
    socket,
    me: me.user,
    openSession: me.openSession,
    enter: (session) => enter(session, { ...me.user, balanceCents: board.balanceCents.value }),
  })
  onEnter(board.stop)
  const Board = () => (
    <>
      <ClientDashboard api={api} board={board} settings={settings} />
      <PaymentActionWindow userId={me.user.id} socket={socket} />
    </>
  )
  return { Board, ready: board.ready }
}

function dashboardOfReader(api: Api, { socket, onEnter }: SignedIn, presence: ReaderPresence): Drawn {
  const board = createReaderBoard({ api, socket, presence })
  onEnter(board.stop)
  return { Board: () => <ReaderDashboard api={api} board={board} />, ready: board.ready }
}
