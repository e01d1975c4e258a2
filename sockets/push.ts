/** Sends each event of the engine to the users whom it concerns. */
import { type Session, viewChange, viewSession } from '../domain/session.ts'
import type { Announce, EngineEvent } from '../engine/events.ts'
import type { Broadcast } from './broadcast.ts'
import { clockFor } from './clock-view.ts'
import { type AppServer, userRoom } from './types.ts'

type EventOf<T extends EngineEvent['type']> = EngineEvent & { type: T }

/** Creates the function that pushes an event; `broadcast` reaches every client. */
export function createPush({ io, broadcast }: { io: AppServer; broadcast: Broadcast }): Announce {
  const both = ({ clientId, readerId }: Session) => io.to([userRoom(clientId), userRoom(readerId)])

  return (event) => {
    switch (event.type) {
      case 'invited': {
        const { session, lasts, clientSince } = event
        const invite = { session: viewSession(session), lasts, clientSince }
        io.to(userRoom(session.readerId)).emit('session:invite', invite)
        return
      }
      case 'updated':
        both(event.session).emit('session:updated', { session: viewChange(event.session) })
        return
      case 'ended':
        both(event.session).emit('session:ended', { session: viewSession(event.session) })
        return
      case 'clock':
        return pushClock(io, event)
      case 'charged':
        return pushCharge(io, event)
      case 'low': {
        const { session, balanceCents, secondsLeft } = event
        const low = { sessionId: session.id, balanceCents, secondsLeft }
        io.to(userRoom(session.clientId)).emit('balance:low', low)
        return
      }
      case 'balance':
        io.to(userRoom(event.userId)).emit('balance', { balanceCents: event.balanceCents })
        return
      case 'needs-person': {
        const { userId, paymentIntentId, clientSecret, cardId, amountCents } = event
        const action = { paymentIntentId, clientSecret, cardId, amountCents }
        io.to(userRoom(userId)).emit('payment:action', action)
        return
      }
      case 'ask':
        io.to(event.holder).emit('rtc:ask', { sessionId: event.sessionId })
        return
      case 'login-ended':
        return disconnectLogin(io, event.loginHash)
      case 'reader-status': {
        const { readerId, status } = event
        broadcast.send(readerId, 'reader:status', { readerId, status })
      }
    }
  }
}

function pushClock(io: AppServer, { session, clock }: EventOf<'clock'>): void {
  io.to(userRoom(session.clientId)).emit('session:clock', clockFor(clock, 'client'))
  io.to(userRoom(session.readerId)).emit('session:clock', clockFor(clock, 'reader'))
}

function pushCharge(io: AppServer, event: EventOf<'charged'>): void {
  const { session, charge, chargedCents, earnedCents, balanceCents } = event
  const charged = { sessionId: session.id, charge, chargedCents, earnedCents }
  io.to(userRoom(session.clientId)).emit('session:charged', { ...charged, balanceCents })
  io.to(userRoom(session.readerId)).emit('session:charged', charged)
}

function disconnectLogin(io: AppServer, loginHash: string): void {
  for (const socket of io.sockets.sockets.values()) {
    if (socket.data.loginHash === loginHash) socket.disconnect(true)
  }
}
