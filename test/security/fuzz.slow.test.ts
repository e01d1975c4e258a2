/**
 * Sends nonsense from one seed to every route and every event: no response of 5xx, no exit, and no
 * account changes.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { type Page, type Person, untyped } from '../support/people.ts'
import fc from '../support/properties.ts'
import { sampleSize } from '../support/sample.ts'
import { ask, journalOf } from './support.ts'

const RUNS = sampleSize(1_500, 30_000)

let server: LiveServer
let client: Person
let reader: Person
let page: Page
let failures: unknown[] = []
const noteFailure = (error: unknown) => failures.push(error)

beforeAll(async () => {
  failures = []
  process.on('unhandledRejection', noteFailure)
  // Availability may not lapse meanwhile: it would be a change that the nonsense did not make.
  server = await startLiveServer({ presenceGraceMs: 24 * 60 * 60 * 1_000 })
  client = await server.client('Ana', 5_000)
  reader = await server.reader('Mara', 250)
  page = await client.page()
})
afterAll(async () => {
  process.off('unhandledRejection', noteFailure)
  await server.stop()
})

const EVIL = fc.constantFrom<unknown>(
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '<img src=x onerror=alert(1)>',
  "' OR 1=1 --",
  '\u0000',
  '\uD800',
  '\u202E',
  '={1+1}',
  '%00',
  'x'.repeat(300),
  -1,
  0,
  1e308,
  2 ** 53,
  1.5,
  null,
  true,
  [],
  {},
)
const value = fc.oneof(
  { depthSize: 'small' },
  EVIL,
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
)
const FIELDS = [
  'userId',
  'amountCents',
  'readerId',
  'kind',
  'email',
  'password',
  'name',
  'role',
  'rateCents',
  'limitCents',
  'sessionId',
  'description',
  'candidate',
  'state',
  'available',
  'cardId',
  'loginId',
  'response',
  'newPassword',
  'paymentIntentId',
  'zone',
]
const body = fc.oneof(
  fc
    .dictionary(fc.constantFrom(...FIELDS, '__proto__', 'x'), value, { maxKeys: 8 })
    .map((it) => JSON.stringify(it)),
  fc.string({ maxLength: 200 }),
  fc.json({ maxDepth: 8 }),
  fc.constantFrom('', '[', '{"a":', 'null', '\uFEFF{}', `${'['.repeat(3_000)}`),
)
const HEADERS = [
  'content-type',
  'origin',
  'sec-fetch-site',
  'cookie',
  'idempotency-key',
  'accept',
  'x-forwarded-for',
  'stripe-signature',
  'range',
  'if-none-match',
]
const headerText = fc.string({ maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, '?'))
const headers = fc.dictionary(fc.constantFrom(...HEADERS), headerText, { maxKeys: 3 })

/** Returns what must not change however much nonsense is sent: money, people and sessions. */
const ledger = () => journalOf(server).match(/"(money|ended)":/g)?.length ?? 0

describe('nonsense', () => {
  it('[F-7] in requests gets a response below 500, and moves no money', async () => {
    const before = ledger()
    const routes = server.routes.filter(
      ({ path }) => !['/logout', '/account/delete', '/register'].includes(path),
    )
    const request = fc.record({
      route: fc.constantFrom(...routes),
      id: fc.oneof(fc.constantFrom('x', '..', '%00', '__proto__', '%zz'), fc.webSegment()),
      query: fc.webQueryParameters(),
      who: fc.constantFrom('nobody', 'client', 'reader'),
      body,
      headers,
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ route, id, query, who, body, headers }) => {
        const cookie = who === 'client' ? client.cookie : who === 'reader' ? reader.cookie : ''
        const path = `${route.path.replace(':id', id || 'x')}${query ? `?${query}` : ''}`
        const isGet = route.method === 'GET'
        const answer = await ask(server.url, route.method, path, {
          headers: { cookie, 'content-type': 'application/json', ...headers },
          ...(isGet ? {} : { body }),
        })
        expect(answer.status, `${route.method} ${path} ${answer.text}`).toBeLessThan(500)
        expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at \w+ \(/)
      }),
      { numRuns: RUNS },
    )
    expect(ledger()).toBe(before)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(failures).toEqual([])
  })

  it('[W-3] in events gets an acknowledgement or nothing, and ends no other connection', async () => {
    const before = journalOf(server)
    const event = fc.record({
      name: fc.oneof(
        fc.constantFrom(...server.events),
        fc.string({ maxLength: 20 }).filter((name) => !RESERVED.has(name)),
      ),
      payload: fc.oneof(fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 5 }), value),
      more: fc.array(value, { maxLength: 2 }),
      asks: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(event, async ({ name, payload, more, asks }) => {
        if (!asks) return void untyped(page).emit(name, payload, ...more)
        const ack = await untyped(page)
          .timeout(30_000)
          .emitWithAck(name, payload, ...more)
        expect(ack).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^(?!internal)/) } })
      }),
      { numRuns: RUNS },
    )
    expect(page.connected).toBe(true)
    expect(journalOf(server)).toBe(before)
    expect((await server.send('GET', '/healthz')).status).toBe(200)
    expect(failures).toEqual([])
  })
})

/** Names that the client's own library keeps to itself. */
const RESERVED = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])
