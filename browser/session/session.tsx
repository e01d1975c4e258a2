import { type ComponentChildren, render } from 'preact'
import { rememberedDevices } from '../devices/environment.ts'
import { sayFailure } from '../lib/messages.ts'
import { PaymentActionWindow } from '../payments/payment-action.tsx'
import { Alert } from '../ui/alert.tsx'
import { Icon } from '../ui/icon.tsx'
import { connectAs, leave, Trouble } from '../ui/signed-in.tsx'
import { SessionLive } from './live.tsx'
import { LowFundsWindow } from './low-funds.tsx'
import { SessionOptions } from './options.tsx'
import { SessionReachable } from './reachable.tsx'
import { SessionRinging } from './ringing.tsx'
import { createSessionBoard, type SessionBoard } from './store.ts'
import { SessionSummary } from './summary/summary.tsx'
import type { KnownSession, SessionPageParts, SessionParts } from './types.ts'

/** Draws one session for one of its two people, from the ringing to the summary. */
export async function startSession(parts: SessionPageParts): Promise<void> {
  const { api, root, sessionId, go } = parts
  render(<p class="loading">Loading…</p>, root)
  const [me, settings, session, devices] = await Promise.all([
    api.me(),
    api.settings(),
    api.session(sessionId),
    rememberedDevices(),
  ])
  const failed = [me, settings, session].find((answer) => !answer.ok)
  if (failed && !failed.ok && failed.failure.code === 'not_logged_in') return leave(go)
  if (!session.ok && session.failure.code !== 'offline')
    return render(<NotHere words={sayFailure(session.failure)} />, root)
  if (!me.ok || !settings.ok || !session.ok) return render(<Trouble failed={failed ?? session} />, root)
  const { user } = me.value
  showSession(parts, {
    socket: connectAs(user, parts),
    me: user,
    settings: settings.value,
    ...session.value,
    devices,
  })
}

/** Draws a session of which everything is known already. */
export function showSession(parts: SessionParts, known: KnownSession): void {
  const { api, root, openCall, now } = parts
  const board = createSessionBoard({ api, openCall, now, ...known })
  board.balanceAround.value = known.balance
  render(<Session board={board} parts={parts} known={known} />, root)
}

interface SessionProps {
  board: SessionBoard
  parts: SessionParts
  known: KnownSession
}

function Session({ board, parts, known }: SessionProps) {
  const ended = board.session.value.status === 'ended'
  return (
    <>
      {board.iAmReader && ended && <SessionReachable board={board} parts={parts} known={known} />}
      <Stage board={board} />
      <LowFundsWindow board={board} />
      <SessionOptions board={board} />
      {!board.iAmReader && <PaymentActionWindow userId={board.me.id} socket={known.socket} />}
    </>
  )
}

/** Which of its stages the session is in. */
function Stage({ board }: { board: SessionBoard }) {
  const { status } = board.session.value
  if (status === 'ended') return <SessionSummary board={board} />
  const phase = board.call.state.value?.phase
  if (phase === 'taken_over') return <TakenOver />
  if (phase === 'unreachable') return <Unreachable />
  return status === 'requested' ? <SessionRinging board={board} /> : <SessionLive board={board} />
}

function TakenOver() {
  return (
    <Elsewhere title="This session is open in another tab or device" again="Use it here">
      <p>It goes on there. Nothing is heard or seen here.</p>
    </Elsewhere>
  )
}

/** Our server was out of reach for longer than it waits for anybody. */
function Unreachable() {
  return (
    <Elsewhere
      title="We could not be reached"
      again={
        <>
          <Icon name="retry" />
          Try again
        </>
      }
    >
      <p>
        Your connection to SoulSeer was gone for too long, so the call was closed here. Nothing is charged for
        the time you were away. Check your connection, then try again.
      </p>
    </Elsewhere>
  )
}

interface ElsewhereProps {
  title: string
  /** What the button says that loads the page anew. */
  again: ComponentChildren
  children: ComponentChildren
}

/** The session is not over, but it is not on this page any more. */
function Elsewhere({ title, again, children }: ElsewhereProps) {
  return (
    <section class="ringing">
      <h1>{title}</h1>
      {children}
      <div class="row">
        <button type="button" class="button primary" onClick={() => location.reload()}>
          {again}
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
