/**
 * Keeps a client's limit per session in this browser, for this person; the server keeps it for each
 * session.
 */

const keyOf = (userId: string) => `soulseer.session-limit.${userId}`

/** Returns the limit in cents; undefined for none. */
export function keptSessionLimit(userId: string): number | undefined {
  try {
    const kept = Number(localStorage.getItem(keyOf(userId)))
    return Number.isSafeInteger(kept) && kept > 0 ? kept : undefined
  } catch {
    return undefined
  }
}

export function keepSessionLimit(userId: string, limitCents: number | undefined): void {
  try {
    if (limitCents === undefined) localStorage.removeItem(keyOf(userId))
    else localStorage.setItem(keyOf(userId), String(limitCents))
  } catch {
    // The limit holds until the page is left, even if the browser keeps nothing.
  }
}
