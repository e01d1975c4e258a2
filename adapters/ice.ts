import { createHmac } from 'node:crypto'
import type { Clock, Ice } from '../engine/ports.ts'
import type { IceServerView } from '../shared/protocol.ts'

const LOGIN_SECONDS = 15 * 60 // expiry stops new allocations only, never one that lives

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
    const username = `${Math.floor(clock.now() / 1000) + LOGIN_SECONDS}:${seat}`
    return { urls, username, credential: createHmac('sha1', turnSecret).update(username).digest('base64') }
  }

  return (seat) => ({
    iceServers: [
      ...(stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : []),
      ...(turnUrls.length > 0 ? [turnServer(seat)] : []),
    ],
    iceTransportPolicy: policy,
  })
}
