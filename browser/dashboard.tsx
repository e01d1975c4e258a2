import { type ComponentType, render } from 'preact'
import { createClientBoard } from './client-board.ts'
import { ClientDashboard } from './client-dashboard.tsx'
import { keepOfflinePage } from './offline-page.ts'
import { PaymentActionWindow } from './payment-action.tsx'
import { createReaderBoard } from './reader-board.ts'
import { ReaderDashboard } from './reader-dashboard.tsx'
import { createRing } from './ring.ts'
import { type SignedIn, type SignedInParts, signIn, soon } from './signed-in.tsx'
import type { PageSocket } from './socket.ts'

export interface DashboardParts extends SignedInParts {
  openSocket: () => PageSocket
}

/** Draws the dashboard of whoever is logged in; sends everybody else to the home page. */
export async function startDashboard(parts: DashboardParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { Board, ready } = boardFor(parts, signedIn)
  await soon(ready)
  render(<Board />, parts.root)
  keepOfflinePage()
}

interface Drawn {
  Board: ComponentType
  ready: Promise<unknown>
}

function boardFor({ api, go, openSocket }: DashboardParts, { me, settings }: SignedIn): Drawn {
  const socket = openSocket()
  const known = { api, go, socket, me: me.user, openSession: me.openSession }
  if (me.user.role === 'client') {
    const board = createClientBoard(known)
    const Board = () => (
      <>
        <ClientDashboard api={api} board={board} settings={settings} />
        <PaymentActionWindow userId={me.user.id} socket={socket} />
      </>
    )
    return { Board, ready: board.ready }
  }
  const board = createReaderBoard({ ...known, ring: createRing() })
  // Whoever comes back while still available may ring from the first touch on, wherever it is.
  document.addEventListener('click', () => void board.allowSound(), { once: true })
  const Board = () => <ReaderDashboard api={api} board={board} settings={settings} />
  return { Board, ready: board.ready }
}
