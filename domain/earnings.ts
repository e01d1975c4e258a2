/** Adds up what a reader earned, day by day, in the calendar of the reader's own time zone. */
import type { EarningsDay } from '../shared/protocol/views.ts'
import { DAY_MS } from '../shared/time.ts'

/**
 * The parts of a session that count: when it ended (or now, while open), what it earned, and the
 * paid time.
 */
export interface Taken {
  readonly at: number
  readonly earnedCents: number
  readonly billedMs: number
}

/**
 * Returns a function that formats the day of an instant in an IANA zone (`2026-11-22`). Costly:
 * call it once a request.
 */
export function calendarOf(zone: string): (at: number) => string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, ...parts })
  return (at) => format.format(at)
}

export interface DayTotals {
  /** The last days up to today, oldest first; days without a session are included. */
  readonly days: EarningsDay[]
  /** Counts a session where it belongs to one of the days. */
  add(taken: Taken): void
}

/** Creates the totals of the last `count` days up to the one of `now`. */
export function dayTotals(zone: string, now: number, count: number): DayTotals {
  const dayOf = calendarOf(zone)
  const days = lastDays(dayOf(now), count).map((day) => ({ day, cents: 0, sessions: 0, paidMs: 0 }))
  const byDay = new Map(days.map((each) => [each.day, each]))
  return {
    days,
    add({ at, earnedCents, billedMs }) {
      const day = billedMs === 0 ? undefined : byDay.get(dayOf(at))
      if (!day) return
      day.cents += earnedCents
      day.sessions += 1
      day.paidMs += billedMs
    },
  }
}

/**
 * Returns the dates up to `today`, counted in UTC, so that a change to or from summer time loses or
 * doubles none.
 */
function lastDays(today: string, count: number): string[] {
  const last = Date.parse(`${today}T00:00:00Z`)
  return Array.from({ length: count }, (_, index) =>
    new Date(last - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  )
}
