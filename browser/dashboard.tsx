import { type ComponentType, render } from 'preact'
import type { SessionView, UserView } from '../shared/protocol.ts'
import { createClientBoard } from './client-board.ts'
import { ClientDashboard } from './client-dashboard.tsx'
import { keepOfflinePage } from './offline-page.ts'
import { PaymentActionWindow } from './payment-action.tsx'
import { createReaderBoard, type ReaderBoardParts } from './reader-board.ts'
import { ReaderDashboard } from './reader-dashboard.tsx'
import { createRing } from './ring.ts'
import type { KnownSession } from './session.tsx'
import { type SignedIn, type SignedInParts, signIn, soon } from './signed-in.tsx'
import type { PageSocket } from './socket.ts'

export interface DashboardParts extends SignedInParts {
  openSocket: () => PageSocket
  headStart: ReaderBoardParts['headStart']
  /** Goes on into a session on this very page, with what is known. */
  enterSession: (known: Omit<KnownSession, 'devices'>) => void
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

function boardFor(parts: DashboardParts, { me, settings }: SignedIn): Drawn {
  const { api, root } = parts
  const socket = parts.openSocket()
  const known = { api, socket, me: me.user, openSession: me.openSession }
  const enter = (board: { stop(): void }, user: UserView, session: SessionView) => {
    board.stop()
    render(null, root)
    parts.enterSession({ socket, settings, me: user, session })
  }
  if (me.user.role === 'client') {
    const board = createClientBoard({
      ...known,
      enter: (session) => enter(board, { ...me.user, balanceCents: board.balanceCents.value }, session),
    })
    const Board = () => (
      <>
        <ClientDashboard api={api} board={board} settings={settings} />
        <PaymentActionWindow userId={me.user.id} socket={socket} />
      </>
    )
    return { Board, ready: board.ready }
  }
  const board = createReaderBoard({
    ...known,
    ring: createRing(),
    headStart: parts.headStart,
    isBehind: () => document.hidden,
    enter: (session) => enter(board, board.user.value, session),
  })
  // Whoever comes back while still available may ring from the first touch on, wherever it is.
  document.addEventListener('click', () => void board.allowSound(), { once: true })
  const Board = () => <ReaderDashboard api={api} board={board} settings={settings} />
  return { Board, ready: board.ready }
}
