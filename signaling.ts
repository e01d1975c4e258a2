/** The socket doors: joining a session, relaying between its two seats, and telling each person what happened. */
import type { DisconnectReason, Server, Socket } from 'socket.io'
import type { z } from 'zod'
import { ackOf, type Doors, parse } from './boundary.ts'
import { isStarted, type OpenSession, type Session, viewSession } from './domain/session.ts'
import type { User } from './domain/user.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineEvent } from './engine/events.ts'
import type { Ice, Log, Store } from './engine/ports.ts'
import {
  type BrowserEvents,
  CandidatePayload,
  type ClockView,
  DescriptionPayload,
  type JoinAck,
  JoinPayload,
  type RelayAck,
  type Role,
  RtcStatePayload,
  type ServerEvents,
} from './shared/protocol.ts'

interface SocketData {
  user: User
  /** The sessions in which this page has taken a seat. */
  sessions: Set<string>
}

type Page = Socket<BrowserEvents, ServerEvents, Record<string, never>, SocketData>
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
  heartbeatTimeoutMs: number
  log: Log
}): Signaling {
  const { io, doors, store, ice, log } = parts
  const { connections, presence, settlements } = parts.engine
  const heartbeatMs = Math.floor(parts.heartbeatTimeoutMs / 3)

  io.use((socket, next) => {
    doors.identify(socket.handshake.headers).then((identity) => {
      if (!identity) return next(new Error('not_logged_in'))
      socket.data = { user: identity.user, sessions: new Set() }
      socket.join([personRoom(identity.user.id), loginRoom(identity.loginHash), EVERYBODY])
      next()
    }, next)
  })

  io.on('connection', (socket) => {
    const { user, sessions } = socket.data
    presence.arrive(user.id)
    socket.on('disconnect', (reason) => {
      presence.depart(user.id)
      for (const sessionId of sessions) leave(socket, sessionId, reason)
    })
    answer(socket, 'session:join', JoinPayload, ({ sessionId }) => join(socket, sessionId))
    answer(socket, 'offer', DescriptionPayload, (payload) => relay(socket, 'offer', payload))
    answer(socket, 'answer', DescriptionPayload, (payload) => relay(socket, 'answer', payload))
    answer(socket, 'ice-candidate', CandidatePayload, (payload) => relay(socket, 'ice-candidate', payload))
    answer(socket, 'rtc:state', RtcStatePayload, async ({ sessionId, state }) => {
      await connections.report(sessionId, socket.id, state)
      return {}
    })
  })

  /** One wrapper around every event: whatever comes in, the answer is an acknowledgement and never an exit. */
  function answer<E extends keyof BrowserEvents, S extends z.ZodType>(
    socket: Page,
    event: E,
    schema: S,
    work: (payload: z.output<S>) => Promise<object>,
  ): void {
    const listen = async (...received: unknown[]): Promise<void> => {
      const last = received.at(-1)
      const reply = typeof last === 'function' ? last : undefined
      try {
        const done = await work(parse(schema, reply === received[0] ? undefined : received[0]))
        reply?.({ ok: true, ...done })
      } catch (error) {
        reply?.(ackOf(error, log, event))
      }
    }
    ;(socket as Socket).on(event as string, listen)
  }

  async function join(socket: Page, sessionId: string): Promise<JoinAck> {
    const { user } = socket.data
    const { session, role, displaced, peer } = await connections.join(sessionId, user.id, socket.id)
    socket.data.sessions.add(sessionId)
    if (displaced !== undefined) io.to(displaced).emit('session:taken-over', { sessionId })
    if (peer !== undefined) io.to(peer).emit('peer:joined', { sessionId })
    return {
      session: viewSession(session),
      ...ice(`${sessionId}-${role}`),
      polite: role === 'client',
      heartbeatMs,
      peerPresent: peer !== undefined,
      clock: await clockOf(session, role),
    }
  }

  /** To the holder of the other seat alone; nothing is kept for a page that is not there. */
  async function relay<E extends 'offer' | 'answer' | 'ice-candidate'>(
    socket: Page,
    event: E,
    payload: Parameters<ServerEvents[E]>[0],
  ): Promise<RelayAck> {
    const peer = connections.peerOf(payload.sessionId, socket.id)
    if (peer === undefined) return { delivered: false }
    ;(io.to(peer) as { emit(event: string, payload: object): boolean }).emit(event, payload)
    return { delivered: true }
  }

  function leave(socket: Page, sessionId: string, reason: DisconnectReason): void {
    const { peer } = connections.leave(sessionId, socket.id, reason === 'ping timeout' ? 'silent' : 'closed')
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
        })
        return
      case 'updated':
        toBoth(event.session).emit('session:updated', { session: viewSession(event.session) })
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
      case 'login-ended':
        io.in(loginRoom(event.loginHash)).disconnectSockets(true)
        return
      case 'reader-status':
        io.to(EVERYBODY).emit('reader:status', { readerId: event.readerId, status: event.status })
    }
  }

  return {
    tell,
    async stop() {
      io.emit('server:stopping', {})
      await io.close()
    },
  }
}

const EVERYBODY = 'everybody'
const personRoom = (userId: string): string => `person:${userId}`
const loginRoom = (loginHash: string): string => `login:${loginHash}`

/** What tells the balance is for the client alone: the seconds left times the rate are the balance. */
function forRole(view: ClockView, role: Role): ClockView {
  if (role === 'client') return view
  const { secondsLeft: _, balanceCents: __, limitCents: ___, ...shared } = view
  return shared
}
