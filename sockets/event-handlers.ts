/**
 * Handles what pages send: joining a session, relaying between its two seats, and reporting the
 * state of the call.
 */
import type { DisconnectReason } from 'socket.io'
import { type OpenSession, viewSession } from '../domain/session.ts'
import type { Engine } from '../engine/engine.ts'
import type { Ice, Store } from '../engine/ports.ts'
import type { Coming, Leaving } from '../engine/sessions/connections.ts'
import type { ClockView } from '../shared/protocol/session.ts'
import {
  CandidatePayload,
  DescriptionPayload,
  type JoinAck,
  JoinPayload,
  RtcStatePayload,
} from '../shared/protocol/socket.ts'
import type { Role } from '../shared/protocol/views.ts'
import { clockFor } from './clock-view.ts'
import type { EventRouter } from './event-router.ts'
import type { Relay } from './relay.ts'
import type { AppServer, AppSocket } from './types.ts'

export interface EventHandlerParts {
  io: AppServer
  router: EventRouter<AppSocket>
  relay: Relay
  connections: Engine['connections']
  charging: Engine['charging']
  store: Store
  ice: Ice
  heartbeatTimeoutMs: number
  graceMs: number
}

/** Registers the handler of every event that a page may send. */
export function registerEventHandlers(parts: EventHandlerParts): void {
  const { router, relay } = parts
  const join = createJoin(parts)

  router.on('session:join', JoinPayload, (socket, { sessionId, confirms = false, page: tab, again }) => {
    socket.data.confirms = confirms
    return join(socket, sessionId, { tab, again })
  })
  router.on('offer', DescriptionPayload, (socket, payload, received) =>
    relay(socket, 'offer', payload, received),
  )
  router.on('answer', DescriptionPayload, (socket, payload, received) =>
    relay(socket, 'answer', payload, received),
  )
  router.on('ice-candidate', CandidatePayload, (socket, payload, received) =>
    relay(socket, 'ice-candidate', payload, received),
  )
  registerReports(parts)
}

function registerReports({ router, connections }: EventHandlerParts): void {
  router.on('rtc:state', RtcStatePayload, (socket, { sessionId, state, now, ...proof }) => {
    const done = connections.report(
      sessionId,
      socket.id,
      state,
      now === undefined ? undefined : { now, ...proof },
    )
    if (now === undefined) return done?.then(() => EMPTY_ACK) ?? EMPTY_ACK
    const ack = () => ({ provenMs: connections.provenMs(sessionId) })
    return done?.then(ack) ?? ack()
  })
}

const EMPTY_ACK = {}

type Join = (socket: AppSocket, sessionId: string, from: Coming) => Promise<JoinAck>

function createJoin(parts: EventHandlerParts): Join {
  const { io, connections, charging, store, ice, graceMs } = parts
  const heartbeatMs = Math.floor(parts.heartbeatTimeoutMs / 3)

  const clockOf = (session: OpenSession, role: Role): Promise<ClockView> =>
    store.read((view) => clockFor(charging.clockOf(view, session), role))

  return async (socket, sessionId, from) => {
    const { userId, sessions } = socket.data
    const isThere = () => socket.connected
    const joined = await connections.join(sessionId, userId, socket.id, { ...from, isThere })
    const { session, role, displaced, peer, sentMs, unbilledMs } = joined
    if (!sessions.includes(sessionId)) sessions.push(sessionId)
    // It may have gone in the very turn that gave it the seat.
    if (!socket.connected) leaveSeat(parts, socket, sessionId, 'transport close')
    if (displaced !== undefined) io.to(displaced).emit('session:taken-over', { sessionId })
    if (peer !== undefined) io.to(peer).emit('peer:joined', { sessionId })
    return {
      session: viewSession(session),
      iceServers: ice.serversFor(`${sessionId}-${role}`),
      iceTransportPolicy: ice.policy,
      polite: role === 'client',
      heartbeatMs,
      graceMs,
      peerPresent: peer !== undefined,
      clock: await clockOf(session, role),
      sentMs,
      unbilledMs,
    }
  }
}

/** Gives up the socket's seat in a session, and notifies the other seat. */
export function leaveSeat(
  { io, connections }: Pick<EventHandlerParts, 'io' | 'connections'>,
  socket: AppSocket,
  sessionId: string,
  reason: DisconnectReason,
): void {
  const { peer } = connections.leave(sessionId, socket.id, LEAVING[reason] ?? 'cut')
  if (peer !== undefined) io.to(peer).emit('peer:left', { sessionId })
}

/**
 * A browser that closes a page closes its transport; whatever else ends a connection is not the
 * user's doing.
 */
const LEAVING: Partial<Record<DisconnectReason, Leaving>> = {
  'ping timeout': 'silent',
  'transport close': 'closed',
  'client namespace disconnect': 'closed',
}
