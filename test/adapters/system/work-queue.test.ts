/** Tests the queue of password checks. */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTurns, LONGEST_WAIT_MS, MOST_WAITING } from '../../../adapters/system/work-queue.ts'
import type { Refusal } from '../../../domain/errors.ts'
import { fakeClock } from '../../support/fake-clock.ts'

/** Turns whose work ends when the test says so, in the order in which it began. */
const openQueue = () => {
  const clock = fakeClock()
  const takeTurn = createTurns(clock)
  const started: { who: string; end: () => void }[] = []
  const refused: string[] = []
  const retryAfter: number[] = []

  const ask = (network: string, who = network): void => {
    const work = () => new Promise<void>((end) => void started.push({ who, end }))
    takeTurn({ networks: ['one of its lines', network] }, work).catch((error: Refusal) => {
      expect(error).toMatchObject({ code: 'busy' })
      refused.push(who)
      retryAfter.push(error.retryAfterSeconds ?? 0)
    })
  }
  /** Ends the work that began first, `ms` after now. */
  const endNext = async (ms = 0): Promise<string> => {
    await setImmediate()
    await clock.advance(ms)
    const next = started.shift()
    next?.end()
    await setImmediate()
    return next?.who ?? 'nothing'
  }
  return { clock, ask, endNext, refused, retryAfter, started, takeTurn }
}

/** Work that takes 300 ms, two at once, is what the queue expects at first. */
const WORK_MS = 300
const IN_TEN_SECONDS = (2 * LONGEST_WAIT_MS) / WORK_MS

describe('turns at what is slow', () => {
  it('are given to networks one after another: a new network is next, however many wait before', async () => {
    const { ask, endNext } = openQueue()
    for (let n = 0; n < 10; n += 1) ask('crowd', `crowd ${n}`)
    ask('ana')
    ask('bo')
    const order = []
    for (let n = 0; n < 6; n += 1) order.push(await endNext())
    expect(order).toEqual(['crowd 0', 'crowd 1', 'crowd 2', 'ana', 'bo', 'crowd 3'])
  })

  it('are waited for by twelve of one network at the most', async () => {
    const { ask, refused, started } = openQueue()
    for (let n = 0; n < 100; n += 1) ask('crowd')
    await setImmediate()
    expect(started).toHaveLength(2)
    expect(refused).toHaveLength(100 - 2 - MOST_WAITING.ofOne)
  })

  it('are waited for by everybody who gets one within ten seconds, and by nobody else', async () => {
    const { ask, endNext, refused } = openQueue()
    for (let n = 0; n < 200; n += 1) ask(`network ${n}`)
    await setImmediate()
    const admitted = 2 + Math.floor(IN_TEN_SECONDS)
    expect(refused).toHaveLength(200 - admitted)
    for (let n = 0; n < admitted; n += 2) {
      await endNext(WORK_MS)
      await endNext()
    }
    expect(refused, 'of those who waited').toHaveLength(200 - admitted)
    expect(await endNext()).toBe('nothing')
  })

  it('are waited for in a longer line where they take less time', async () => {
    const { ask, endNext, refused } = openQueue()
    for (let n = 0; n < 200; n += 1) {
      ask('warm')
      await endNext(10)
    }
    for (let n = 0; n < 2 + MOST_WAITING.inAll; n += 1) ask(`network ${n}`)
    await setImmediate()
    expect(refused).toEqual([])
    ask('one more')
    await setImmediate()
    expect(refused).toEqual(['one more'])
  })

  it('send those who are refused back one after another, within a minute', async () => {
    const { ask, retryAfter } = openQueue()
    for (let n = 0; n < 1_000; n += 1) ask(`network ${n}`)
    await setImmediate()
    expect(retryAfter[0]).toBeLessThanOrEqual(12)
    expect(retryAfter).toEqual([...retryAfter].sort((a, b) => a - b))
    expect(retryAfter.filter((seconds) => seconds === 20)).toHaveLength(Math.round(2_000 / WORK_MS))
    expect(retryAfter.at(-1)).toBe(60)
  })

  it('of a household that asks for more than its share make nobody else wait', async () => {
    const { ask, refused, retryAfter } = openQueue()
    for (let n = 0; n < 1_000; n += 1) ask('crowd')
    ask('ana')
    await setImmediate()
    expect(refused).not.toContain('ana')
    for (let n = 0; n < 100; n += 1) ask(`network ${n}`)
    await setImmediate()
    expect(retryAfter.at(-1)).toBeLessThanOrEqual(20)
  })

  it('that do not come within ten seconds are refused, and the place is free', async () => {
    const { clock, ask, endNext, refused } = openQueue()
    for (const who of ['ana', 'bo', 'cleo', 'dan']) ask(who)
    await clock.advance(LONGEST_WAIT_MS - 1)
    expect(refused).toEqual([])
    await clock.advance(1)
    await setImmediate()
    expect(refused).toEqual(['cleo', 'dan'])
    ask('eve')
    expect([await endNext(), await endNext(), await endNext()]).toEqual(['ana', 'bo', 'eve'])
    expect(refused).toHaveLength(2)
  })

  it('in a full line are given up by a crowd to a new network, last place first', async () => {
    const { ask, endNext, refused } = openQueue()
    for (let n = 0; n < 200; n += 1) {
      ask('warm')
      await endNext(1)
    }
    const crowds = MOST_WAITING.inAll / MOST_WAITING.ofOne
    for (let n = 0; n < 2; n += 1) ask('first')
    for (let crowd = 0; crowd < crowds; crowd += 1) {
      for (let n = 0; n < MOST_WAITING.ofOne; n += 1) ask(`crowd ${crowd}`, `crowd ${crowd}, ${n}`)
    }
    await setImmediate()
    expect(refused).toEqual([])
    ask('ana')
    await setImmediate()
    expect(refused).toEqual(['crowd 0, 11'])
    const order = []
    for (let n = 0; n < 2 + crowds + 1; n += 1) order.push(await endNext())
    expect(order.at(-1)).toBe('ana')
  })

  it('go on after work that failed', async () => {
    const { takeTurn, ask, endNext } = openQueue()
    const failing = Array.from({ length: 2 }, () =>
      takeTurn({}, () => Promise.reject(new Error('no salt'))).catch((error: Error) => error.message),
    )
    expect(await Promise.all(failing)).toEqual(['no salt', 'no salt'])
    ask('ana')
    expect(await endNext()).toBe('ana')
  })
})
