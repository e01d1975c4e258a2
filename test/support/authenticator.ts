/** An authenticator in software: makes passkeys, and signs with them, as a browser passes it on. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { PasskeyAssertion, PasskeyAttestation } from '../../shared/protocol/passkeys.ts'

/** The fields of a response that a test may set, as an attacker would. */
export interface Ways {
  origin?: string
  host?: string
  challenge?: string
  /** Without a finger or a PIN. */
  unverified?: boolean
  counter?: number
  userHandle?: string
  /** Signs with another key than the passkey's. */
  key?: KeyObject
  /** The format of the attestation, and its statement. */
  attestation?: { fmt: string; attStmt: Cbor }
}

export interface Authenticator {
  /** Makes a passkey for the options of `POST /passkeys/begin`. */
  create(options: object, ways?: Ways): PasskeyAttestation
  /** Signs the challenge of the options with the passkey that was made last. */
  answer(options: object, ways?: Ways): PasskeyAssertion
}

export const SITE = { host: 'soulseer.example', origins: ['https://soulseer.example'] }

const HERE = { host: SITE.host, origin: 'https://soulseer.example' }

interface Options {
  challenge: string
  user?: { id: string }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()

/** Creates it; its keys count how often they signed. */
export function createAuthenticator({ origin, host } = HERE): Authenticator {
  const credentialId = randomBytes(16)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let counter = 0
  let handle = ''

  const clientData = (type: string, options: Options, ways: Ways) =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: ways.challenge ?? options.challenge,
        origin: ways.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const authData = (ways: Ways, attested?: Buffer) => {
    const flags = 0x01 | (ways.unverified ? 0 : 0x04) | (attested ? 0x40 : 0)
    const head = Buffer.alloc(5)
    head.writeUInt8(flags)
    head.writeUInt32BE(ways.counter ?? counter, 1)
    return Buffer.concat([sha256(ways.host ?? host), head, attested ?? Buffer.alloc(0)])
  }
  const credential = { id: text(credentialId), rawId: text(credentialId), type: 'public-key' } as const

  return {
    create(given, ways = {}) {
      const options = given as Options
      handle = options.user?.id ?? ''
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const cose = new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ])
      const length = Buffer.from([0, credentialId.length])
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, cbor(cose)])
      const { fmt, attStmt } = ways.attestation ?? { fmt: 'none', attStmt: new Map() }
      const attestation = new Map<string, Cbor>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', authData(ways, attested)],
      ])
      return {
        ...credential,
        response: {
          clientDataJSON: text(clientData('webauthn.create', options, ways)),
          attestationObject: text(cbor(attestation)),
          transports: ['internal', 'a way of the future'],
        },
      }
    },

    answer(given, ways = {}) {
      counter += 1
      const data = clientData('webauthn.get', given as Options, ways)
      const authenticatorData = authData(ways)
      const signed = Buffer.concat([authenticatorData, sha256(data)])
      return {
        ...credential,
        response: {
          clientDataJSON: text(data),
          authenticatorData: text(authenticatorData),
          signature: text(sign('sha256', signed, ways.key ?? privateKey)),
          userHandle: ways.userHandle ?? handle,
        },
      }
    },
  }
}

export type Cbor = number | string | Buffer | Cbor[] | Map<string, Cbor> | Map<number, Cbor>

/** Encodes the part of CBOR that attestations are made of. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  const parts = [...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)])
  return Buffer.concat([head(5, value.size), ...parts])
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count])
  if (count < 256) return Buffer.from([(major << 5) | 24, count])
  return Buffer.from([(major << 5) | 25, count >> 8, count & 255])
}
