/**
 * Keeps the name of one attempt to pay before anything is sent, so that a retry can never pay
 * twice.
 */

const PLACE = 'soulseer.top-up'
/** An attempt this old that has ended since is not the one that is wanted now. */
const OLD_MS = 2 * 60_000

interface Attempt {
  key: string
  userId: string
  amountCents: number
  /** Names how it is paid: two ways are two attempts. */
  way: string
  startedAt: number
}

export interface Attempts {
  /**
   * Returns the key of the attempt under way, or of a new one when the person, the amount or the
   * way to pay differs.
   */
  keyFor(userId: string, amountCents: number, way?: string): string
  /** Says whether the attempt under way started long ago. */
  isOld(): boolean
  /** Ends the attempt: the next one is a new payment. */
  finish(): void
}

/**
 * Creates attempts kept in the browser's `storage`, which all its tabs share and which outlives a
 * reload of the page.
 */
export function createAttempts(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  now: () => number = Date.now,
): Attempts {
  const kept = () => read(storage.getItem(PLACE))
  return {
    isOld: () => now() - (kept()?.startedAt ?? 0) > OLD_MS,
    keyFor(userId, amountCents, way = '') {
      const last = kept()
      if (last?.userId === userId && last.amountCents === amountCents && last.way === way) return last.key
      const attempt: Attempt = { key: newKey(), userId, amountCents, way, startedAt: now() }
      storage.setItem(PLACE, JSON.stringify(attempt))
      return attempt.key
    },
    finish: () => storage.removeItem(PLACE),
  }
}

function read(text: string | null): (Partial<Attempt> & { key: string }) | undefined {
  try {
    const kept = JSON.parse(text ?? 'null') as Partial<Attempt> | null
    return typeof kept?.key === 'string' ? { ...kept, key: kept.key } : undefined
  } catch {
    return undefined
  }
}

// randomUUID is missing where a page is not served securely, as on a phone in the developer's own
// network.
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
