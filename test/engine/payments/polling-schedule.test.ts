/** Tests when an open payment is polled. */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Polling, Unfinished } from '../../../engine/payments/polling.ts'
import { createPollingSchedule, nextAge } from '../../../engine/payments/polling-schedule.ts'
import { cents } from '../../../shared/money.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { silentLog } from '../../support/world.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

/** Plays a payment; `answers` says for each moment, in seconds, if Stripe responds then. */
function stage(
  open: readonly string[] = [],
  answers: (at: number) => boolean = () => true,
  breaks: (at: number) => boolean = () => false,
) {
  const clock = fakeClock(0)
  const pending = new Map<string, Unfinished>()
  const asked: [string, number][] = []
  const looks: boolean[] = []
  const lookedAt: number[] = []
  const add = (id: string): Unfinished => {
    const topUp = { id, attemptKey: id, amountCents: cents(500), status: 'pending' as const }
    const unfinished = { userId: 'ana', topUp: { ...topUp, createdAt: clock.now() } }
    pending.set(id, unfinished)
    return unfinished
  }
  for (const id of open) add(id)
  const polling: Polling = {
    one: async ({ topUp }) => {
      asked.push([topUp.id, clock.now() / SECOND])
      return answers(clock.now() / SECOND)
    },
    unfinished: async () => [...pending.values()],
    find: async (_userId, id) => pending.get(id),
  }
  const schedule = createPollingSchedule({
    clock,
    log: silentLog,
    polling,
    reconcile: async (first) => {
      looks.push(first)
      lookedAt.push(clock.now() / SECOND)
      if (breaks(clock.now() / SECOND)) throw new Error('the disk is full')
      return answers(clock.now() / SECOND)
    },
  })
  return { clock, pending, asked, looks, lookedAt, add, schedule }
}

describe('when a payment is asked about', () => {
  it('is soon while a person waits, and then every six hours', () => {
    const ages = [0]
    for (let n = 0; n < 7; n += 1) ages.push(nextAge(ages.at(-1) ?? 0))
    expect(ages.map((age) => age / SECOND)).toEqual([0, 5, 30, 120, 600, 3_600, 25_200, 46_800])
  })

  it('is at the start for all that is open, and at its own times from then on', async () => {
    const { clock, asked, schedule } = stage(['old'])
    await schedule.start()
    await clock.advance(31 * SECOND)
    await setImmediate()
    expect(asked).toEqual([
      ['old', 0],
      ['old', 5],
      ['old', 30],
    ])
  })

  it('is no more once it is final', async () => {
    const { clock, asked, add, pending, schedule } = stage()
    await schedule.start()
    schedule.watch(add('new'))
    await clock.advance(6 * SECOND)
    pending.clear()
    await clock.advance(HOUR)
    expect(asked).toEqual([['new', 5]])
  })

  it('is never before the schedule has started, nor after it was stopped', async () => {
    const { clock, asked, add, schedule } = stage()
    schedule.watch(add('early'))
    expect(clock.pending()).toBe(0)
    await schedule.start()
    schedule.stop()
    await clock.advance(HOUR)
    expect(asked.map(([, at]) => at)).toEqual([0])
    expect(clock.pending()).toBe(0)
  })
})

describe('the whole account', () => {
  it('is looked through at the start and once a day', async () => {
    const { clock, looks, schedule } = stage()
    await schedule.start()
    await clock.advance(48 * HOUR + SECOND)
    expect(looks).toEqual([true, false, false])
  })

  it('is repeated 1, 5 and 30 minutes after a poll without a response from Stripe, then as usual', async () => {
    const { clock, lookedAt, looks, schedule } = stage([], () => false)
    await schedule.start()
    await clock.advance(24 * HOUR + SECOND)
    expect(lookedAt).toEqual([0, 60, 300, 1_800, 86_400])
    expect(looks).toEqual([true, true, true, true, false])
    await clock.advance(HOUR)
    expect(lookedAt.slice(5)).toEqual([86_460, 86_700, 88_200])
  })

  it('is not repeated once Stripe has responded', async () => {
    const { clock, lookedAt, schedule } = stage([], (at) => at >= 300)
    await schedule.start()
    await clock.advance(2 * HOUR)
    expect(lookedAt).toEqual([0, 60, 300])
  })

  it('is looked through again when a look broke off', async () => {
    const { clock, lookedAt, schedule } = stage(
      [],
      () => true,
      (at) => at < 60,
    )
    await schedule.start()
    await clock.advance(HOUR)
    expect(lookedAt).toEqual([0, 60])
  })

  it('is repeated when only an open payment got no response', async () => {
    const { clock, asked, lookedAt, schedule } = stage(['old'], (at) => at >= 10)
    await schedule.start()
    await clock.advance(61 * SECOND)
    expect(asked.filter(([, at]) => at === 60)).toEqual([['old', 60]])
    expect(lookedAt).toEqual([0, 60])
  })

  it('is soon when a person was left without a response, once for all who were', async () => {
    const { clock, lookedAt, schedule } = stage()
    await schedule.start()
    schedule.lookSoon()
    await clock.advance(30 * SECOND)
    schedule.lookSoon()
    await clock.advance(HOUR)
    expect(lookedAt).toEqual([0, 60])
  })
})
