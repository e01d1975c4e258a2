/** Makes the list of STUN and TURN servers for each seat, with logins that lapse. */
import { createHmac } from 'node:crypto'
import type { Ice } from '../../engine/ports.ts'
import type { IceServerView } from '../../shared/protocol/socket.ts'

const LOGIN_SECONDS = 15 * 60 // expiry stops new allocations only, never one that lives
const LABEL_LENGTH = 22 // 132 bits

/**
 * Login of our users at the relay: by a secret that it shares with us, or by one login for all of
 * them.
 */
export type TurnLogin = { readonly secret: string } | { readonly username: string; readonly password: string }

/**
 * Creates the ICE servers of each seat. With a shared secret every seat has a TURN login of its
 * own, coturn's scheme, in which the name is its own expiry and the password is the name's HMAC
 * (draft-uberti-behave-turn-rest-00). The relay compares the expiry with its own wall clock, so
 * `wall` reads ours (milliseconds since the epoch), which may have been corrected in the meantime.
 */
export function createIce(parts: {
  stunUrls: readonly string[]
  turnUrls: readonly string[]
  login: TurnLogin | undefined
  policy: 'all' | 'relay'
  wall: () => number
}): Ice {
  const { stunUrls, turnUrls, login, policy, wall } = parts

  const turnServer = (seat: string): IceServerView => {
    const urls = [...turnUrls]
    if (login === undefined) return { urls }
    if ('username' in login) return { urls, username: login.username, credential: login.password }
    const { secret } = login
    const username = `${Math.floor(wall() / 1000) + LOGIN_SECONDS}:${labelOf(seat, secret)}`
    return { urls, username, credential: createHmac('sha1', secret).update(username).digest('base64') }
  }

  return {
    policy,
    serversFor: (seat) => [
      ...(stunUrls.length > 0 ? [{ urls: [...stunUrls] }] : []),
      ...(turnUrls.length > 0 ? [turnServer(seat)] : []),
    ],
  }
}

/**
 * Returns a label that is the same for a seat at every renewal, so that the relay's quota is the
 * seat's; others cannot read anything from it.
 */
function labelOf(seat: string, secret: string): string {
  return createHmac('sha256', secret).update(`label of ${seat}`).digest('base64url').slice(0, LABEL_LENGTH)
}
