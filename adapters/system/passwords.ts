/** Hashes and checks passwords with bcrypt. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import bcrypt from 'bcrypt'
import type { Clock, Passwords } from '../../engine/ports.ts'
import { createTurns } from './work-queue.ts'

const BCRYPT_READS_BYTES = 72

/**
 * Creates bcrypt at the given cost, a few at a time, so that a flood of log-ins never delays a
 * charge. Throws when the list of common passwords cannot be read.
 */
export function createPasswords({
  cost,
  clock,
  commonPasswords,
}: {
  cost: number
  clock: Clock
  /**
   * Path of `common-passwords.txt`, the 4000 passwords of eight or more characters that people
   * choose most, in lower case. From the frequency list of @zxcvbn-ts/language-common 4.1.3 (MIT).
   */
  commonPasswords: URL
}): Passwords {
  const common = new Set(readFileSync(commonPasswords, 'utf8').split(/\s+/))
  const takeTurn = createTurns(clock)
  const nobody = bcrypt.hashSync('nobody has this password', cost)

  return {
    hash: (password, caller) => takeTurn(caller, () => bcrypt.hash(prepare(password), cost)),
    verify: (password, hash, caller) =>
      takeTurn(caller, async () => {
        const fits = await bcrypt.compare(prepare(password), hash ?? nobody)
        return fits && hash !== undefined
      }),
    isStale: (hash) => bcrypt.getRounds(hash) < cost,
    isCommon: (password) => common.has(password.toLowerCase()),
  }
}

/**
 * Condenses a long password, since bcrypt reads 72 bytes and ignores the rest (OWASP, Password
 * Storage Cheat Sheet). The key only makes these digests ours alone.
 */
function prepare(password: string): string {
  const text = password.normalize('NFC')
  if (Buffer.byteLength(text) <= BCRYPT_READS_BYTES) return text
  return createHmac('sha384', 'soulseer long password').update(text).digest('base64')
}
