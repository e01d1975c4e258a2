/** As much of a TURN client (RFC 8656) as it takes to ask a relay what it allows. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface TurnLogin {
  readonly username: string
  readonly credential: string
}

/** `ok`, or the code of the refusal. */
export type TurnAnswer = 'ok' | number

export interface TurnClient {
  /** Asks for an address at the relay. */
  allocate(): Promise<TurnAnswer>
  /** Asks whether packets may go to `peer`, an IPv4 address. */
  permit(peer: string): Promise<TurnAnswer>
  close(): void
}

const COOKIE = 0x2112a442
const ALLOCATE = 0x0003
const CREATE_PERMISSION = 0x0008
const IS_ERROR = 0x0110
const USERNAME = 0x0006
const MESSAGE_INTEGRITY = 0x0008
const ERROR_CODE = 0x0009
const XOR_PEER_ADDRESS = 0x0012
const REALM = 0x0014
const NONCE = 0x0015
const REQUESTED_TRANSPORT = 0x0019
const UDP = Buffer.from([17, 0, 0, 0])
const HEADER_BYTES = 20
const INTEGRITY_BYTES = 24
const UNAUTHORIZED = 401
const STALE_NONCE = 438
const RESEND_MS = 500

type Attributes = ReadonlyMap<number, Buffer>

/** A client with a socket of its own, for the relay at that address and port. */
export async function turnClient(
  relay: { address: string; port: number },
  login: TurnLogin,
): Promise<TurnClient> {
  const socket = createSocket('udp4')
  socket.connect(relay.port, relay.address)
  await once(socket, 'connect')
  let told: Attributes = new Map()

  const exchange = async (request: Buffer): Promise<Buffer> => {
    const again = setInterval(() => socket.send(request), RESEND_MS)
    socket.send(request)
    let answer: Buffer
    do [answer] = await once(socket, 'message')
    while (!isAnswerTo(request, answer))
    clearInterval(again)
    return answer
  }
  const tell = async (method: number, own: readonly Buffer[]): Promise<TurnAnswer> => {
    const answer = await exchange(requestOf(method, own, login, told))
    const attributes = attributesOf(answer)
    if ((answer.readUInt16BE(0) & IS_ERROR) !== IS_ERROR) return 'ok'
    const code = attributes.get(ERROR_CODE)
    if (attributes.has(NONCE)) told = attributes
    return code ? code.readUInt8(2) * 100 + code.readUInt8(3) : Number.NaN
  }
  const ask = async (method: number, own: readonly Buffer[]): Promise<TurnAnswer> => {
    const first = await tell(method, own)
    return first === UNAUTHORIZED || first === STALE_NONCE ? tell(method, own) : first
  }
  return {
    allocate: () => ask(ALLOCATE, [attribute(REQUESTED_TRANSPORT, UDP)]),
    permit: (peer) => ask(CREATE_PERMISSION, [attribute(XOR_PEER_ADDRESS, xored(peer))]),
    close: () => socket.close(),
  }
}

/** Signed once the relay has told its realm and a nonce; without them it is refused, and tells them. */
function requestOf(method: number, own: readonly Buffer[], login: TurnLogin, told: Attributes): Buffer {
  const [realm, nonce] = [told.get(REALM), told.get(NONCE)]
  if (!realm || !nonce) return message(method, own, 0)
  const proof = [
    attribute(USERNAME, Buffer.from(login.username)),
    attribute(REALM, realm),
    attribute(NONCE, nonce),
  ]
  const unsigned = message(method, [...own, ...proof], INTEGRITY_BYTES)
  const key = createHash('md5').update(`${login.username}:${realm}:${login.credential}`).digest()
  const signature = createHmac('sha1', key).update(unsigned).digest()
  return Buffer.concat([unsigned, attribute(MESSAGE_INTEGRITY, signature)])
}

/** `more`: how many bytes will follow that the length must count. */
function message(method: number, attributes: readonly Buffer[], more: number): Buffer {
  const body = Buffer.concat(attributes)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(method, 0)
  header.writeUInt16BE(body.length + more, 2)
  header.writeUInt32BE(COOKIE, 4)
  randomBytes(12).copy(header, 8)
  return Buffer.concat([header, body])
}

/** By the number that both carry. */
const isAnswerTo = (request: Buffer, answer: Buffer): boolean =>
  answer.subarray(8, HEADER_BYTES).equals(request.subarray(8, HEADER_BYTES))

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)])
}

function attributesOf(answer: Buffer): Attributes {
  const found = new Map<number, Buffer>()
  let at = HEADER_BYTES
  while (at + 4 <= answer.length) {
    const length = answer.readUInt16BE(at + 2)
    found.set(answer.readUInt16BE(at), answer.subarray(at + 4, at + 4 + length))
    at += 4 + length + (-length & 3)
  }
  return found
}

const PEER_PORT = 50_000

function xored(address: string): Buffer {
  const value = Buffer.alloc(8)
  value.writeUInt8(1, 1)
  value.writeUInt16BE(PEER_PORT ^ (COOKIE >>> 16), 2)
  const bytes = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  value.writeUInt32BE((bytes ^ COOKIE) >>> 0, 4)
  return value
}
