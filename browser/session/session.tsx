/** Draws the session page, from the ringing to the summary. */
import { type ComponentChildren, render } from 'preact'
import { leaveForLogIn } from '../account/log-out.ts'
import { rememberedDevices } from '../devices/environment.ts'
import { hadTalk } from '../history/had-talk.ts'
import type { Answer } from '../lib/http.ts'
import { loadWhereBackLeads } from '../lib/leave-guard.ts'
import { sayFailure } from '../lib/messages.ts'
import { AddedNote } from '../payments/added-note.tsx'
import { PaymentActionWindow } from '../payments/payment-action.tsx'
import { Alert } from '../ui/alert.tsx'
import { ConnectionBar } from '../ui/connection-bar.tsx'
import { Icon } from '../ui/icon.tsx'
import { connectAs, Trouble } from '../ui/signed-in.tsx'
import { SessionLive } from './live.tsx'
import { LowFundsWindow } from './low-funds.tsx'
import { SessionOptions } from './options.tsx'
import { SessionReachable } from './reachable.tsx'
import { SessionRinging } from './ringing.tsx'
import { createSessionStore, type SessionStore } from './store.ts'
import { NotAnswered } from './summary/not-answered.tsx'
import { SessionSummary } from './summary/summary.tsx'
import type { KnownSession, SessionPageParts, SessionParts } from './types.ts'

/** Starts the page of one session for one of its two people. */
export async function startSession(parts: SessionPageParts): Promise<void> {
  const { api, root, sessionId, go } = parts
  loadWhereBackLeads()
  render(<p class="loading">Loading…</p>, root)
  const [me, settings, session, devices] = await Promise.all([
    api.me(),
    api.settings(),
    api.session(sessionId),
    rememberedDevices(),
  ])
  const failed = [me, settings, session].find((answer) => !answer.ok)
  if (failed && !failed.ok && failed.failure.code === 'not_logged_in') return leaveForLogIn(go)
  if (!session.ok && session.failure.code !== 'offline')
    return render(<NotHere words={sayFailure(session.failure)} />, root)
  if (!me.ok || !settings.ok || !session.ok) return render(<NotLoaded failed={failed ?? session} />, root)
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
  const store = createSessionStore({ api, openCall, now, ...known })
  store.balanceAround.value = known.balance
  render(<Session store={store} parts={parts} known={known} />, root)
}

interface SessionProps {
  store: SessionStore
  parts: SessionParts
  known: KnownSession
}

function Session({ store, parts, known }: SessionProps) {
  const ended = store.session.value.status === 'ended'
  return (
    <>
      {store.iAmReader && ended && <SessionReachable store={store} parts={parts} known={known} />}
      {!isInCall(store) && <ConnectionBar socket={known.socket} role={store.me.role} />}
      <Stage store={store} />
      <LowFundsWindow store={store} />
      {ended && <JustAdded store={store} />}
      <SessionOptions store={store} />
      {!store.iAmReader && <PaymentActionWindow userId={store.me.id} socket={known.socket} />}
    </>
  )
}

/** Says whether the page shows the call, which speaks of its connection itself. */
function isInCall({ session }: SessionStore): boolean {
  const { status } = session.value
  return status !== 'requested' && status !== 'ended'
}

/** Says that money arrived that was still being paid when the session ended. */
function JustAdded({ store }: { store: SessionStore }) {
  const close = () => {
    store.added.value = undefined
  }
  return store.added.value ? <AddedNote added={store.added.value} onClose={close} /> : null
}

/** Draws the stage that the session has reached. */
function Stage({ store }: { store: SessionStore }) {
  const { status } = store.session.value
  if (status === 'ended' && !hadTalk(store.session.value)) return <NotAnswered store={store} />
  if (status === 'ended') return <SessionSummary store={store} />
  const phase = store.call.state.value?.phase
  if (phase === 'taken_over') return <TakenOver />
  if (phase === 'unreachable') return <Unreachable />
  return status === 'requested' ? <SessionRinging store={store} /> : <SessionLive store={store} />
}

function TakenOver() {
  return (
    <Elsewhere title="This session is open in another tab or on another device" again="Use it here">
      <p>It continues there. You can neither hear nor see it here.</p>
    </Elsewhere>
  )
}

/** Says that our server was out of reach for longer than it waits. */
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
        Your connection to SoulSeer was lost for too long, so the call was closed here. Nothing is charged for
        the time you were away. Check your connection, then try again.
      </p>
    </Elsewhere>
  )
}

interface ElsewhereProps {
  title: string
  /** The label of the button that reloads the page. */
  again: ComponentChildren
  children: ComponentChildren
}

/** Says that the session goes on, but no longer on this page. */
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

/** Says that the page could not start; the session itself goes on. */
function NotLoaded({ failed }: { failed: Answer<unknown> }) {
  return (
    <section class="ringing">
      <h1>This session could not be loaded</h1>
      <Trouble failed={failed} />
      <a class="button quiet" href="/dashboard">
        Return to dashboard
      </a>
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
