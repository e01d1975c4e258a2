/**
 * Keeps a client's limit per session in this browser, for this person; the server keeps it for each
 * session.
 */
import { type KeyStorage, storageOrMemory } from '../lib/page-storage.ts'

const keyOf = (userId: string) => `soulseer.session-limit.${userId}`

/** Creates the storage, which all tabs share; where the browser keeps nothing, it is this page's. */
export const limitStorage = (): KeyStorage => storageOrMemory(() => localStorage)

/** Returns the limit in cents; undefined for none. */
export function keptSessionLimit(userId: string, storage = limitStorage()): number | undefined {
  const kept = Number(storage.getItem(keyOf(userId)))
  return Number.isSafeInteger(kept) && kept > 0 ? kept : undefined
}

export function keepSessionLimit(
  userId: string,
  limitCents: number | undefined,
  storage = limitStorage(),
): void {
  if (limitCents === undefined) storage.removeItem(keyOf(userId))
  else storage.setItem(keyOf(userId), String(limitCents))
}
