/** The socket doors: joining a session, relaying between its two seats, and telling each person what happened. */
import type { DisconnectReason, Server, Socket } from 'socket.io'
import { isStarted, type OpenSession, type Session, viewChange, viewSession } from './domain/session.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineEvent } from './engine/events.ts'
import type { Clock, Ice, Log, Store } from './engine/ports.ts'
import type { Coming, Leaving } from './engine/sessions/connections.ts'
import type { Doors } from './http/boundary.ts'
import type { ClockView } from './shared/protocol/session.ts'
import {
  type BrowserEvents,
  CandidatePayload,
  DescriptionPayload,
  type JoinAck,
  JoinPayload,
  type RelayAck,
  RtcStatePayload,
  type ServerEvents,
} from './shared/protocol/socket.ts'
import type { Role } from './shared/protocol/views.ts'
import { type Relayed, withoutAddresses } from './sockets/address-redaction.ts'
import { createHerald } from './sockets/broadcast.ts'
import type { SocketCaps } from './sockets/connection-limits.ts'
import { endConnection } from './sockets/engine-io.ts'
import type { SocketGuard } from './sockets/event-guard.ts'
import { forgetRequest, type Heard, isAllKept, pass } from './sockets/fast-path.ts'

interface SocketData {
  userId: string
  role: Role
  loginHash: string
  /** The sessions in which this page has taken a seat. */
  sessions: string[]
  confirms: boolean
}

export type Page = Socket<BrowserEvents, ServerEvents, Record<string, never>, SocketData>
export type Pages = Server<BrowserEvents, ServerEvents, Record<string, never>, SocketData>

export interface Signaling {
  /** Tells the people concerned what happened. */
  tell(event: EngineEvent): void
  /** Tells every page that the server will be back in a moment, and lets go of them. */
  stop(): Promise<void>
}

export function createSignaling(parts: {
  io: Pages
  doors: Doors
  engine: Engine
  store: Store
  ice: Ice
  caps: SocketCaps
  guard: SocketGuard<Page>
  clock: Clock
  heartbeatTimeoutMs: number
  graceMs: number
  log: Log
}): Signaling {
  const { io, doors, store, ice, log, clock, guard } = parts
  const { accounts, connections, presence, settlements } = parts.engine
  const heartbeatMs = Math.floor(parts.heartbeatTimeoutMs / 3)

  const pages = () => io.sockets.sockets.values()
  const clients = function* (): Iterable<Page> {
    for (const page of pages()) if (page.data.role === 'client') yield page
  }
  const herald = createHerald({ pages: clients, clock })

  const greeted = new WeakSet<Page['conn']>()
  // One CONNECT a connection: a second one would find that its request has been forgotten (forgetRequest).
  io.use((socket, next) => {
    if (!greeted.has(socket.conn)) {
      greeted.add(socket.conn)
      return next()
    }
    endConnection(socket.conn)
    next(new Error('connected_already'))
  })

  io.use((socket, next) => {
    doors.identify(socket.handshake.headers).then((identity) => {
      if (!identity) return next(new Error('not_logged_in'))
      const { user, loginHash } = identity
      const { userId: meant } = socket.handshake.auth
      // A page that shows somebody is not served as somebody else who has logged in in its browser meanwhile.
      if (meant !== undefined && meant !== user.id) return next(new Error('other_person'))
      socket.data = { userId: user.id, role: user.role, loginHash, sessions: [], confirms: false }
      socket.join(personRoom(user.id))
      next()
    }, next)
  })

  io.on('connection', (socket) => {
    const { userId, sessions } = socket.data
    presence.arrive(userId)
    socket.on('disconnect', (reason) => {
      presence.depart(userId)
      for (const sessionId of sessions) leave(socket, sessionId, reason)
      if (reason === 'client namespace disconnect') socket.conn.close() // no namespace is left on it
    })
    guard.attend(socket)
    forgetRequest(socket)
    parts.caps.admit(socket, userId)
  })

  guard.answer('session:join', JoinPayload, (page, { sessionId, confirms = false, ...from }) => {
    page.data.confirms = confirms
    return join(page, sessionId, from)
  })
  guard.answer('offer', DescriptionPayload, (page, payload, heard) => relay(page, 'offer', payload, heard))
  guard.answer('answer', DescriptionPayload, (page, payload, heard) => relay(page, 'answer', payload, heard))
  guard.answer('ice-candidate', CandidatePayload, (page, payload, heard) =>
    relay(page, 'ice-candidate', payload, heard),
  )
  guard.answer('rtc:state', RtcStatePayload, (page, { sessionId, state, now, ...proof }) => {
    const done = connections.report(
      sessionId,
      page.id,
      state,
      now === undefined ? undefined : { now, ...proof },
    )
    if (now === undefined) return done?.then(() => NOTHING_MORE) ?? NOTHING_MORE
    const answer = () => ({ provenMs: connections.provenMs(sessionId) })
    return done?.then(answer) ?? answer()
  })

  /** Whatever ended a login, no socket of it outlives the next look. */
  const lookAgain = async (): Promise<void> => {
    for (const socket of pages()) {
      const { userId, loginHash } = socket.data
      if (!(await accounts.identify(userId, loginHash))) socket.disconnect(true)
    }
  }
  let cancelLook: (() => void) | undefined
  const lookLater = (): void => {
    cancelLook = clock.at(clock.now() + LOOK_AGAIN_MS, () => {
      lookLater()
      lookAgain().catch((error) => log.error({ err: error }, 'the open sockets could not be looked at'))
    })
  }
  lookLater()

  async function join(socket: Page, sessionId: string, from: Coming): Promise<JoinAck> {
    const { userId, sessions } = socket.data
    const isThere = () => socket.connected
    const joined = await connections.join(sessionId, userId, socket.id, { ...from, isThere })
    const { session, role, displaced, peer, sentMs, unbilledMs } = joined
    if (!sessions.includes(sessionId)) sessions.push(sessionId)
    // It may have gone in the very turn that gave it the seat.
    if (!socket.connected) leave(socket, sessionId, 'transport close')
    if (displaced !== undefined) io.to(displaced).emit('session:taken-over', { sessionId })
    if (peer !== undefined) io.to(peer).emit('peer:joined', { sessionId })
    return {
      session: viewSession(session),
      iceServers: ice.serversFor(`${sessionId}-${role}`),
      iceTransportPolicy: ice.policy,
      polite: role === 'client',
      heartbeatMs,
      graceMs: parts.graceMs,
      peerPresent: peer !== undefined,
      clock: await clockOf(session, role),
      sentMs,
      unbilledMs,
    }
  }

  /** To the holder of the other seat alone; nothing is kept for a page that is not there. */
  function relay<E extends keyof Relayed>(
    page: Page,
    event: E,
    payload: Relayed[E],
    { payload: received, text }: Heard,
  ): RelayAck | Promise<RelayAck> {
    const holder = connections.peerOf(payload.sessionId, page.id)
    const peer = holder === undefined ? undefined : io.sockets.sockets.get(holder)
    const told = ice.policy === 'relay' ? withoutAddresses(event, payload) : payload
    if (!peer || !told) return { delivered: false }
    if (peer.data.confirms && event !== 'ice-candidate') return confirmed(peer, event, told)
    if (text !== undefined && isAllKept(received, told)) pass(peer, text)
    else untyped(peer).emit(event, told)
    return { delivered: true }
  }

  function leave(socket: Page, sessionId: string, reason: DisconnectReason): void {
    const { peer } = connections.leave(sessionId, socket.id, LEAVING[reason] ?? 'cut')
    if (peer !== undefined) io.to(peer).emit('peer:left', { sessionId })
  }

  function clockOf(session: OpenSession, role: Role): Promise<ClockView> {
    return store.read((view) => {
      if (!isStarted(session)) {
        return { sessionId: session.id, running: false, billedMs: 0, chargedCents: 0 }
      }
      return forRole(settlements.clockOf(view, session), role)
    })
  }

  const toBoth = ({ clientId, readerId }: Session) => io.to([personRoom(clientId), personRoom(readerId)])

  const tellBalances = (event: EngineEvent & { type: 'clock' }): void => {
    io.to(personRoom(event.session.clientId)).emit('session:clock', forRole(event.clock, 'client'))
    io.to(personRoom(event.session.readerId)).emit('session:clock', forRole(event.clock, 'reader'))
  }

  const tellCharge = (event: EngineEvent & { type: 'charged' }): void => {
    const { session, charge, chargedCents, earnedCents, balanceCents } = event
    const charged = { sessionId: session.id, charge, chargedCents, earnedCents }
    io.to(personRoom(session.clientId)).emit('session:charged', { ...charged, balanceCents })
    io.to(personRoom(session.readerId)).emit('session:charged', charged)
  }

  const tell = (event: EngineEvent): void => {
    switch (event.type) {
      case 'invited':
        io.to(personRoom(event.session.readerId)).emit('session:invite', {
          session: viewSession(event.session),
          lasts: event.lasts,
        })
        return
      case 'updated':
        toBoth(event.session).emit('session:updated', { session: viewChange(event.session) })
        return
      case 'ended':
        toBoth(event.session).emit('session:ended', { session: viewSession(event.session) })
        return
      case 'clock':
        tellBalances(event)
        return
      case 'charged':
        tellCharge(event)
        return
      case 'low': {
        const { session, balanceCents, secondsLeft } = event
        io.to(personRoom(session.clientId)).emit('balance:low', {
          sessionId: session.id,
          balanceCents,
          secondsLeft,
        })
        return
      }
      case 'balance':
        io.to(personRoom(event.userId)).emit('balance', { balanceCents: event.balanceCents })
        return
      case 'needs-person': {
        const { userId, paymentIntentId, clientSecret, cardId, amountCents } = event
        const action = { paymentIntentId, clientSecret, cardId, amountCents }
        io.to(personRoom(userId)).emit('payment:action', action)
        return
      }
      case 'ask':
        io.to(event.holder).emit('rtc:ask', { sessionId: event.sessionId })
        return
      case 'login-ended':
        for (const page of pages()) if (page.data.loginHash === event.loginHash) page.disconnect(true)
        return
      case 'reader-status':
        herald.tell(event.readerId, 'reader:status', { readerId: event.readerId, status: event.status })
    }
  }

  return {
    tell,
    async stop() {
      cancelLook?.()
      herald.stop()
      io.emit('server:stopping', {})
      await io.close()
    },
  }
}

/** Says it, and waits until the page has said that it came. */
async function confirmed(peer: Page, event: keyof Relayed, told: object): Promise<RelayAck> {
  try {
    await untyped(peer).timeout(CONFIRM_MS).emitWithAck(event, told)
    return { delivered: true }
  } catch {
    return { delivered: false }
  }
}

// Which event goes with which payload has been checked at the door; together they are too many for the compiler.
const untyped = (page: Page): Socket => page as unknown as Socket

/** A browser that closes a page closes its transport; whatever else ends a connection is not the person's doing. */
const LEAVING: Partial<Record<DisconnectReason, Leaving>> = {
  'ping timeout': 'silent',
  'transport close': 'closed',
  'client namespace disconnect': 'closed',
}
const CONFIRM_MS = 3_000 // less than the sender's own patience
const LOOK_AGAIN_MS = 5 * 60_000
const NOTHING_MORE = {} // to say than that it is well
const personRoom = (userId: string): string => `person:${userId}`

/** What tells the balance is for the client alone: the seconds left times the rate are the balance. */
function forRole(view: ClockView, role: Role): ClockView {
  if (role === 'client') return view
  const { secondsLeft: _, balanceCents: __, limitCents: ___, ...shared } = view
  return shared
}
