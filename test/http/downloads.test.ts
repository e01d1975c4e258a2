/** Tests the limits on large downloads. */
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import express, { type Response } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { createAccountQueue, goneSignal, sendParts } from '../../http/downloads.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/**
 * Starts a server that responds to everything with `answer`, and a caller that reads only on
 * request.
 */
async function ask(answer: (res: Response) => void): Promise<{ incoming: IncomingMessage; leave(): void }> {
  const app = express()
  app.get('/', (_req, res) => answer(res))
  const listening = createServer(app)
  server = listening
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done))
  const { port } = listening.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1' }, (incoming) => {
      incoming.on('error', () => undefined)
      resolve({ incoming, leave: () => asking.destroy() })
    })
    asking.on('error', reject)
    asking.end()
  })
}

const held = () => {
  let letGo: () => void = () => undefined
  const work = new Promise<void>((resolve) => {
    letGo = resolve
  })
  return { work, letGo }
}
const there = { closed: false } as Response
const gone = { closed: true } as Response

describe('turns', () => {
  it('an account’s second download is refused while the first runs, and another account’s is not', async () => {
    const turns = createAccountQueue(0)
    const { work, letGo } = held()
    const first = turns('ana', there, () => work)
    await expect(turns('ana', there, async () => undefined)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 5,
    })
    await turns('bo', there, async () => undefined)
    letGo()
    await first
    await turns('ana', there, async () => undefined)
  })

  it('a download that fails gives the turn up too', async () => {
    const turns = createAccountQueue(0)
    await expect(turns('ana', there, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await turns('ana', there, async () => undefined)
  })

  it('as many as may wait come one after another, and one more is refused', async () => {
    const turns = createAccountQueue(2)
    let running = 0
    let most = 0
    const work = async () => {
      running += 1
      most = Math.max(most, running)
      await setImmediate()
      running -= 1
    }
    const asked = [1, 2, 3].map(() => turns('ana', there, work))
    await expect(turns('ana', there, work)).rejects.toMatchObject({ code: 'rate_limited' })
    await Promise.all(asked)
    expect(most).toBe(1)
  })

  it('nothing is done for a caller who left while waiting', async () => {
    const turns = createAccountQueue(1)
    const { work, letGo } = held()
    const first = turns('ana', there, () => work)
    let done = false
    const second = turns('ana', gone, async () => {
      done = true
    })
    letGo()
    await Promise.all([first, second])
    expect(done).toBe(false)
  })
})

describe('a long response', () => {
  const PART = 'x'.repeat(8 * 1024)
  const MOST = 20_000 // 160 MB, more than any buffer on the way holds

  it('comes whole, in pieces', async () => {
    const { incoming } = await ask((res) => void sendParts(res, some(100)))
    let length = 0
    for await (const chunk of incoming) length += (chunk as Buffer).length
    expect(length).toBe(100 * PART.length)
  })

  it('is made no faster than the caller takes it, and not at all once the caller has gone', async () => {
    let made = 0
    let ended = false
    let settled: Promise<void> | undefined
    async function* parts() {
      try {
        for (; made < MOST; made += 1) yield PART
      } finally {
        ended = true
      }
    }
    const { incoming, leave } = await ask((res) => {
      settled = sendParts(res, parts())
    })
    incoming.pause()
    await standsStill(() => made)
    expect(made).toBeLessThan(MOST)
    leave()
    await settled
    expect(ended).toBe(true)
    const then = made
    await setImmediate()
    expect(made).toBe(then)
  })

  it('that fails halfway is cut off, and says why to its maker', async () => {
    async function* parts() {
      yield PART.repeat(4)
      throw new Error('the file is damaged')
    }
    let failure: unknown
    const { incoming } = await ask((res) => {
      sendParts(res, parts()).catch((error: unknown) => {
        failure = error
      })
    })
    incoming.resume()
    await new Promise((resolve) => incoming.once('close', resolve))
    expect(incoming.complete).toBe(false)
    expect(String(failure)).toContain('damaged')
  })

  it('a caller who leaves is reported', async () => {
    let signal: AbortSignal | undefined
    const { leave } = await ask((res) => {
      signal = goneSignal(res)
      res.write('x')
    })
    expect(signal?.aborted).toBe(false)
    leave()
    while (!signal?.aborted) await setImmediate()
  })

  async function* some(count: number) {
    for (let n = 0; n < count; n += 1) yield PART
  }

  /** Resolves when the value has not changed for a hundred turns of the loop. */
  async function standsStill(look: () => number): Promise<void> {
    for (let still = 0, last = -1; still < 100; ) {
      await setImmediate()
      still = look() === last && last > 0 ? still + 1 : 0
      last = look()
    }
  }
})
