/**
 * Connects the pages' sockets with the engine: joining a session, relaying between its two seats,
 * and pushing what happens.
 */
import { viewMe } from './domain/user.ts'
import type { Engine } from './engine/engine.ts'
import type { Announce } from './engine/events.ts'
import type { Clock, Ice, Log, Store } from './engine/ports.ts'
import type { Authentication } from './http/authentication.ts'
import { createBroadcast } from './sockets/broadcast.ts'
import type { ConnectionLimits } from './sockets/connection-limits.ts'
import { leaveSeat, registerEventHandlers } from './sockets/event-handlers.ts'
import type { EventRouter } from './sockets/event-router.ts'
import { forgetRequest } from './sockets/fast-path.ts'
import { disconnectEndedLogins, identifySockets } from './sockets/identify.ts'
import { createPush } from './sockets/push.ts'
import { createRelay } from './sockets/relay.ts'
import type { AppServer, AppSocket } from './sockets/types.ts'

export interface Signaling {
  /** Sends an event of the engine to the users whom it concerns. */
  readonly push: Announce
  /** Notifies every page that the server will be back in a moment, and disconnects it. */
  stop(): Promise<void>
}

export function createSignaling(parts: {
  io: AppServer
  auth: Authentication
  engine: Engine
  store: Store
  ice: Ice
  connectionLimits: ConnectionLimits
  router: EventRouter<AppSocket>
  clock: Clock
  heartbeatTimeoutMs: number
  graceMs: number
  log: Log
}): Signaling {
  const { io, auth, store, ice, connectionLimits, router, clock, heartbeatTimeoutMs, graceMs, log } = parts
  const { accounts, connections, presence, charging } = parts.engine

  const broadcast = createBroadcast({ sockets: () => clientSockets(io), clock })
  const relay = createRelay({ io, connections, ice })
  identifySockets(io, auth)
  io.on('connection', (socket) => {
    const { userId, sessions } = socket.data
    presence.arrive(userId)
    if (socket.handshake.auth.me === true) {
      tellMe(store, socket).catch((error) => log.error({ err: error }, 'a page was not told who it is'))
    }
    socket.on('disconnect', (reason) => {
      presence.depart(userId)
      for (const sessionId of sessions) leaveSeat({ io, connections }, socket, sessionId, reason)
      if (reason === 'client namespace disconnect') socket.conn.close() // no namespace is left on it
    })
    router.attach(socket)
    forgetRequest(socket)
    connectionLimits.admit(socket, userId)
    if (socket.data.role === 'client') broadcast.catchUp(socket)
  })
  registerEventHandlers({
    io,
    router,
    relay,
    connections,
    charging,
    store,
    ice,
    heartbeatTimeoutMs,
    graceMs,
  })
  const stopChecks = disconnectEndedLogins({ io, accounts, clock, log })

  return {
    push: createPush({ io, broadcast }),
    async stop() {
      stopChecks()
      broadcast.stop()
      io.emit('server:stopping', {})
      await io.close()
    },
  }
}

/** Sends the user of a page what `GET /me` returns: the page asked before it was connected. */
async function tellMe(store: Store, socket: AppSocket): Promise<void> {
  const { userId } = socket.data
  const told = await store.read((view) => ({ user: view.user(userId), open: view.openSessionOf(userId) }))
  if (!told.user) return
  socket.emit('me', viewMe(told.user, told.open))
}

function* clientSockets(io: AppServer): Iterable<AppSocket> {
  for (const socket of io.sockets.sockets.values()) if (socket.data.role === 'client') yield socket
}
