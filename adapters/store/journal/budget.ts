/** Bounds how many bytes of the journal one account may have written in a day. */
import { Refusal } from '../../../domain/errors.ts'
import { DAY_MS } from '../../../shared/time.ts'

/**
 * Enough for 130 changes of a whole profile or 700 requests to readers; then as much again, evenly,
 * in a day.
 */
export const DAILY_JOURNAL_BYTES = 256 * 1024

// some 5 MB; the one that has changed nothing for longest is forgotten first
const MOST_ACCOUNTS = 50_000

export interface JournalBudget {
  /** Takes the bytes of one change from the account's budget. Throws the refusal `rate_limited`. */
  take(accountId: string, bytes: number, now: number): void
}

/** Creates the budgets, each kept as the instant at which it is whole again. */
export function createJournalBudget(dailyBytes: number): JournalBudget {
  const wholeAt = new Map<string, number>()

  function remember(accountId: string, at: number, now: number): void {
    wholeAt.delete(accountId)
    wholeAt.set(accountId, at)
    for (const [oldest, whole] of wholeAt) {
      if (whole > now && wholeAt.size <= MOST_ACCOUNTS) return
      wholeAt.delete(oldest)
    }
  }

  return {
    take(accountId, bytes, now) {
      // A change that is larger than the budget takes all of it.
      const cost = Math.min(bytes / dailyBytes, 1) * DAY_MS
      const whole = Math.max(now, wholeAt.get(accountId) ?? 0) + cost
      const waitMs = whole - now - DAY_MS
      if (waitMs > 0) throw tooMuch(waitMs)
      remember(accountId, whole, now)
    },
  }
}

function tooMuch(waitMs: number): Refusal {
  return new Refusal('rate_limited', 'You have made too many changes today. Try again in a few minutes.', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  })
}
