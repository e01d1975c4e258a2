/** Tests the downloads of sessions and statements, over sessions that come when a test says so. */
import { once } from 'node:events'
import { createServer, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { EndedSession } from '../../domain/session.ts'
import { sendErrors } from '../../http/errors.ts'
import { createRateLimiter } from '../../http/rate-limiter.ts'
import { recordRoutes } from '../../routes/records.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { ana, endedSession } from '../support/store/store-parts.ts'
import { silentLog } from '../support/world.ts'

let server: Server
let url: string
/**
 * The number of sessions that were asked for, the number of readings that run, and a function that
 * lets them go on.
 */
let asked: number
let running: number
let goOn: () => void
/** The response that was started last. */
let last: ServerResponse | undefined

async function* sessions(): AsyncGenerator<EndedSession> {
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  running += 1
  try {
    for (; asked < 5_000; asked += 1) {
      yield endedSession(`s${asked}`, asked)
      if (asked === 1) await held
    }
  } finally {
    running -= 1
  }
}

beforeEach(async () => {
  asked = 0
  running = 0
  const auth = { requireLogin: async () => ({ user: ana, loginHash: '' }) }
  const rateLimiter = createRateLimiter({ clock: fakeClock(), strictness: 'off' })
  const app = express()
  app.use(recordRoutes({ auth, rateLimiter, sessions: { allOf: sessions } } as never))
  app.use(sendErrors(silentLog, () => undefined))
  server = createServer(app).listen(0, '127.0.0.1')
  server.on('request', (_req, res) => {
    last = res
  })
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

it.each(['/export', '/sessions.csv', '/history.csv'])(
  'of forty who ask for %s at once one is served, and the others learn when to try again',
  async (path) => {
    const first = fetch(url + path)
    await until(() => running === 1)
    const others = await Promise.all(Array.from({ length: 39 }, () => fetch(url + path)))
    expect(running).toBe(1)
    for (const { status, headers } of others) {
      expect([status, headers.get('retry-after'), headers.get('content-disposition')]).toEqual([
        429,
        '5',
        null,
      ])
    }
    goOn()
    expect((await (await first).text()).length).toBeGreaterThan(5_000)
    expect(asked).toBe(5_000)
  },
)

it.each(['/export', '/sessions.csv', '/history.csv'])(
  'a caller who has left is not read for: %s stops, and the next one may ask',
  async (path) => {
    const leaving = request(url + path).on('error', () => undefined)
    leaving.end()
    await until(() => running === 1)
    leaving.destroy()
    await until(() => last?.closed === true)
    goOn()
    await until(() => running === 0)
    expect(asked).toBeLessThan(5_000)
  },
)
