/** Limits how many sockets an account and a subnet may have. */
import type { IncomingMessage } from 'node:http'
import proxyAddr from 'proxy-addr'
import type { Socket } from 'socket.io'
import { WIDER } from '../domain/networks.ts'
import { networksOf, type TrustsHop } from '../http/client-address.ts'
import { type RateLimiter, SOCKETS } from '../http/rate-limiter.ts'

export interface ConnectionLimits {
  /**
   * Checks whether this sender may open one more: an account where one is logged in, else a subnet.
   */
  mayOpen(req: IncomingMessage, account: string | undefined): boolean
  /** Counts an opened one for as long as it lives. */
  count(raw: { request: IncomingMessage; once(event: 'close', listener: () => void): unknown }): void
  /**
   * Counts a user's socket. One too many disconnects the user's oldest, which is most likely dead,
   * but never one with a seat in a session.
   */
  admit(socket: Socket, userId: string): void
}

export function createConnectionLimits(parts: {
  rateLimiter: RateLimiter
  trustsHop: TrustsHop
  /** Checks whether a socket holds a seat of an open session. */
  isSeated: (socket: Socket) => boolean
}): ConnectionLimits {
  const { rateLimiter, trustsHop, isSeated } = parts
  const all = createTally()
  const withoutLogin = createTally()
  const loggedIn = new WeakSet<IncomingMessage>()
  const ofAccount = new Map<string, readonly Socket[]>()
  const mostInAll = rateLimiter.cap(SOCKETS.perSubnetInAll, SOCKETS.outside)
  const mostWithoutLogin = rateLimiter.cap(SOCKETS.perSubnet, SOCKETS.outside)
  const mostOfAccount = rateLimiter.cap(SOCKETS.perAccount, SOCKETS.outside)
  const senderOf = (req: IncomingMessage) => networksOf(proxyAddr(req, trustsHop))

  return {
    mayOpen(req, account) {
      const networks = senderOf(req)
      if (!all.hasRoom(networks, mostInAll)) return false
      if (account === undefined) {
        if (!withoutLogin.hasRoom(networks, mostWithoutLogin)) return false
        if (rateLimiter.tryTake('handshake', networks) > 0) return false
      } else {
        if (rateLimiter.tryTake('handshakeSignedIn', account) > 0) return false
        loggedIn.add(req)
      }
      return rateLimiter.tryTake('handshakes', networks) === 0
    },

    count(raw) {
      const networks = senderOf(raw.request)
      const tallies = loggedIn.has(raw.request) ? [all] : [all, withoutLogin]
      for (const tally of tallies) tally.add(networks, 1)
      raw.once('close', () => {
        for (const tally of tallies) tally.add(networks, -1)
      })
    },

    admit(socket, userId) {
      const mine = [...(ofAccount.get(userId) ?? []), socket]
      ofAccount.set(userId, mine)
      socket.once('disconnect', () => {
        const left = ofAccount.get(userId)?.filter((other) => other !== socket) ?? []
        if (left.length > 0) ofAccount.set(userId, left)
        else ofAccount.delete(userId)
      })
      const tooMany = Math.max(0, mine.length - mostOfAccount)
      for (const oldest of mine.filter((one) => !isSeated(one)).slice(0, tooMany)) {
        oldest.emit('page:set-aside', {})
        oldest.disconnect(true)
      }
    },
  }
}

/** Open sockets by network: a network without any is not kept. */
function createTally() {
  const open = new Map<string, number>()

  return {
    hasRoom: (networks: readonly string[], most: number): boolean =>
      networks.every((network, breadth) => (open.get(network) ?? 0) < most * (WIDER[breadth] ?? 1)),

    add(networks: readonly string[], by: number): void {
      for (const network of networks) {
        const count = (open.get(network) ?? 0) + by
        if (count > 0) open.set(network, count)
        else open.delete(network)
      }
    },
  }
}
