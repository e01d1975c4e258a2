/** Tests the placing of two pages' proofs on one clock. */
import { describe, expect, it } from 'vitest'
import {
  type Account,
  billable,
  commonSpans,
  hear,
  newAccount,
  provenUntil,
  type Readings,
  takeWord,
} from '../../domain/proof.ts'
import fc from '../support/properties.ts'

const START = 1_700_000_000_000
const EVERY = 3_333

/** Returns a page whose clock showed `reads` at START and runs at `rate`. */
const clockOf = (reads: number, rate = 1) => ({
  at: (instant: number): number => Math.round(reads + (instant - START) * rate),
})

/**
 * Returns the proof of a page that has received without a gap since `since` until now, or until
 * `until`.
 */
const beatOf = (
  clock: ReturnType<typeof clockOf>,
  sentAt: number,
  since = START,
  until = sentAt,
): Readings => ({
  now: clock.at(sentAt),
  heardAt: clock.at(until),
  heardSince: clock.at(since),
})

interface Beat {
  readonly sentAt: number
  readonly delayMs?: number
  readonly since?: number
  readonly until?: number
}

const told = (
  clock: ReturnType<typeof clockOf>,
  beats: readonly Beat[],
  account = newAccount(START),
): Account =>
  [...beats]
    .sort((one, other) => one.sentAt + (one.delayMs ?? 0) - other.sentAt - (other.delayMs ?? 0))
    .reduce(
      (before, { sentAt, delayMs = 0, since, until }) =>
        hear(before, beatOf(clock, sentAt, since, until), sentAt + delayMs),
      account,
    )

const steady = (count: number, more: Partial<Beat> = {}): Beat[] =>
  [...Array(count).keys()].map((n) => ({ sentAt: START + n * EVERY, ...more }))

const relative = ({ spans }: Account) => spans.map(({ from, until }) => [from - START, until - START])

describe('[B18] a beat is placed on the server’s clock', () => {
  it('and one that repeats an earlier stretch breaks nothing', () => {
    const clock = clockOf(5_000)
    const first = { since: START, until: START + 2_000 }
    const account = told(clock, [
      { sentAt: START + 5_000, ...first },
      { sentAt: START + 5_001, since: START + 4_000 },
      { sentAt: START + 6_000, ...first },
      { sentAt: START + 6_001, since: START + 4_000 },
    ])
    expect(relative(account)).toEqual([
      [0, 2_000],
      [4_000, 6_001],
    ])
  })

  it('wherever the page’s own clock starts', () => {
    expect(relative(told(clockOf(5), steady(4)))).toEqual([[0, 3 * EVERY]])
    expect(relative(told(clockOf(987_654), steady(4)))).toEqual([[0, 3 * EVERY]])
  })

  it('and proves nothing before the page took its seat, or before it received anything', () => {
    expect(relative(told(clockOf(70_000), [{ sentAt: START + 500, since: START - 60_000 }]))).toEqual([
      [0, 500],
    ])
    expect(hear(newAccount(START), { now: 12 }, START + 40).spans).toEqual([])
  })

  it('and a late one credits no delay', () => {
    const beats = [...steady(3), { sentAt: START + 3 * EVERY, delayMs: 4_000 }]
    expect(relative(told(clockOf(0), beats))).toEqual([[0, 3 * EVERY]])
  })

  it('and a first one that was late is corrected by the next', () => {
    const late = { sentAt: START + EVERY, delayMs: 3_000 }
    const next = { sentAt: START + 2 * EVERY, until: START + EVERY }
    expect(told(clockOf(0), [late, next]).spans.at(-1)?.until).toBe(START + EVERY)
  })

  it.each([1_000, EVERY])(
    'and a bunch of them that was held up for 20 s, one every %s ms, leaves no gap',
    (every) => {
      const held = [...Array(Math.floor(20_000 / every)).keys()].map((n) => START + 3 * EVERY + n * every)
      const beats = held.map((sentAt) => ({ sentAt, delayMs: START + 30_000 - sentAt }))
      const account = told(clockOf(0), [...steady(3), ...beats, { sentAt: START + 31_000 }])
      expect(relative(account)).toEqual([[0, 31_000]])
    },
  )

  it.each([1, 82, 400])('and neither does one in which each comes twice, %s ms apart', (apart) => {
    const held = [...Array(18).keys()].flatMap((n) => {
      const sentAt = START + 3 * EVERY + n * 1_000
      return [sentAt, sentAt + apart]
    })
    // Read one after the other, a millisecond each.
    const beats = held.map((sentAt, n) => ({ sentAt, delayMs: START + 30_000 + n - sentAt }))
    const account = told(clockOf(0), [...steady(3), ...beats, { sentAt: START + 31_000 }])
    expect(relative(account)).toEqual([[0, 31_000]])
  })

  it('and neither does one that comes in more and more slowly', () => {
    const held = [...Array(18).keys()].map((n) => START + 3 * EVERY + n * 1_000)
    const beats = held.map((sentAt, n) => ({ sentAt, delayMs: START + 29_000 + n * n * 5 - sentAt }))
    const last = { sentAt: START + 28_000, delayMs: 3_300 }
    const account = told(clockOf(0), [...steady(3), ...beats, last, { sentAt: START + 33_000 }])
    expect(relative(account)).toEqual([[0, 33_000]])
  })

  it('and one that comes twice, or after a later one, adds nothing', () => {
    const clock = clockOf(0)
    const once = told(clock, steady(4))
    expect(hear(once, beatOf(clock, START + 3 * EVERY), START + 3 * EVERY + 900)).toBe(once)
    expect(hear(once, beatOf(clock, START + 2 * EVERY), START + 4 * EVERY)).toBe(once)
    const reordered = told(clock, [
      ...steady(3),
      { sentAt: START + 7_000, delayMs: 5_000 },
      ...steady(4).slice(3),
    ])
    expect(relative(reordered)).toEqual([[0, 3 * EVERY]])
  })

  it.each([0.95, 1.05])('and goes on without a gap where the page’s clock runs at %s', (rate) => {
    const account = told(clockOf(0, rate), steady(200))
    expect(account.spans).toHaveLength(1)
    const end = (account.spans[0]?.until ?? 0) - START
    expect(end).toBeLessThanOrEqual(199 * EVERY)
    expect(end).toBeGreaterThan(199 * EVERY - 700)
  })

  it('and a gap that the page reports is a gap', () => {
    const account = told(clockOf(0), [
      ...steady(3),
      { sentAt: START + 12_000, until: START + 8_000 },
      { sentAt: START + 13_000, since: START + 12_500 },
    ])
    expect(relative(account)).toEqual([
      [0, 8_000],
      [12_500, 13_000],
    ])
  })

  it('and what was heard last stays where it was, however slow the page’s clock', () => {
    const silent = [...Array(18).keys()].map((n) => ({
      sentAt: START + (4 + n) * EVERY,
      until: START + 10_000,
    }))
    const account = told(clockOf(0, 0.95), [...steady(4), ...silent])
    expect(account.spans.at(-1)?.until).toBeLessThanOrEqual(START + 10_000)
  })
})

describe('[B18] no more counts between two beats than both clocks have passed', () => {
  /** A clock that stops from 10 s on for 20 s, as it does in a machine that sleeps. */
  const sleeping = {
    at: (instant: number) => Math.max(0, Math.min(instant - START, 10_000), instant - START - 20_000),
  }

  it('so that a sleep of the page’s machine counts nothing', () => {
    const awake = [0, 3_333, 6_666, 9_999].map((ms) => ({ sentAt: START + ms }))
    const after = [30_500, 31_500, 32_500, 33_500].map((ms) => ({ sentAt: START + ms }))
    const account = told(sleeping, [...awake, ...after])
    const provenMs = account.spans.reduce((sum, { from, until }) => sum + until - from, 0)
    expect(provenMs).toBeLessThanOrEqual(13_500)
    expect(provenMs).toBeGreaterThan(12_000)
    expect(account.spans.at(-1)?.until).toBe(START + 33_500)
  })

  it('whatever a page says of its clock: never more than the server’s', () => {
    const leaping = { at: (instant: number) => (instant - START) * 20 }
    const account = told(leaping, steady(10))
    expect(account.spans.at(-1)?.until).toBeLessThanOrEqual(START + 9 * EVERY)
  })

  it('also for beats that come with any delay, from a clock that is 5 % off', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 5, maxLength: 40 })
    fc.assert(
      fc.property(delays, fc.constantFrom(0.95, 1, 1.05), (lateMs, rate) => {
        const beats = lateMs.map((delayMs, n) => ({
          sentAt: START + n * EVERY,
          delayMs: n % 3 === 0 ? 20 : delayMs,
        }))
        const account = told(clockOf(0, rate), beats)
        const end = (account.spans.at(-1)?.until ?? 0) - START
        expect(account.spans).toHaveLength(1)
        expect(end).toBeLessThanOrEqual((lateMs.length - 1) * EVERY + 20 + 1_000)
      }),
    )
  })
})

describe('[B18] two pages together', () => {
  const of = (...pairs: [number, number][]): Account => ({
    ...newAccount(0),
    spans: pairs.map(([from, until]) => ({ from, until })),
  })

  it('prove the time in which both received, and the shorter counts', () => {
    expect(commonSpans(of([0, 10], [20, 40]), of([5, 30]))).toEqual([
      { from: 5, until: 10 },
      { from: 20, until: 30 },
    ])
    expect(provenUntil(of([0, 10]), of([0, 7]), 2)).toBe(7)
  })

  it('prove nothing where one says nothing', () => {
    expect(commonSpans(of([0, 10]), of())).toEqual([])
    expect(provenUntil(of([0, 10]), of(), 4)).toBe(4)
    expect(provenUntil(of([0, 10], [20, 30]), of([0, 30]), 12)).toBe(12)
  })

  it('and a page that sends no readings proves what its words say', () => {
    const word = takeWord(takeWord(newAccount(0), 100, false), 400, true)
    expect(word.spans).toEqual([{ from: 100, until: 400 }])
    expect(takeWord(word, 900, false).spans).toHaveLength(2)
  })
})

describe('[B20] time that was announced to be free stays free', () => {
  const spans = [{ from: 0, until: 100 }]

  it('and what comes before and after it counts', () => {
    expect(billable(spans, { shownAt: 40, againFrom: 90 })).toEqual([
      { from: 0, until: 40 },
      { from: 90, until: 100 },
    ])
    expect(billable(spans, { shownAt: 40 })).toEqual([{ from: 0, until: 40 }])
    expect(billable(spans, {})).toEqual(spans)
  })
})
