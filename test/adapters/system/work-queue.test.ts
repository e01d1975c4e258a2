/** Tests the queue of password checks. */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTurns, MOST_WAITING } from '../../../adapters/system/work-queue.ts'
import type { Refusal } from '../../../domain/errors.ts'

/** Turns whose work ends when the test says so, in the order in which it began. */
const openQueue = () => {
  const takeTurn = createTurns()
  const started: { who: string; end: () => void }[] = []
  const refused: string[] = []

  const ask = (network: string, who = network): void => {
    const work = () => new Promise<void>((end) => void started.push({ who, end }))
    takeTurn({ networks: ['one of its lines', network] }, work).catch((error: Refusal) => {
      expect(error).toMatchObject({ code: 'busy', retryAfterSeconds: 5 })
      refused.push(who)
    })
  }
  const ended: string[] = []
  const endNext = async (): Promise<string> => {
    await setImmediate()
    const next = started.shift()
    next?.end()
    await setImmediate()
    if (next) ended.push(next.who)
    return next?.who ?? 'nothing'
  }
  return { ask, endNext, refused, started, takeTurn }
}

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

  it('are waited for by forty-eight in all, of whom a crowd gives up its last place to a new network', async () => {
    const { ask, endNext, refused, started } = openQueue()
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
    for (let n = started.length; n < MOST_WAITING.inAll; n += 1) await endNext()
    expect(await endNext()).toBe('nothing')
  })

  it('are refused when as many networks wait as there are places, and the places come back', async () => {
    const { ask, endNext, refused } = openQueue()
    for (let n = 0; n < 2 + MOST_WAITING.inAll; n += 1) ask(`network ${n}`)
    ask('one more')
    await setImmediate()
    expect(refused).toEqual(['one more'])
    for (let n = 0; n < 2 + MOST_WAITING.inAll; n += 1) await endNext()
    ask('later')
    expect(await endNext()).toBe('later')
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
