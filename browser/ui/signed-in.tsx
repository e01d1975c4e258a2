/** Starts the pages of a logged-in person: header, socket and a reader's presence. */
import { type Signal, signal } from '@preact/signals'
import { type ComponentChild, render } from 'preact'
import type { SessionKind, SessionView } from '../../shared/protocol/session.ts'
import type { MeView, SettingsView, UserView } from '../../shared/protocol/views.ts'
import { createLogOut, leaveForLogIn } from '../account/log-out.ts'
import { createAvailabilityMemory } from '../dashboard/availability.ts'
import { ReaderLine } from '../dashboard/reader-line.tsx'
import {
  createReaderPresence,
  type ReaderPresence,
  type ReaderPresenceParts,
} from '../dashboard/reader-presence.ts'
import type { Ring } from '../dashboard/ring.ts'
import type { Api } from '../lib/api.ts'
import { watchBalance } from '../lib/balance-watch.ts'
import type { Answer, Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import type { BrowserSocket, Gone, OpenSocket } from '../lib/socket.ts'
import { ProofPrompt } from '../passkeys/proof.tsx'
import type { KnownSession } from '../session/types.ts'
import { Alert } from './alert.tsx'
import { ConnectionBar } from './connection-bar.tsx'
import { Header } from './header.tsx'

export interface SignedInParts {
  api: Api
  root: HTMLElement
  headerRoot: HTMLElement
  /** Leaves for another page of the site. */
  go: (path: string) => void
  openSocket: OpenSocket
  ring: Ring
  mediaPrewarm: { ask(kind: SessionKind): void; drop(): void }
  /** Opens a session on this page, with what is known of it. */
  enterSession: (known: Omit<KnownSession, 'devices'>) => void
}

export interface SignedIn {
  me: MeView
  settings: SettingsView
  socket: BrowserSocket
  /** For readers only. */
  presence?: ReaderPresence
  logOut: () => Promise<void>
  /** Draws the page, below what every page of this person has. */
  draw(content: ComponentChild): void
  /** Leaves the page for a session; `user` is the person as known by now. */
  enter(session: SessionView, user: UserView): void
  /** Runs `run` when the page is left for a session. */
  onEnter(run: () => void): void
}

/**
 * Starts a page of a logged-in person: asks the server who it is, draws the header, opens the
 * socket, and makes a reader reachable. Undefined when the page cannot start: it then shows why, or
 * has left for the log-in because the person is not logged in.
 */
export async function signIn(parts: SignedInParts): Promise<SignedIn | undefined> {
  const { api, root, go } = parts
  render(<Waiting />, root)
  const [me, settings] = await Promise.all([api.me(), api.settings()])
  if (!me.ok && me.failure.code === 'not_logged_in') {
    leaveForLogIn(go)
    return undefined
  }
  if (!me.ok || !settings.ok) {
    render(<NotLoaded failed={me.ok ? settings : me} />, root)
    return undefined
  }
  return signedIn(parts, { me: me.value, settings: settings.value })
}

function signedIn(parts: SignedInParts, { me, settings }: Pick<SignedIn, 'me' | 'settings'>): SignedIn {
  const { api, root } = parts
  const stops: (() => void)[] = []
  let isLeft = false
  const leave = () => {
    isLeft = true
    for (const stop of stops) stop()
  }
  const socket = connectAs(me.user, parts, leave)
  const { logOut, top } = drawTop(parts, me.user, socket)
  /**
   * Draws the page, unless it was left while its content was still loading: set aside, or for a
   * session.
   */
  const show = (page: ComponentChild) => {
    if (!isLeft) render(page, root)
  }
  const enter = (session: SessionView, user: UserView) => {
    leave()
    render(<Waiting />, root) // for as long as the session's script is not here
    parts.enterSession({ socket, settings, me: user, session })
  }
  const shared = { me, settings, logOut, socket, enter, onEnter: (run: () => void) => void stops.push(run) }
  if (me.user.role === 'client') {
    const draw = (content: ComponentChild) =>
      show(
        <>
          {top}
          {content}
          <ProofPrompt api={api} />
        </>,
      )
    return { ...shared, draw }
  }
  const presence = openPresence({
    api,
    socket,
    me: me.user,
    openSession: me.openSession,
    ring: parts.ring,
    mediaPrewarm: parts.mediaPrewarm,
    enter: (session) => enter(session, presence.user.value),
  })
  stops.push(presence.stop)
  const draw = (content: ComponentChild) =>
    show(
      <>
        {top}
        <ReaderLine presence={presence} settings={settings} serverNow={api.serverNow} />
        {content}
        <ProofPrompt api={api} />
      </>,
    )
  // A caller is not kept waiting for the rest of the page.
  draw(<Waiting />)
  return { ...shared, presence, draw }
}

/** Draws the header; returns its log-out, and what every page shows first. */
function drawTop({ api, headerRoot, go }: SignedInParts, user: UserView, socket: BrowserSocket) {
  const failure = signal<Failure | undefined>(undefined)
  const availability = createAvailabilityMemory(user.id)
  const leaving = signal(false)
  const logOut = createLogOut({ api, go, socket, availability, failure, leaving })
  render(<Header user={user} logOut={logOut} leaving={leaving} />, headerRoot)
  // A page that logs out has closed its connection on purpose.
  const Top = () => (
    <>
      {!leaving.value && <ConnectionBar socket={socket} role={user.role} />}
      <LogOutFailed failure={failure} />
    </>
  )
  return { logOut, top: <Top /> }
}

function LogOutFailed({ failure }: { failure: Signal<Failure | undefined> }) {
  if (!failure.value) return null
  return (
    <Alert>
      <p>You are still logged in. {sayFailure(failure.value)}</p>
    </Alert>
  )
}

function Waiting() {
  return <p class="loading">Loading…</p>
}

type PresenceParts = Omit<ReaderPresenceParts, 'memory' | 'isBehind' | 'now'>

/** Makes a reader reachable on this page, with sound as soon as the browser allows it. */
export function openPresence(parts: PresenceParts): ReaderPresence {
  const presence = createReaderPresence({
    ...parts,
    memory: createAvailabilityMemory(parts.me.id),
    isBehind: () => document.hidden,
    now: Date.now,
  })
  const allowSound = () => {
    if (!presence.soundOn.value) void presence.allowSound()
  }
  // A tap on the previous page counts in some browsers; otherwise the first tap here does, and one
  // after each loss.
  allowSound()
  document.addEventListener('click', allowSound)
  const stop = () => {
    document.removeEventListener('click', allowSound)
    presence.stop()
  }
  return { ...presence, stop }
}

const PATIENCE_MS = 2_000

/** Waits for what a page shows first, so that nothing jumps; what is late appears later. */
export async function soon(ready: Promise<unknown>): Promise<void> {
  await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
}

/**
 * Opens the connection of a page that shows this person, and keeps a client's balance current while
 * it is away. `onSetAside` runs when the page is replaced by the notice that it was paused.
 */
export function connectAs(
  { id, role }: UserView,
  parts: Pick<SignedInParts, 'api' | 'root' | 'go' | 'openSocket'>,
  onSetAside?: () => void,
): BrowserSocket {
  const socket = parts.openSocket(id, (why) => {
    showGone(why, parts)
    if (why === 'set-aside') onSetAside?.()
  })
  if (role === 'client') watchBalance({ api: parts.api, socket, userId: id })
  return socket
}

/** Handles a page that is no longer valid. */
function showGone(why: Gone, { root, go }: Pick<SignedInParts, 'root' | 'go'>): void {
  if (why === 'logged-out') leaveForLogIn(go)
  else if (why === 'other-person') go('/dashboard')
  else render(<SetAside />, root)
}

function SetAside() {
  return (
    <section class="alone">
      <h1>Paused here</h1>
      <div class="notice">
        <p>You have many SoulSeer pages open, so this one was paused.</p>
        <button type="button" class="button" onClick={() => location.reload()}>
          Continue here
        </button>
      </div>
    </section>
  )
}

/** Draws a page that could not start at all. */
function NotLoaded({ failed }: { failed: Answer<unknown> }) {
  return (
    <section class="alone">
      <h1>This page could not be loaded</h1>
      <Trouble failed={failed} />
    </section>
  )
}

/** Draws why a page could not start, with a button to try again. */
export function Trouble({ failed }: { failed: Answer<unknown> }) {
  return (
    <Alert>
      <p>{failed.ok ? '' : sayFailure(failed.failure)}</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Try again
      </button>
    </Alert>
  )
}
