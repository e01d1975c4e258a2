/** Tests timers that a hidden tab does not slow. */
import { describe, expect, it } from 'vitest'
import { createSteadyTimers, type TimerWorker } from '../../../browser/call/steady-timers.ts'
import type { TimerOrder } from '../../../browser/timer-worker.ts'
import { FakeTime } from './fakes.ts'

/**
 * Creates a worker whose timers run on a clock of the test, and a page whose own timers never ring.
 */
function open({ opens = true } = {}) {
  const work = new FakeTime()
  const page = new FakeTime()
  const orders: TimerOrder[] = []
  const stops = new Map<number, () => void>()
  const worker: TimerWorker = {
    onmessage: null,
    onerror: null,
    postMessage: (order) => {
      orders.push(order)
      const { id, ms, again } = order
      stops.get(id)?.()
      if (ms === undefined) return
      const ring = () => worker.onmessage?.({ data: id } as MessageEvent<number>)
      stops.set(id, again ? work.every(ms, ring) : work.after(ms, ring))
    },
  }
  const timers = createSteadyTimers(
    () => {
      if (!opens) throw new TypeError('no workers here')
      return worker
    },
    { after: (ms, run) => page.after(ms, run), every: page.every },
  )
  return { timers, worker, work, page, orders }
}

describe('timers that a worker keeps', () => {
  it('ring once, or again and again, without the timers of the page', async () => {
    const { timers, work, page } = open()
    const rung: string[] = []
    timers.after(1_000, () => rung.push('once'))
    timers.every(400, () => rung.push('again'))
    await page.advance(60_000)
    expect(rung).toEqual([])
    await work.advance(1_300)
    expect(rung).toEqual(['again', 'again', 'once', 'again'])
  })

  it('are called off, in the worker as well, and only while they run', async () => {
    const { timers, work, orders } = open()
    const rung: string[] = []
    const stop = timers.after(1_000, () => rung.push('once'))
    const stopOther = timers.every(300, () => rung.push('again'))
    stop()
    await work.advance(500)
    stopOther()
    stopOther()
    stop()
    await work.advance(5_000)
    expect(rung).toEqual(['again'])
    expect(orders.filter(({ ms }) => ms === undefined)).toHaveLength(2)
  })

  it('that was called off while its ring was under way does not ring', () => {
    const { timers, worker } = open()
    const rung: string[] = []
    const stop = timers.after(1_000, () => rung.push('once'))
    stop()
    worker.onmessage?.({ data: 1 } as MessageEvent<number>)
    expect(rung).toEqual([])
  })

  it.each([
    ['cannot be opened', false],
    ['fails to load', true],
  ])('are those of the page where the worker %s', async (_how, opens) => {
    const { timers, worker, page } = open({ opens })
    const rung: string[] = []
    timers.every(400, () => rung.push('again'))
    const stop = timers.after(500, () => rung.push('called off'))
    if (opens) worker.onerror?.({} as ErrorEvent)
    timers.after(1_000, () => rung.push('later'))
    stop()
    await page.advance(1_100)
    expect(rung).toEqual(['again', 'again', 'later'])
  })
})
