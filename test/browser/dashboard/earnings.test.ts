/** Tests the earnings on a reader's dashboard. */
import { describe, expect, it } from 'vitest'
import { sayDay, sayWeek } from '../../../browser/dashboard/earnings-messages.ts'
import { roundUp } from '../../../browser/dashboard/nice-scale.ts'
import type { EarningsView } from '../../../shared/protocol/views.ts'
import fc from '../../support/properties.ts'

const view: EarningsView = {
  totalCents: 90_000,
  todayCents: 0,
  weekCents: 8_420,
  weekBeforeCents: 7_210,
  days: [],
  zone: 'UTC',
}

describe('earnings in words', () => {
  it.each([
    [8_420, 7_210, '$84.20 in the last 7 days, up $12.10.'],
    [7_210, 8_420, '$72.10 in the last 7 days, down $12.10.'],
    [500, 500, '$5.00 in the last 7 days, the same as in the 7 before.'],
  ])('%i cents after %i', (weekCents, weekBeforeCents, words) => {
    expect(sayWeek({ ...view, weekCents, weekBeforeCents })).toBe(words)
  })

  it('names a day by the calendar, wherever the browser is', () => {
    const day = { day: '2026-11-22', cents: 1_250, sessions: 2, paidMs: 300_000 }
    expect(sayDay(day)).toBe('Sun, Nov 22: $12.50 in 2 sessions')
    expect(sayDay({ ...day, sessions: 1 })).toMatch(/1 session$/)
    expect(sayDay({ ...day, cents: 0, sessions: 0 })).toBe('Sun, Nov 22: no sessions')
  })
})

it('a chart ends at a round amount at or above its highest bar', () => {
  expect([0, 1, 32, 99, 250, 251, 12_000].map(roundUp)).toEqual([0, 1, 50, 100, 250, 500, 20_000])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (cents) => {
      expect(roundUp(cents)).toBeGreaterThanOrEqual(cents)
      expect(roundUp(cents)).toBeLessThanOrEqual(cents * 2.5)
    }),
  )
})
