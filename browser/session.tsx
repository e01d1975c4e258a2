import { render } from 'preact'
import type { Api } from './api.ts'
import type { Call, CallParts } from './call.ts'
import { LowFundsWindow } from './low-funds.tsx'
import { Alert } from './parts/alert.tsx'
import { PaymentActionWindow } from './payment-action.tsx'
import { createSessionBoard, type SessionBoard } from './session-board.ts'
import { SessionLive } from './session-live.tsx'
import { SessionOptions } from './session-options.tsx'
import { SessionRinging } from './session-ringing.tsx'
import { SessionSummary } from './session-summary.tsx'
import { leave, Trouble } from './signed-in.tsx'
import type { PageSocket } from './socket.ts'
import { sayFailure } from './words.ts'

export interface SessionPageParts {
  api: Api
  root: HTMLElement
  sessionId: string
  openSocket: () => PageSocket
  openCall: (parts: CallParts) => Call
  /** Leaves for another page of the site. */
  go: (path: string) => void
  /** A steady clock in milliseconds. */
  now: () => number
}

/** Draws one session for one of its two people, from the ringing to the summary. */
export async function startSession(parts: SessionPageParts): Promise<void> {
  const { api, root, sessionId, openSocket, openCall, go, now } = parts
  render(<p class="loading">Loading…</p>, root)
  const [me, settings, session] = await Promise.all([api.me(), api.settings(), api.session(sessionId)])
  const failed = [me, settings, session].find((answer) => !answer.ok)
  if (failed && !failed.ok && failed.failure.code === 'not_logged_in') return leave(go)
  if (!session.ok && session.failure.code !== 'offline')
    return render(<NotHere words={sayFailure(session.failure)} />, root)
  if (!me.ok || !settings.ok || !session.ok) return render(<Trouble failed={failed ?? session} />, root)
  const socket = openSocket()
  const board = createSessionBoard({
    api,
    socket,
    me: me.value.user,
    session: session.value.session,
    settings: settings.value,
    openCall,
    now,
  })
  board.balanceAround.value = session.value.balance
  render(<Session board={board} socket={socket} />, root)
}

function Session({ board, socket }: { board: SessionBoard; socket: PageSocket }) {
  return (
    <>
      <Stage board={board} />
      <LowFundsWindow board={board} />
      <SessionOptions board={board} />
      {!board.iAmReader && <PaymentActionWindow userId={board.me.id} socket={socket} />}
    </>
  )
}

/** Which of its stages the session is in. */
function Stage({ board }: { board: SessionBoard }) {
  const { status } = board.session.value
  if (status === 'ended') return <SessionSummary board={board} />
  if (board.callState.value?.phase === 'taken_over') return <TakenOver />
  return status === 'requested' ? <SessionRinging board={board} /> : <SessionLive board={board} />
}

function TakenOver() {
  return (
    <section class="ringing">
      <h1>This session is open in another tab or device</h1>
      <p>It goes on there. Nothing is heard or seen here.</p>
      <div class="row">
        <button type="button" class="button primary" onClick={() => location.reload()}>
          Use it here
        </button>
        <a class="button quiet" href="/dashboard">
          Return to dashboard
        </a>
      </div>
    </section>
  )
}

function NotHere({ words }: { words: string }) {
  return (
    <section class="ringing">
      <h1>This session cannot be shown</h1>
      <Alert>
        <p>{words}</p>
      </Alert>
      <a class="button" href="/dashboard">
        Return to dashboard
      </a>
    </section>
  )
}
