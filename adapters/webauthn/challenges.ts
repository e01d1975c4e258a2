/** Makes the challenges that passkeys sign: each counts once, for a few minutes, for one purpose. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../../domain/errors.ts'
import { MINUTE_MS } from '../../shared/time.ts'

export interface Challenges {
  /** Returns a new challenge for `purpose`, in base64url. */
  make(purpose: string): string
  /** Checks whether we made it for `purpose`, lately, and it has not been used. */
  isOpen(purpose: string, challenge: string): boolean
  /** Uses it up; returns false where it has been used already. Throws the refusal `busy`. */
  use(challenge: string): boolean
}

export const CHALLENGE_MS = 5 * MINUTE_MS

const NONCE_BYTES = 16
const INSTANT_BYTES = 8
const MOST_USED = 100_000

/**
 * Creates the challenges. Nothing is kept of one that was made, so strangers who ask for many fill
 * nothing: it carries its own end and a signature over its purpose. Only those that a passkey of
 * ours has signed are remembered, until they lapse. The key lasts as long as this process: after a
 * restart none of the earlier ones counts, so none counts twice.
 */
export function createChallenges(now: () => number): Challenges {
  const key = randomBytes(32)
  const used = new Map<string, number>()

  const sign = (purpose: string, head: Buffer) =>
    createHmac('sha256', key).update(head).update(purpose).digest()

  const forgetLapsed = (): void => {
    for (const [challenge, forgetAt] of used) {
      if (forgetAt > now()) return
      used.delete(challenge)
    }
  }

  return {
    make(purpose) {
      const head = randomBytes(NONCE_BYTES + INSTANT_BYTES)
      head.writeDoubleBE(now() + CHALLENGE_MS, NONCE_BYTES)
      return Buffer.concat([head, sign(purpose, head)]).toString('base64url')
    },

    isOpen(purpose, challenge) {
      const bytes = Buffer.from(challenge, 'base64url')
      const head = bytes.subarray(0, NONCE_BYTES + INSTANT_BYTES)
      const signature = bytes.subarray(NONCE_BYTES + INSTANT_BYTES)
      const expected = sign(purpose, head)
      if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return false
      return head.readDoubleBE(NONCE_BYTES) > now() && !used.has(bytes.toString('base64url'))
    },

    use(challenge) {
      const known = Buffer.from(challenge, 'base64url').toString('base64url') // in its one spelling
      forgetLapsed()
      if (used.has(known)) return false
      if (used.size >= MOST_USED) throw new Refusal('busy', 'Too many passkeys are in use. Try again soon.')
      used.set(known, now() + CHALLENGE_MS)
      return true
    },
  }
}
