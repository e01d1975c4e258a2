/** Lets in only sockets of users who are logged in, and only for as long as they are. */
import type { Accounts } from '../engine/accounts/accounts.ts'
import type { Clock, Log } from '../engine/ports.ts'
import type { Authentication } from '../http/authentication.ts'
import { endConnection } from './engine-io.ts'
import { type AppServer, type AppSocket, userRoom } from './types.ts'

const CHECK_AGAIN_MS = 5 * 60_000

/** Gives every socket its user, and refuses those without one. */
export function identifySockets(io: AppServer, auth: Authentication): void {
  const connected = new WeakSet<AppSocket['conn']>()
  // One CONNECT a connection: a second one would find that its request has been forgotten
  // (forgetRequest).
  io.use((socket, next) => {
    if (!connected.has(socket.conn)) {
      connected.add(socket.conn)
      return next()
    }
    endConnection(socket.conn)
    next(new Error('connected_already'))
  })

  io.use((socket, next) => {
    auth.identify(socket.handshake.headers).then((identity) => {
      if (!identity) return next(new Error('not_logged_in'))
      const { user, loginHash } = identity
      const { userId: meant } = socket.handshake.auth
      // A page that shows one user is not served as another who has logged in in its browser
      // meanwhile.
      if (meant !== undefined && meant !== user.id) return next(new Error('other_person'))
      socket.data = { userId: user.id, role: user.role, loginHash, sessions: [], confirms: false }
      socket.join(userRoom(user.id))
      next()
    }, next)
  })
}

/**
 * Disconnects, every few minutes, the sockets whose login has ended in whatever way; returns how to
 * stop.
 */
export function disconnectEndedLogins(parts: {
  io: AppServer
  accounts: Pick<Accounts, 'identify'>
  clock: Clock
  log: Log
}): () => void {
  const { io, accounts, clock, log } = parts

  const check = async (): Promise<void> => {
    for (const socket of io.sockets.sockets.values()) {
      const { userId, loginHash } = socket.data
      if (!(await accounts.identify(userId, loginHash))) socket.disconnect(true)
    }
  }

  let cancel: () => void
  const checkLater = (): void => {
    cancel = clock.at(clock.now() + CHECK_AGAIN_MS, () => {
      checkLater()
      check().catch((error) => log.error({ err: error }, 'the open sockets could not be looked at'))
    })
  }
  checkLater()
  return () => cancel()
}
