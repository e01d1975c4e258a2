/**
 * Requests from a relay what a browser requests: an address of its own there, and permission to
 * send from it.
 */
import type { Line } from './connection.ts'
import {
  type Address,
  ATTRIBUTE,
  type Attribute,
  addressIn,
  encode,
  encodeAddress,
  errorCodeOf,
  KIND,
  METHOD,
  type StunMessage,
} from './message.ts'

export interface SeatLogin {
  readonly username: string
  readonly credential: string
}

export interface TurnAnswer {
  /** Code of the refusal, such as 401; undefined where the relay did what was requested. */
  readonly refusal: number | undefined
  /** Address in the response: the one at the relay, or our own as the server sees it. */
  readonly address: Address | undefined
}

export interface TurnClient {
  /** Asks under which address the server sees us. Needs no login. */
  bind(): Promise<TurnAnswer>
  /** Requests an address at the relay. */
  allocate(): Promise<TurnAnswer>
  /** Requests permission to exchange packets with `peer`, an IPv4 address. */
  permit(peer: Address): Promise<TurnAnswer>
  /** Releases the address at the relay. */
  release(): Promise<TurnAnswer>
}

const UNAUTHORIZED = 401
const STALE_NONCE = 438
const UNREADABLE = 0
const UDP = Buffer.from([17, 0, 0, 0]) // what the relay is to send and receive there
const NO_TIME = Buffer.alloc(4)

/**
 * Creates a client. Its promises reject as the line does. Without a login its requests are
 * anonymous.
 */
export function createTurnClient(line: Line, login: SeatLogin | undefined): TurnClient {
  /** Realm and nonce as last received from the relay: authenticated requests must repeat them. */
  let challenge: { realm: Buffer; nonce: Buffer } | undefined

  const askOnce = async (method: number, attributes: readonly Attribute[]): Promise<StunMessage> => {
    const proof = login && challenge && { ...login, ...challenge }
    const answer = await line.exchange(encode({ method, attributes, proof }))
    const [realm, nonce] = [answer.attributes.get(ATTRIBUTE.realm), answer.attributes.get(ATTRIBUTE.nonce)]
    if (realm && nonce) challenge = { realm, nonce }
    return answer
  }

  const ask = async (
    method: number,
    attributes: readonly Attribute[],
    attribute?: number,
  ): Promise<TurnAnswer> => {
    const wasStranger = challenge === undefined
    let answer = await askOnce(method, attributes)
    if (wasStranger && login && errorCodeOf(answer) === UNAUTHORIZED)
      answer = await askOnce(method, attributes)
    // A nonce may lapse between two requests; the response brings the next one.
    if (errorCodeOf(answer) === STALE_NONCE) answer = await askOnce(method, attributes)
    return {
      refusal: answer.kind === KIND.success ? undefined : (errorCodeOf(answer) ?? UNREADABLE),
      address: attribute === undefined ? undefined : addressIn(answer, attribute),
    }
  }

  return {
    bind: () => ask(METHOD.binding, [], ATTRIBUTE.xorMappedAddress),
    allocate: () => ask(METHOD.allocate, [[ATTRIBUTE.requestedTransport, UDP]], ATTRIBUTE.xorRelayedAddress),
    permit: (peer) => ask(METHOD.createPermission, [[ATTRIBUTE.xorPeerAddress, encodeAddress(peer)]]),
    release: () => ask(METHOD.refresh, [[ATTRIBUTE.lifetime, NO_TIME]]),
  }
}
