/** Names spans of time in milliseconds, and says how old an instant is. */
export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/**
 * Returns the age of an instant on record, in milliseconds. One that lies ahead, because the wall
 * clock was set back over a restart, counts as that old: what is long ahead is no more recent than
 * what is long past, and must not count as recent until then.
 */
export function ageOf(instant: number, now: number): number {
  return Math.abs(now - instant)
}
