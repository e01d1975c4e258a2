/**
 * Encodes and decodes the messages of STUN (RFC 8489) and TURN (RFC 8656) that a check of a relay
 * needs. Opens no socket.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'

/** The methods that a client requests. */
export const METHOD = { binding: 0x001, allocate: 0x003, refresh: 0x004, createPermission: 0x008 } as const

/** Attributes by number. */
export const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
} as const

/** The bits of a message's type that hold its class; none of them set means a request. */
export const KIND = { request: 0x000, success: 0x100, error: 0x110 } as const

export type Attribute = readonly [type: number, value: Buffer]

export interface StunMessage {
  readonly method: number
  readonly kind: number
  /** The number that a request and its response share. */
  readonly id: Buffer
  readonly attributes: ReadonlyMap<number, Buffer>
}

export interface Address {
  readonly ip: string
  readonly port: number
}

/**
 * Login of a request, with what the server sent that must be repeated: a long-term login (RFC 8489,
 * section 9.2).
 */
export interface Proof {
  readonly username: string
  readonly credential: string
  readonly realm: Buffer
  readonly nonce: Buffer
}

const COOKIE = 0x2112a442
const HEADER_BYTES = 20
const ID_BYTES = 12
const ATTRIBUTE_HEADER_BYTES = 4
const INTEGRITY_BYTES = 20
const KIND_BITS = 0x110
const [IPV4, IPV6] = [1, 2]

/** Encodes a message. With `proof` it is signed, as its last attribute. */
export function encode(parts: {
  method: number
  kind?: number
  id?: Buffer
  attributes?: readonly Attribute[]
  proof?: Proof | undefined
}): Buffer {
  const { method, kind = KIND.request, id = randomBytes(ID_BYTES), attributes = [], proof } = parts
  const type = method | kind
  if (!proof) return withHeader(type, id, attributes, 0)
  const { username, credential, realm, nonce } = proof
  const login: Attribute[] = [
    [ATTRIBUTE.username, Buffer.from(username)],
    [ATTRIBUTE.nonce, nonce],
    [ATTRIBUTE.realm, realm],
  ]
  // The signature covers a header that already counts it.
  const unsigned = withHeader(type, id, [...attributes, ...login], ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES)
  const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest()
  const signature = createHmac('sha1', key).update(unsigned).digest()
  return Buffer.concat([unsigned, encodeAttribute([ATTRIBUTE.messageIntegrity, signature])])
}

/** Decodes one whole message; undefined for bytes that are none. */
export function decode(bytes: Buffer): StunMessage | undefined {
  if (lengthOf(bytes) !== bytes.length) return undefined
  const type = bytes.readUInt16BE(0)
  const attributes = new Map<number, Buffer>()
  for (let at = HEADER_BYTES; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const [name, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)]
    const start = at + ATTRIBUTE_HEADER_BYTES
    // Of two with one name the first counts.
    if (!attributes.has(name)) attributes.set(name, bytes.subarray(start, start + length))
    at = start + length + paddingAfter(length)
  }
  return {
    method: type & ~KIND_BITS,
    kind: type & KIND_BITS,
    id: bytes.subarray(8, HEADER_BYTES),
    attributes,
  }
}

/**
 * Returns how many bytes the message has that begins here, as its header says; `'incomplete'` while
 * the header is not there yet, and undefined for bytes that begin no message.
 */
export function lengthOf(bytes: Buffer): number | 'incomplete' | undefined {
  if (bytes.length < HEADER_BYTES) return 'incomplete'
  const length = bytes.readUInt16BE(2)
  // Two zero bits, the cookie, and a length in steps of four distinguish a message from anything
  // else.
  if (bytes.readUInt8(0) > 0x3f || bytes.readUInt32BE(4) !== COOKIE || length % 4 !== 0) return undefined
  return HEADER_BYTES + length
}

/**
 * Returns the code of an error, such as 401; undefined where the message is no error or has no
 * code.
 */
export function errorCodeOf({ kind, attributes }: StunMessage): number | undefined {
  const value = attributes.get(ATTRIBUTE.errorCode)
  if (kind !== KIND.error || value === undefined || value.length < 4) return undefined
  return (value.readUInt8(2) & 0x07) * 100 + value.readUInt8(3)
}

/**
 * Returns the address in an attribute such as XOR-RELAYED-ADDRESS; undefined where there is none.
 */
export function addressIn({ id, attributes }: StunMessage, type: number): Address | undefined {
  const value = attributes.get(type)
  if (value === undefined || value.length < 8) return undefined
  const family = value.readUInt8(1)
  const port = value.readUInt16BE(2) ^ (COOKIE >>> 16)
  const bytes = xored(value.subarray(4), id)
  if (family === IPV4 && bytes.length === 4) return { ip: bytes.join('.'), port }
  if (family === IPV6 && bytes.length === 16) return { ip: ipv6Of(bytes), port }
  return undefined
}

/** Encodes an IPv4 address for an attribute such as XOR-PEER-ADDRESS. */
export function encodeAddress({ ip, port }: Address): Buffer {
  const head = Buffer.from([0, IPV4, 0, 0])
  head.writeUInt16BE(port ^ (COOKIE >>> 16), 2)
  // An IPv4 address is hidden by the cookie alone, so that the number of the message does not
  // matter.
  return Buffer.concat([head, xored(Buffer.from(ip.split('.').map(Number)), Buffer.alloc(ID_BYTES))])
}

function withHeader(type: number, id: Buffer, attributes: readonly Attribute[], bytesToCome: number): Buffer {
  const body = Buffer.concat(attributes.map(encodeAttribute))
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(type, 0)
  header.writeUInt16BE(body.length + bytesToCome, 2)
  header.writeUInt32BE(COOKIE, 4)
  id.copy(header, 8)
  return Buffer.concat([header, body])
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const head = Buffer.alloc(ATTRIBUTE_HEADER_BYTES)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc(paddingAfter(value.length))])
}

const paddingAfter = (length: number): number => -length & 3

/** Hides an address from routers that rewrite addresses they find in packets, or shows it again. */
function xored(bytes: Buffer, id: Buffer): Buffer {
  const mask = Buffer.alloc(16)
  mask.writeUInt32BE(COOKIE, 0)
  id.copy(mask, 4)
  return Buffer.from(bytes.map((byte, n) => byte ^ (mask[n] ?? 0)))
}

/** Spells all eight groups; the URL parser knows the short form. */
function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(n * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
