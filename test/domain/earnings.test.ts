/** Tests the sums of a reader's earnings. */
import { describe, expect, it, vi } from 'vitest'
import { calendarOf, dayTotals, type Taken } from '../../domain/earnings.ts'

const at = (iso: string) => Date.parse(iso)
const session = (iso: string, earnedCents = 500): Taken => ({ at: at(iso), earnedCents, billedMs: 60_000 })

const byDay = (taken: readonly Taken[], zone: string, now: number, count: number) => {
  const totals = dayTotals(zone, now, count)
  for (const each of taken) totals.add(each)
  return totals.days
}

describe('what was earned day by day', () => {
  it('is named in the calendar of the zone', () => {
    const late = at('2026-11-22T03:30:00Z')
    expect(calendarOf('UTC')(late)).toBe('2026-11-22')
    expect(calendarOf('America/New_York')(late)).toBe('2026-11-21')
    expect(calendarOf('Asia/Tokyo')(late)).toBe('2026-11-22')
  })

  it('has every day, the empty ones too, the oldest first', () => {
    const days = byDay([session('2026-11-20T10:00:00Z')], 'UTC', at('2026-11-22T12:00:00Z'), 4)
    expect(days.map(({ day, cents, sessions }) => [day, cents, sessions])).toEqual([
      ['2026-11-19', 0, 0],
      ['2026-11-20', 500, 1],
      ['2026-11-21', 0, 0],
      ['2026-11-22', 0, 0],
    ])
  })

  it('sums the sessions of a day, and leaves out what is older and what had no connected time', () => {
    const missed: Taken = { at: at('2026-11-22T09:00:00Z'), earnedCents: 0, billedMs: 0 }
    const taken = [
      session('2026-11-22T01:00:00Z'),
      session('2026-11-22T23:59:00Z', 250),
      session('2026-10-01T10:00:00Z'),
      missed,
    ]
    const days = byDay(taken, 'UTC', at('2026-11-22T23:59:30Z'), 2)
    expect(days.at(-1)).toEqual({ day: '2026-11-22', cents: 750, sessions: 2, paidMs: 120_000 })
    expect(days[0]?.sessions).toBe(0)
  })

  it.each(['2026-03-09T12:00:00Z', '2026-11-02T12:00:00Z'])(
    'neither loses nor doubles a day where the clock was changed (%s)',
    (now) => {
      const days = byDay([], 'America/New_York', at(now), 30).map(({ day }) => day)
      expect(new Set(days).size).toBe(30)
      expect(days).toEqual([...days].sort())
    },
  )

  it('takes one formatter, which is costly to make, however many sessions there are', () => {
    let made = 0
    const counted = class extends Intl.DateTimeFormat {
      constructor(...how: ConstructorParameters<typeof Intl.DateTimeFormat>) {
        super(...how)
        made += 1
      }
    }
    vi.stubGlobal('Intl', { DateTimeFormat: counted })
    const many = Array.from({ length: 2_500 }, () => session('2026-11-22T01:00:00Z'))
    const days = byDay(many, 'America/New_York', at('2026-11-22T12:00:00Z'), 30)
    vi.unstubAllGlobals()
    expect(days.at(-2)?.sessions).toBe(2_500)
    expect(made).toBe(1)
  })
})
