/** Tests the billed time on receipts. */
import { describe, expect, it } from 'vitest'
import { billedSeconds, sayCalculation } from '../../shared/billed-time.ts'
import fc from '../support/properties.ts'
import { reckoned } from '../support/reckoned.ts'

const MINUTE = 60_000
const owed = (rateCents: number, billedMs: number) => Math.floor((rateCents * billedMs) / MINUTE)
const session = (rateCents: number, billedMs: number, chargedCents = owed(rateCents, billedMs)) => ({
  rateCents,
  billedMs,
  chargedCents,
})

describe('the time that was billed', () => {
  it.each([
    [499, 214_937, '214.9'],
    [499, 214_900, '214.9'],
    [250, 150_000, '150'],
    [250, 150_004, '150.0'],
    [250, 0, '0'],
    [60_000, 1_234, '1.234'],
    [6_000, 1_234, '1.23'],
    [1, 999, '0.9'],
  ])('at %d cents a minute, %d ms, is written as %s s', (rateCents, billedMs, seconds) => {
    expect(billedSeconds(session(rateCents, billedMs))).toBe(seconds)
  })

  it('as it is written multiplies out to the charge, at every rate and after every time', () => {
    const rate = fc.integer({ min: 1, max: 60_000 })
    const time = fc.oneof(fc.nat(600_000), fc.nat(12 * 60 * MINUTE))
    fc.assert(
      fc.property(rate, time, (rateCents, billedMs) => {
        const one = session(rateCents, billedMs)
        expect(reckoned(sayCalculation(one))).toBe(one.chargedCents)
        expect(sayCalculation(one)).toContain('rounded down to the cent')
      }),
      { numRuns: 2_000 },
    )
  })

  it('is divided by the length of a minute where that is another', () => {
    const one = { ...session(250, 9_900, 412), intervalMs: 6_000 }
    expect(sayCalculation(one)).toBe('9.9 s ÷ 6 s × $2.50, rounded down to the cent')
  })
})

describe('a charge that is not rate times time', () => {
  it('says that minutes are paid as they begin', () => {
    expect(sayCalculation(session(250, 150_000, 750))).toBe('3 minutes started × $2.50')
    expect(sayCalculation(session(250, 5_000, 250))).toBe('1 minute started × $2.50')
  })

  it('says that the unfinished minute is free', () => {
    expect(sayCalculation(session(250, 150_000, 500))).toBe('2 whole minutes × $2.50')
  })

  it('says that a short session is free', () => {
    expect(sayCalculation(session(250, 14_000, 0))).toBe('not charged: it was too short')
  })

  it('says that there was no more', () => {
    expect(sayCalculation(session(250, 150_000, 700))).toBe('all that could be spent')
  })
})
