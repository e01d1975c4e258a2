/** Tests the rate limits of the routes. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sendErrors } from '../../http/errors.ts'
import { createRateLimiter, LIMITS } from '../../http/rate-limiter.ts'
import { limitRequests } from '../../http/route-limits.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { silentLog } from '../support/world.ts'

let server: Server
let url: string
let clock: FakeClock

beforeEach(async () => {
  clock = fakeClock()
  const auth = {
    identify: async ({ cookie }: { cookie?: string }) => ({ user: { id: cookie } }),
  }
  const app = express()
  app.use(
    limitRequests({
      rateLimiter: createRateLimiter({ clock, strictness: 'production' }),
      auth: auth as never,
    }),
  )
  app.use((_req, res) => void res.status(204).end())
  app.use(sendErrors(silentLog, () => undefined))
  server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const ask = (account: string, route: string) => {
  const [method = '', path = ''] = route.split(' ')
  return fetch(url + path, { method, headers: { cookie: account } })
}

/** Returns the number of requests of an account before it is asked to wait. */
async function answered(account: string, routes: readonly string[]): Promise<number> {
  for (let n = 0; n < 120; n += 1) {
    const { status, headers } = await ask(account, routes[n % routes.length] ?? '')
    if (status !== 429) continue
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    return n
  }
  return Number.POSITIVE_INFINITY
}

const ASK_STRIPE = [
  'POST /add-funds',
  'POST /add-funds/confirm',
  'GET /cards',
  'HEAD /cards',
  'GET /Cards/',
  'POST /cards/default',
  'POST /cards/remove',
  'POST /auto-top-up',
  'POST /auto-top-up/off',
]
const FILES = ['GET /export', 'HEAD /export', 'GET /sessions.csv', 'GET /history.csv', 'GET /earnings.csv']

it.each([
  ['what Stripe may be asked for', 'stripe', ASK_STRIPE],
  ['the list of payments', 'payments', ['GET /payments', 'GET /payments?cursor=x', 'HEAD /payments']],
  ['files to take away', 'download', FILES],
  ['the earnings', 'earnings', ['GET /earnings', 'HEAD /earnings?zone=UTC']],
] as const)(
  '%s, by every address and by HEAD too, is held to one figure an account',
  async (_, limit, routes) => {
    const { burst, everyMs } = LIMITS[limit]
    expect(await answered('ana', routes)).toBe(burst)
    expect(await answered('bo', routes)).toBe(burst)
    await clock.leap(everyMs)
    expect(await answered('ana', routes)).toBe(1)
  },
)

it('a receipt makes no request to Stripe and is not held to it', async () => {
  expect(await answered('ana', ['GET /payments'])).toBe(LIMITS.payments.burst)
  expect((await ask('ana', 'GET /payments/one')).status).toBe(204)
})
