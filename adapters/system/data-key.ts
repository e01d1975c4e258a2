/** Signs, wraps and derives under the keys of the setting DATA_KEY. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import type { DataKey } from '../../engine/ports.ts'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Returns the keys as one: the first signs, wraps and derives, all of them check and unwrap. */
export function createDataKey(keys: readonly Buffer[]): DataKey {
  const derivations = keys.map(createDerivation)
  const [first] = derivations
  if (first === undefined) throw new Error('a data key needs at least one key')

  const signature = (derive: Derive, purpose: string, text: string) =>
    createHmac('sha256', derive('sign', purpose)).update(text).digest()

  return {
    sign: (purpose, text) => signature(first, purpose, text).toString('base64url'),

    verifies(purpose, text, token) {
      const given = Buffer.from(token, 'base64url')
      // Node ignores characters that are not base64url: of each signature there is one spelling.
      if (given.toString('base64url') !== token) return false
      let isRight = false
      for (const derive of derivations) {
        const wanted = signature(derive, purpose, text)
        if (given.length === wanted.length && timingSafeEqual(given, wanted)) isRight = true
      }
      return isRight
    },

    wrap: (purpose, context, plain) => seal(first('wrap', purpose), context, plain).toString('base64url'),

    unwrap(purpose, context, wrapped) {
      const bytes = Buffer.from(wrapped, 'base64url')
      for (const derive of derivations) {
        const plain = open(derive('wrap', purpose), context, bytes)
        if (plain !== undefined) return plain
      }
      throw new Error(`no key of DATA_KEY unwraps this (${purpose})`)
    },

    derive: (purpose) => Buffer.from(first('derive', purpose)),
  }
}

type Derive = (use: 'sign' | 'wrap' | 'derive', purpose: string) => Buffer

/** Derives a key of its own for every use and purpose, once each. */
function createDerivation(key: Buffer): Derive {
  if (key.length !== KEY_BYTES) throw new Error(`a data key has ${KEY_BYTES} bytes`)
  const derived = new Map<string, Buffer>()
  return (use, purpose) => {
    const info = `soulseer ${use} ${purpose}`
    let known = derived.get(info)
    if (known === undefined) {
      known = Buffer.from(hkdfSync('sha256', key, '', info, KEY_BYTES))
      derived.set(info, known)
    }
    return known
  }
}

/** Returns nonce, ciphertext and tag. */
function seal(key: Buffer, context: string, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Returns what {@link seal} was given; undefined for another key, another context or damage. */
function open(key: Buffer, context: string, sealed: Buffer): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}
