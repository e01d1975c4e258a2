/** Tests what sessions cost, by the rules of docs/BILLING.md. */
import { describe, expect, it } from 'vitest'
import {
  clockView,
  meterMs,
  nextWake,
  owed,
  prompting,
  readerShare,
  runningBalance,
  type Settling,
  settle,
  type Terms,
  zeroMs,
} from '../../domain/billing.ts'
import { accept, type LiveSession, pause, request, resume, start } from '../../domain/session.ts'
import { type Cents, cents } from '../../shared/money.ts'
import fc from '../support/properties.ts'
import { sampleSize } from '../support/sample.ts'

const MINUTE = 60_000
const TERMS: Terms = {
  intervalMs: MINUTE,
  partialMinute: 'prorated',
  lowFundsCents: 200,
  feePercent: 0,
  freeMs: 0,
}
const START = 1_000_000

const live = (rateCents: number): LiveSession => {
  const agreed = {
    id: 's',
    clientId: 'c',
    clientName: 'Ana',
    readerId: 'r',
    readerName: 'Mara',
    kind: 'video' as const,
    rateCents: cents(rateCents),
    requestedAt: 0,
  }
  return start(accept(request(agreed), 1), START, false)
}

/** Returns the funds of a client without a limit. */
const all = (amount: number) => ({ balance: cents(amount), spendable: cents(amount) })

const settleAll = (
  rateCents: number,
  wallet: number,
  at: readonly number[],
  how: Settling,
  terms = TERMS,
) => {
  let session = live(rateCents)
  let left = cents(wallet)
  for (const [index, ms] of at.entries()) {
    const last = index === at.length - 1
    const settlement = settle(session, START + ms, left, last ? how : 'tick', terms)
    session = settlement.session
    left = settlement.spendableCents
    if (settlement.ranDry) break
  }
  return { session, left, cents: session.charges.map((charge) => charge.cents) }
}

describe('the formula', () => {
  it('[B1] charges connected time at the rate, rounded down to the cent', () => {
    expect(owed(cents(250), 150_000, MINUTE)).toBe(625)
    expect(owed(cents(250), 100, MINUTE)).toBe(0)
    expect(owed(cents(499), 59_999, MINUTE)).toBe(498)
  })

  it('[B2] comes to the same total for any pattern of late, early, repeated and missed settlements', () => {
    const howMany = fc.array(fc.tuple(fc.nat(600_000), fc.constantFrom<Settling>('tick', 'partial')), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.nat(600_000),
        fc.nat(1_000_000),
        howMany,
        (rate, end, wallet, wakes) => {
          let session = live(rate)
          let left = cents(wallet)
          for (const [ms, how] of wakes) {
            const settlement = settle(session, START + Math.min(ms, end), left, how, TERMS)
            session = settlement.session
            left = settlement.spendableCents
          }
          const settlement = settle(session, START + end, left, 'hangup', TERMS)
          const expected = Math.min(owed(cents(rate), end, MINUTE), wallet)
          expect(settlement.session.chargedCents).toBe(expected)
          expect(settlement.spendableCents).toBe(wallet - expected)
          expect(settlement.session.charges.reduce((sum, charge) => sum + charge.cents, 0)).toBe(expected)
        },
      ),
    )
  })

  it('[B2] never runs ahead of the time used, and never takes the wallet below zero', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.nat(50_000),
        fc.array(fc.nat(400_000)),
        (rate, wallet, wakes) => {
          let session = live(rate)
          let left = cents(wallet)
          for (const ms of wakes.sort((a, b) => a - b)) {
            const settlement = settle(session, START + ms, left, 'tick', TERMS)
            session = settlement.session
            left = settlement.spendableCents
            expect(session.chargedCents).toBeLessThanOrEqual(owed(cents(rate), ms, MINUTE))
            expect(left).toBeGreaterThanOrEqual(0)
          }
        },
      ),
    )
  })
})

describe('the minute', () => {
  it('[B3] charges exactly the rate for each whole minute, at the minute and not at the wake-up', () => {
    const { session } = settleAll(250, 10_000, [60_012, 120_700, 180_003], 'tick')
    expect(session.charges).toEqual([
      { minute: 1, billedMs: 60_000, cents: 250, at: START + 60_000 },
      { minute: 2, billedMs: 120_000, cents: 250, at: START + 120_000 },
      { minute: 3, billedMs: 180_000, cents: 250, at: START + 180_000 },
    ])
  })

  it('[B3] charges every minute that passed when it wakes late', () => {
    const { cents: charged } = settleAll(250, 10_000, [200_000], 'tick')
    expect(charged).toEqual([250, 250, 250])
  })

  it('[B4] a session hung up at 2:30 pays two and a half minutes', () => {
    expect(settleAll(250, 10_000, [60_000, 150_000], 'hangup').cents).toEqual([250, 250, 125])
  })

  it('[B4] with PARTIAL_MINUTE=free the unfinished minute costs nothing', () => {
    const free: Terms = { ...TERMS, partialMinute: 'free' }
    expect(settleAll(250, 10_000, [150_000], 'hangup', free).cents).toEqual([250, 250])
    expect(settleAll(250, 10_000, [59_999], 'cut', free).cents).toEqual([])
  })

  it('[B4] with PARTIAL_MINUTE=full it costs a whole one when a person hung up, and the time used when it was cut', () => {
    const full: Terms = { ...TERMS, partialMinute: 'full' }
    expect(settleAll(250, 10_000, [150_000], 'hangup', full).cents).toEqual([250, 250, 250])
    expect(settleAll(250, 10_000, [150_000], 'cut', full).cents).toEqual([250, 250, 125])
    expect(settleAll(250, 600, [120_000, 121_000], 'hangup', full).cents).toEqual([250, 250, 100])
  })

  it('[B4] the unfinished minute of a session that was paused is settled by the same rule', () => {
    const full: Terms = { ...TERMS, partialMinute: 'full' }
    const partial = settle(live(250), START + 90_000, cents(10_000), 'partial', full)
    expect(partial.session.chargedCents).toBe(250)
    const paused = pause(partial.session, 'client_left', START + 91_000)
    expect(settle(paused, START + 99_000, partial.spendableCents, 'hangup', full).session.chargedCents).toBe(
      500,
    )
    expect(settle(paused, START + 99_000, partial.spendableCents, 'cut', full).session.chargedCents).toBe(375)
  })
})

describe('running dry', () => {
  it('[B5] ends at the instant the money is gone, at exactly zero, however late the wake-up', () => {
    const settlement = settle(live(250), START + 500_000, cents(400), 'tick', TERMS)
    expect(settlement.ranDry).toBe(true)
    expect(settlement.spendableCents).toBe(0)
    expect(settlement.session.billedMs).toBe(96_000)
    expect(settlement.session.charges.map(({ cents, billedMs }) => [cents, billedMs])).toEqual([
      [250, 60_000],
      [150, 96_000],
    ])
  })

  it('[B5] leaves exactly nothing at every rate, and not a millisecond earlier', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 500_000 }),
        (rate, wallet) => {
          const zero = zeroMs(live(rate), cents(wallet), TERMS)
          expect(settle(live(rate), START + zero, cents(wallet), 'tick', TERMS).spendableCents).toBe(0)
          expect(
            settle(live(rate), START + zero - 1, cents(wallet), 'hangup', TERMS).spendableCents,
          ).toBeGreaterThan(0)
        },
      ),
      { numRuns: sampleSize(30, 1_000) }, // a full purse at a low rate is hundreds of thousands of minutes
    )
  })

  it('[B5] takes what is there and no more when a shortened minute makes a millisecond cost several cents', () => {
    const short: Terms = { ...TERMS, intervalMs: 1_000 }
    const settlement = settle(live(60_000), START + 60_000, cents(61), 'tick', short)
    expect(settlement.spendableCents).toBe(0)
    expect(settlement.session.chargedCents).toBe(61)
  })

  it('[B6] returns the running balance between charges', () => {
    expect(runningBalance(live(250), START + 30_000, all(300), TERMS)).toBe(175)
  })

  it('[B11] a top-up moves the instant of zero by what it added', () => {
    const { session, left } = settleAll(100, 200, [60_000], 'tick')
    expect(zeroMs(session, left, TERMS)).toBe(120_000)
    expect(zeroMs(session, cents(left + 500), TERMS)).toBe(420_000)
  })
})

describe('prompts', () => {
  const promptsOf = (rateCents: number, wallet: number, untilMs: number): number[] => {
    const prompts: number[] = []
    let session = live(rateCents)
    let left: Cents = cents(wallet)
    for (let ms = 0; ms <= untilMs; ms = Math.max(ms + 1, nextWake(session, all(left), TERMS) - START)) {
      const settlement = settle(session, START + ms, left, 'tick', TERMS)
      if (settlement.ranDry) break
      left = settlement.spendableCents
      const { prompted, due } = prompting(settlement.session, START + ms, all(left), TERMS)
      if (due) prompts.push(ms)
      session = { ...settlement.session, prompted }
    }
    return prompts
  }

  it('[B7] comes at $2.00 of running balance and under a minute of talk, each once', () => {
    expect(promptsOf(100, 500, 600_000)).toEqual([180_000, 240_001])
  })

  it('[B7] comes a minute before the end when $2.00 is less than a minute', () => {
    const zero = 120_241 // ceil(1000 · 60000 / 499)
    expect(promptsOf(499, 1_000, 600_000)).toEqual([zero - 60_000 + 1, 96_193])
  })

  it('[B7] comes at once when a session starts at or below the mark', () => {
    expect(promptsOf(100, 200, 600_000)[0]).toBe(0)
  })

  it('[B7] comes again after a top-up, and not before', () => {
    const settled = settle(live(100), START + 60_000, cents(300), 'tick', TERMS)
    const first = prompting(settled.session, START + 60_000, all(settled.spendableCents), TERMS)
    expect(first).toEqual({ due: true, prompted: { funds: true, minute: false } })
    const prompted = { ...settled.session, prompted: first.prompted }
    expect(prompting(prompted, START + 61_000, all(settled.spendableCents), TERMS).due).toBe(false)
    const topped = prompting(prompted, START + 61_000, all(1_200), TERMS)
    expect(topped).toEqual({ due: false, prompted: { funds: false, minute: false } })
  })
})

describe('pauses', () => {
  it('[B10] the meter stops while paused, and goes on where it was', () => {
    const settled = settle(live(300), START + 80_000, cents(10_000), 'partial', TERMS)
    const paused = pause(settled.session, 'reader_connection', START + 85_000)
    expect(paused.pauses).toEqual([{ from: START + 80_000, cause: 'reader_connection' }])
    expect(meterMs(paused, START + 119_000, settled.spendableCents, TERMS)).toBe(80_000)
    const resumed = resume(paused, START + 120_000)
    const ended = settle(resumed, START + 160_000, settled.spendableCents, 'hangup', TERMS)
    expect(ended.session.billedMs).toBe(120_000)
    expect(ended.session.chargedCents).toBe(600)
    expect(resumed.pauses).toEqual([
      { from: START + 80_000, to: START + 120_000, cause: 'reader_connection' },
    ])
  })

  it('[B10] goes back to the last good moment, but never takes back a charged minute', () => {
    const charged = settle(live(300), START + 61_000, cents(10_000), 'tick', TERMS)
    const back = settle(charged.session, START + 55_000, charged.spendableCents, 'partial', TERMS)
    expect(back.session.billedMs).toBe(60_000)
    expect(back.steps).toEqual([])
  })
})

describe('the platform’s share', () => {
  it('[B9] is rounded in the reader’s favour over the whole session, and loses no cent', () => {
    expect(readerShare(cents(625), 15)).toBe(532)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.nat(100),
        fc.array(fc.nat(500_000)),
        fc.nat(100),
        (rate, feePercent, wakes, later) => {
          let session: LiveSession = { ...live(rate), feePercent }
          let left = cents(10_000_000)
          let toReader = 0
          for (const [n, ms] of wakes.entries()) {
            // Whatever the operator asks meanwhile.
            const terms: Terms = { ...TERMS, feePercent: n % 2 === 0 ? feePercent : later }
            const settlement = settle(session, START + ms, left, 'partial', terms)
            for (const step of settlement.steps) {
              expect(step.readerCents).toBeGreaterThanOrEqual(0)
              expect(step.readerCents).toBeLessThanOrEqual(step.charge.cents)
              toReader += step.readerCents
            }
            session = settlement.session
            left = settlement.spendableCents
          }
          expect(session.earnedCents).toBe(toReader)
          expect(session.earnedCents).toBe(readerShare(session.chargedCents, feePercent))
        },
      ),
    )
  })

  it('[B9] takes nothing back in a session that began before its share was written down', () => {
    const first = settle(live(600), START + 60_000, cents(10_000), 'tick', TERMS)
    const later = settle(first.session, START + 120_000, cents(9_400), 'tick', { ...TERMS, feePercent: 50 })
    expect(first.session.earnedCents).toBe(600)
    expect(later.session.earnedCents).toBe(600)
    expect(later.steps.map(({ readerCents }) => readerCents)).toEqual([0])
  })
})

describe('free seconds', () => {
  const kind: Terms = { ...TERMS, freeMs: 15_000 }
  const courteous = (): LiveSession => ({ ...live(250), courtesy: true })

  it('[B13] a session that ends sooner after connecting is free, whoever ends it and however often it paused', () => {
    for (const how of ['hangup', 'cut'] as const) {
      expect(settle(courteous(), START + 14_999, cents(1_000), how, kind).session.chargedCents).toBe(0)
    }
    const settled = settle(courteous(), START + 10_000, cents(1_000), 'partial', kind)
    expect(settled.session).toMatchObject({ billedMs: 10_000, chargedCents: 0 })
  })

  it('[B13] from the end of the free seconds on it costs all the time used', () => {
    const settled = settle(courteous(), START + 10_000, cents(1_000), 'partial', kind)
    const ended = settle(settled.session, START + 15_000, settled.spendableCents, 'hangup', kind)
    expect(ended.session.chargedCents).toBe(62)
    expect(settle(live(250), START + 14_999, cents(1_000), 'hangup', kind).session.chargedCents).toBe(62)
  })
})

describe('the clock on the wire', () => {
  it('the clock says how long the money lasts', () => {
    const view = clockView(live(250), START + 30_000, all(500), TERMS)
    expect(view).toEqual({
      sessionId: 's',
      running: true,
      billedMs: 30_000,
      chargedCents: 0,
      secondsLeft: 90,
      balanceCents: 500,
    })
  })
})
