/** Signs, wraps and derives under the keys of the setting DATA_KEY. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { DataKey } from '../../engine/ports.ts'
import { KEY_BYTES, open, seal } from './sealed-box.ts'

const FINGERPRINT_BYTES = 6

/** The keys with a name for each, which says nothing about it. */
export interface DataKeys extends DataKey {
  /** In the order of the keys. */
  readonly fingerprints: readonly string[]
}

/** Returns the keys as one: the first signs, wraps and derives, all of them check and unwrap. */
export function createDataKey(keys: readonly Buffer[]): DataKeys {
  const derivations = keys.map(createDerivation)
  const [first] = derivations
  if (first === undefined) throw new Error('a data key needs at least one key')

  const signature = (derive: Derive, purpose: string, text: string) =>
    createHmac('sha256', derive('sign', purpose)).update(text).digest()

  return {
    fingerprints: derivations.map((derive) =>
      derive('fingerprint', '').toString('hex', 0, FINGERPRINT_BYTES),
    ),
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

type Derive = (use: 'sign' | 'wrap' | 'derive' | 'fingerprint', purpose: string) => Buffer

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
