import type { ComponentType } from 'preact'
import type { Api } from './api.ts'
import { createClientBoard } from './client-board.ts'
import { ClientDashboard } from './client-dashboard.tsx'
import { keepOfflinePage } from './offline-page.ts'
import { PaymentActionWindow } from './payment-action.tsx'
import { createReaderBoard } from './reader-board.ts'
import { ReaderDashboard } from './reader-dashboard.tsx'
import type { ReaderPresence } from './reader-presence.ts'
import { type SignedIn, type SignedInParts, signIn, soon } from './signed-in.tsx'

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
