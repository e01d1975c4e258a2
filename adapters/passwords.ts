import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import type { Passwords } from '../engine/ports.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'
import { createTurns } from './turns.ts'

const BCRYPT_READS_BYTES = 72

/** bcrypt at the given cost, a few at a time, so that a flood of log-ins never delays a charge. */
export function createPasswords({ cost }: { cost: number }): Required<Passwords> {
  const takeTurn = createTurns()
  const nobody = bcrypt.hashSync('nobody has this password', cost)

  return {
    hash: (password, caller) => takeTurn(caller, () => bcrypt.hash(prepare(password), cost)),
    verify: (password, hash, caller) =>
      takeTurn(caller, async () => {
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
