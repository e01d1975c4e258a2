/** How many sockets an account and a household may have. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'socket.io'
import { addressOf, householdOf } from './address.ts'
import { type Limiter, SOCKETS } from './limiter.ts'

export interface SocketCaps {
  /** Whether this sender may open one more. */
  mayOpen(req: IncomingMessage): boolean
  /** Counts an opened one for as long as it lives. */
  count(raw: { request: IncomingMessage; once(event: 'close', listener: () => void): unknown }): void
  /** Takes a person's socket in; one too many pushes out the person's oldest, which is most likely dead. */
  admit(socket: Socket, userId: string): void
}

export function createSocketCaps({ limiter, proxies }: { limiter: Limiter; proxies: number }): SocketCaps {
  const ofHousehold = new Map<string, number>()
  const ofAccount = new Map<string, readonly Socket[]>()
  const mostOfHousehold = limiter.cap(SOCKETS.perHousehold, SOCKETS.outside)
  const mostOfAccount = limiter.cap(SOCKETS.perAccount, SOCKETS.outside)
  const senderOf = (req: IncomingMessage) => householdOf(addressOf(req, proxies))

  return {
    mayOpen(req) {
      const household = senderOf(req)
      if ((ofHousehold.get(household) ?? 0) >= mostOfHousehold) return false
      return limiter.tryTake('handshake', household) === 0
    },

    count(raw) {
      const household = senderOf(raw.request)
      ofHousehold.set(household, (ofHousehold.get(household) ?? 0) + 1)
      raw.once('close', () => {
        const left = (ofHousehold.get(household) ?? 0) - 1
        if (left > 0) ofHousehold.set(household, left)
        else ofHousehold.delete(household)
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
      for (const oldest of mine.slice(0, Math.max(0, mine.length - mostOfAccount))) oldest.disconnect(true)
    },
  }
}
