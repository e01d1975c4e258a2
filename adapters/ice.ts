import { createHmac } from 'node:crypto'
import type { Clock, Ice } from '../engine/ports.ts'
import type { IceServerView } from '../shared/protocol.ts'

const LOGIN_SECONDS = 15 * 60 // expiry stops new allocations only, never one that lives
const LABEL_LENGTH = 22 // 132 bits

/**
 * ICE servers with a TURN login of their own for each seat: coturn's shared-secret scheme, in which the name is its own
 * expiry and the password is the name's HMAC (draft-uberti-behave-turn-rest-00).
 */
export function createIce(parts: {
  stunUrls: readonly string[]
  turnUrls: readonly string[]
  turnSecret: string | undefined
  policy: 'all' | 'relay'
  clock: Clock
}): Ice {
  const { stunUrls, turnUrls, turnSecret, policy, clock } = parts

  const turnServer = (seat: string): IceServerView => {
    const urls = [...turnUrls]
    if (turnSecret === undefined) return { urls }
    const username = `${Math.floor(clock.now() / 1000) + LOGIN_SECONDS}:${labelOf(seat, turnSecret)}`
    return { urls, username, credential: createHmac('sha1', turnSecret).update(username).digest('base64') }
  }

  return {
    policy,
    serversFor: (seat) => [
      ...(stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : []),
      ...(turnUrls.length > 0 ? [turnServer(seat)] : []),
    ],
  }
}

/** The same for a seat at every renewal, so that the relay's quota is the seat's; to everybody else it means nothing. */
function labelOf(seat: string, secret: string): string {
  return createHmac('sha256', secret).update(`label of ${seat}`).digest('base64url').slice(0, LABEL_LENGTH)
}
