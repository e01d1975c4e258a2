import { createPasswords } from '../../adapters/passwords.ts'

const commonPasswords = new URL('../../adapters/common-passwords.txt', import.meta.url)

/** The real passwords, at a cost that tests can afford. */
export const passwordsAt = (cost: number) => createPasswords({ cost, commonPasswords })
