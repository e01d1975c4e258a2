/** Tests that the lines of every receipt multiply out. */
import { expect, it } from 'vitest'
import { receiptLines } from '../../../../browser/history/receipt.ts'
import { billedBy, formatBilledClock } from '../../../../browser/lib/billed-time.ts'
import { groupsOf, linesOf, stretchesOf } from '../../../../browser/session/summary/figures.ts'
import { type PartialMinute, type Settling, settle, type Terms } from '../../../../domain/billing.ts'
import {
  accept,
  end,
  pause,
  request,
  resume,
  type StartedSession,
  start,
  viewSession,
} from '../../../../domain/session.ts'
import { cents } from '../../../../shared/money.ts'
import type { SessionView } from '../../../../shared/protocol/session.ts'
import fc from '../../../support/properties.ts'
import { reckoned } from '../../../support/reckoned.ts'
import { sampleSize } from '../../../support/sample.ts'

const BEGAN = 1_000_000

interface Evening {
  rateCents: number
  feePercent: number
  partialMinute: PartialMinute
  fundsCents: number
  steps: { ms: number; how: 'tick' | 'pause' }[]
  lastMs: number
}

const evening: fc.Arbitrary<Evening> = fc.record({
  rateCents: fc.integer({ min: 1, max: 60_000 }),
  feePercent: fc.nat(100),
  partialMinute: fc.constantFrom('prorated', 'free', 'full'),
  fundsCents: fc.nat(200_000),
  steps: fc.array(
    fc.record({ ms: fc.nat(200_000), how: fc.constantFrom('tick' as const, 'pause' as const) }),
    { maxLength: 6 },
  ),
  lastMs: fc.nat(150_000),
})

/**
 * Returns a session as the engine would have it: charged at every step, and paused for ten seconds
 * after some.
 */
function live({ rateCents, feePercent, partialMinute, fundsCents, steps, lastMs }: Evening): SessionView {
  const terms: Terms = { intervalMs: 60_000, partialMinute, lowFundsCents: 200, feePercent, freeMs: 0 }
  const agreed = {
    id: 's',
    clientId: 'c',
    clientName: 'Ana',
    readerId: 'r',
    readerName: 'Mara',
    kind: 'chat' as const,
  }
  const asked = request({ ...agreed, rateCents: cents(rateCents), requestedAt: BEGAN - 9_000 })
  let session: StartedSession = start(accept(asked, BEGAN - 4_000), BEGAN, false)
  let funds = cents(fundsCents)
  let at = BEGAN
  const settleTo = (how: Settling): boolean => {
    const done = settle(session, at, funds, how, terms)
    session = done.session
    funds = done.spendableCents
    return done.ranDry
  }
  for (const { ms, how } of steps) {
    at += ms
    if (settleTo(how === 'tick' ? 'tick' : 'partial')) return viewSession(end(session, 'out_of_funds', at))
    if (how === 'tick' || session.status !== 'live') continue
    session = resume(pause(session, 'reader_connection', at), at + 10_000)
    at += 10_000
  }
  at += lastMs
  settleTo('hangup')
  return viewSession(end(session, 'client_ended', at))
}

/**
 * Checks that a person with a calculator gets each line's sum, and the total, from what the receipt
 * shows.
 */
function multipliesOut(session: SessionView): void {
  const parts = { session, balance: undefined, settings: { supportEmail: '' }, iAmReader: false }
  const {
    Calculation: said = '',
    Rate: rate = '',
    'Paid time': span = '',
  } = Object.fromEntries(receiptLines(parts))
  if (said !== 'all that could be spent') expect(reckoned(said)).toBe(session.chargedCents)
  if (!said.includes('rounded down')) return
  expect(byHand(rate, secondsIn(span))).toBe(session.chargedCents)
  for (const line of linesOf(session.charges)) {
    const [minutes, seconds] = formatBilledClock(billedBy(session, line)).split(':')
    expect(byHand(rate, (Number(minutes) * 60 + Number(seconds)) * 1000)).toBe(line.totalCents)
  }
}

/** Computes `"$4.99/min"` for so many milliseconds, rounded down to the cent. */
const byHand = (rate: string, ms: number): number =>
  Math.floor((Number(rate.replace(/[$./min]/g, '')) * Math.round(ms)) / 60_000)

const secondsIn = (span: string): number => {
  const [, minutes = '0'] = /(\d+) min/.exec(span) ?? []
  const [, seconds = '0'] = /([\d.]+) s/.exec(span) ?? []
  return (Number(minutes) * 60 + Number(seconds)) * 1000
}

it('of every session each line adds up to the total, which is the same for both people', () => {
  fc.assert(
    fc.property(evening, (one) => {
      const session = live(one)
      expect(linesOf(session.charges).at(-1)?.totalCents ?? 0).toBe(session.chargedCents)
      expect(groupsOf(session.charges).reduce((sum, { cents }) => sum + cents, 0)).toBe(session.chargedCents)
      expect(session.earnedCents).toBeLessThanOrEqual(session.chargedCents)
      const total = (iAmReader: boolean) => {
        const parts = { session, balance: undefined, settings: { supportEmail: '' }, iAmReader }
        return Object.fromEntries(receiptLines(parts))['Total charged']
      }
      expect(total(true)).toBe(total(false))
      multipliesOut(session)
      const stretches = stretchesOf(session)
      const wholeMs = (session.endedAt ?? 0) - session.requestedAt
      expect(stretches.reduce((sum, { ms }) => sum + ms, 0)).toBe(wholeMs)
    }),
    { numRuns: sampleSize(1_000, 10_000) },
  )
})
