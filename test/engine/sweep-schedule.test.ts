import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Sweep, Unfinished } from '../../engine/sweep.ts'
import { createSweepSchedule, nextAge } from '../../engine/sweep-schedule.ts'
import { cents } from '../../shared/money.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { silentLog } from '../support/world.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

function stage(open: readonly string[] = []) {
  const clock = fakeClock(0)
  const pending = new Map<string, Unfinished>()
  const asked: [string, number][] = []
  const looks: boolean[] = []
  const add = (id: string): Unfinished => {
    const topUp = { id, attemptKey: id, amountCents: cents(500), status: 'pending' as const }
    const unfinished = { userId: 'ana', topUp: { ...topUp, createdAt: clock.now() } }
    pending.set(id, unfinished)
    return unfinished
  }
  for (const id of open) add(id)
  const sweep: Sweep = {
    one: async ({ topUp }) => void asked.push([topUp.id, clock.now() / SECOND]),
    unfinished: async () => [...pending.values()],
    find: async (_userId, id) => pending.get(id),
  }
  const schedule = createSweepSchedule({
    clock,
    log: silentLog,
    sweep,
    reconcile: async (first) => void looks.push(first),
  })
  return { clock, pending, asked, looks, add, schedule }
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
})
