/** The name of one attempt to pay: it is kept before anything is sent, so that a retry can never pay twice. */

const PLACE = 'soulseer.top-up'

interface Attempt {
  key: string
  userId: string
  amountCents: number
}

export interface Attempts {
  /** The key of the attempt under way, or of a new one when the person or the amount is another. */
  keyFor(userId: string, amountCents: number): string
  /** The attempt is over: the next one is a new payment. */
  finish(): void
}

/** Attempts kept in this tab's `storage`, which outlives a reload of the page. */
export function createAttempts(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): Attempts {
  return {
    keyFor(userId, amountCents) {
      const kept = read(storage.getItem(PLACE))
      if (kept?.userId === userId && kept.amountCents === amountCents) return kept.key
      const attempt: Attempt = { key: newKey(), userId, amountCents }
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

// randomUUID is missing where a page is not served securely, as on a phone in the developer's own network.
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
