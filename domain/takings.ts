/** What a reader earned, day by day, in the calendar of the reader's own time zone. */
import type { EarningsDay } from '../shared/protocol.ts'

/** What counts of a session: when it ended (or stands now), what it earned, and the time that was paid for. */
export interface Taken {
  readonly at: number
  readonly earnedCents: number
  readonly billedMs: number
}

/** `2026-11-22`: the day of an instant by the calendar of an IANA zone. */
export function dayIn(zone: string, at: number): string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, ...parts }).format(at)
}

/** The last `count` days up to the one of `now`, the oldest first; days without a session are there too. */
export function byDay(taken: Iterable<Taken>, zone: string, now: number, count: number): EarningsDay[] {
  const days = new Map(
    lastDays(dayIn(zone, now), count).map((day) => [day, { day, cents: 0, sessions: 0, paidMs: 0 }]),
  )
  for (const { at, earnedCents, billedMs } of taken) {
    const day = days.get(dayIn(zone, at))
    if (!day || billedMs === 0) continue
    day.cents += earnedCents
    day.sessions += 1
    day.paidMs += billedMs
  }
  return [...days.values()]
}

/** Days of the calendar have no hours: counted in a zone without changes of the clock, none is lost or doubled. */
function lastDays(today: string, count: number): string[] {
  const last = Date.parse(`${today}T00:00:00Z`)
  return Array.from({ length: count }, (_, index) =>
    new Date(last - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  )
}

const DAY_MS = 24 * 60 * 60 * 1000
