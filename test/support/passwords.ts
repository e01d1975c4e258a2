/** Hashes passwords at a cost that tests can afford. */
import { systemClock } from '../../adapters/system/clock.ts'
import { createPasswords } from '../../adapters/system/passwords.ts'
import type { Passwords } from '../../engine/ports.ts'

const commonPasswords = new URL('../../adapters/system/common-passwords.txt', import.meta.url)

/** Returns the real passwords, at a cost that tests can afford. */
export const passwordsAt = (cost: number) => createPasswords({ cost, clock: systemClock(), commonPasswords })

/** Passwords that are their own hashes, each as good as any. */
export const plainPasswords: Passwords = {
  hash: async (password) => password,
  verify: async (password, hash) => password === hash,
  isStale: () => false,
  isCommon: () => false,
}
