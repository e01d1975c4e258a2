import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import { Refusal } from '../domain/errors.ts'
import type { Passwords } from '../engine/ports.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'

const AT_ONCE = 2 // bcrypt and the journal's syncs share Node's four pool threads
const MAX_WAITING = 20
const BCRYPT_READS_BYTES = 72

/** bcrypt at the given cost, a few at a time, so that a flood of log-ins never delays a charge. */
export function createPasswords({ cost }: { cost: number }): Required<Passwords> {
  const takeTurn = createTurns()
  const nobody = bcrypt.hashSync('nobody has this password', cost)

  return {
    hash: (password) => takeTurn(() => bcrypt.hash(prepare(password), cost)),
    verify: (password, hash) =>
      takeTurn(async () => {
        const fits = await bcrypt.compare(prepare(password), hash ?? nobody)
        return fits && hash !== undefined
      }),
    isStale: (hash) => bcrypt.getRounds(hash) < cost,
    isCommon: (password) => COMMON_PASSWORDS.has(password.toLowerCase()),
  }
}

/**
 * bcrypt reads 72 bytes and ignores the rest, so a longer password is condensed first (OWASP, Password Storage Cheat
 * Sheet). The key only sets these digests apart from anybody else's.
 */
function prepare(password: string): string {
  const text = password.normalize('NFC')
  if (Buffer.byteLength(text) <= BCRYPT_READS_BYTES) return text
  return createHmac('sha384', 'soulseer long password').update(text).digest('base64')
}

function createTurns() {
  let running = 0
  const waiting: (() => void)[] = []

  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MAX_WAITING) {
        throw new Refusal('busy', 'Many people are logging in right now. Try again in a few seconds.', {
          retryAfterSeconds: 5,
        })
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
