/**
 * Sends packets in any order from one seed, below our own events and over both transports: no
 * exception, no response lost for an honest page, nothing written down.
 */
import { setTimeout } from 'node:timers/promises'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import fc from '../support/properties.ts'
import { type RawConnection, rawPolling, rawWebSocket } from '../support/raw-connection.ts'
import { sampleSize } from '../support/sample.ts'
import { ask, journalOf, startStrict, through } from './support.ts'

const RUNS = sampleSize(40, 3_000)

const failures: unknown[] = []
const noteFailure = (error: unknown) => failures.push(error)
beforeAll(() => {
  process.on('uncaughtException', noteFailure)
  process.on('unhandledRejection', noteFailure)
})
afterAll(() => {
  process.off('uncaughtException', noteFailure)
  process.off('unhandledRejection', noteFailure)
})

const placeholder = (num: unknown) => JSON.stringify({ _placeholder: true, num })
const KNOWN = [
  ...['', '0', '1', '2', '2probe', '3', '3probe', '4', '5', '6', '7', 'b', 'bAAAA', 'b!', '\u0000'],
  ...[
    '40',
    '40',
    '40',
    '40{}',
    '40{"pid":"x","offset":"y"}',
    '40{"__proto__":{"a":1}}',
    '40[]',
    '40/x,',
    '40/x',
  ],
  ...['41/x,', '41{}', '44', '44{"message":"x"}', '49', '4'],
  ...['42["session:join",{"sessionId":"x"}]', '421["rtc:state",{"sessionId":"x","state":"connected"}]'],
  ...['422["offer",{"sessionId":"x","description":{"type":"offer","sdp":"v"}}]', '42["ice-candidate",{}]'],
  ...[
    '42["connect"]',
    '42["disconnect"]',
    '42["error",{}]',
    '42["newListener"]',
    '42["__proto__"]',
    '42["toString"]',
  ],
  ...[
    '42',
    '42[]',
    '42{}',
    '42[1]',
    '42["x"',
    '42/x,["x"]',
    '429999999999999999["x"]',
    '42["\\u006fffer",{}]',
  ],
  ...['43', '430', '430[]', '431[{"ok":true}]', '43999[null]', '43["x"]', '43{}'],
  ...[0, 1, 9, -1, '0', null, {}].map((num) => `451-["offer",${placeholder(num)}]`),
  ...[0, 9].map((num) => `461-0[${placeholder(num)}]`),
  ...['452-["x",{"_placeholder":true,"num":0}]', '450-["x"]', '4599999-["x"]', '45', '46', '451-[]', '451-'],
]
const binary = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
const packet = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('40', '40', '40{}', '41', '40/x,', '3', '43', '42["x"]') },
  { weight: 3, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 1, arbitrary: binary },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...'0123456/,-[]{}":x'), { maxLength: 30 })
      .map((letters) => `4${letters.join('')}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('40', '41', '3', '43', '42["x"]'), fc.integer({ min: 2, max: 700 }))
      .map(([text, times]) => ({ text, times })),
  },
)
const packets = fc.array(packet, { minLength: 1, maxLength: 6 })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('say' as const), packets }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('poll' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(15) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('upgrade' as const), packets }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('frames' as const), bytes: fc.uint8Array() }) },
)
const TRANSPORTS = ['websocket', 'polling'] as const
const visitor = fc.record({
  transport: fc.constantFrom(...TRANSPORTS),
  isLoggedIn: fc.boolean(),
  isGreeted: fc.boolean(),
  address: fc.ipV4(),
  steps: fc.array(step, { minLength: 1, maxLength: 10 }),
})
type Visitor = typeof visitor extends fc.Arbitrary<infer V> ? V : never

/** CONNECT twice at once, over either transport. */
const TWICE: Visitor[] = TRANSPORTS.map((transport) => ({
  transport,
  isLoggedIn: true,
  isGreeted: false,
  address: '203.0.113.9',
  steps: [
    { kind: 'say', packets: [{ text: '40', times: 2 }] },
    { kind: 'wait', ms: 15 },
  ],
}))

/** Repeats the packet as often as it is to be sent. */
const repeated = (packet: string | Buffer | { text: string; times: number }): (string | Buffer)[] =>
  typeof packet === 'object' && 'times' in packet ? Array<string>(packet.times).fill(packet.text) : [packet]

/** Sends everything that the visitor has to send; never waits for a response. */
async function visit(
  server: LiveServer,
  cookie: string,
  { transport, steps, ...who }: Visitor,
): Promise<void> {
  const headers = { 'x-forwarded-for': through(who.address)['x-forwarded-for'] ?? '' }
  const asked = who.isLoggedIn ? { ...headers, cookie } : headers
  const pages: (RawConnection & { sid?: string; write?(bytes: Uint8Array): void })[] = []
  const page =
    transport === 'polling' ? await rawPolling(server.url, asked) : await rawWebSocket(server.url, asked)
  pages.push(page)
  if (who.isGreeted) {
    await page.say('40')
    await setTimeout(5)
  }
  for (const step of steps) {
    const latest = pages.at(-1)
    if (step.kind === 'say') await latest?.say(...step.packets.flatMap(repeated))
    else if (step.kind === 'poll') page.hear().catch(noteFailure)
    else if (step.kind === 'wait') await setTimeout(step.ms)
    else if (step.kind === 'frames') latest?.write?.(step.bytes)
    else {
      const sid = 'sid' in page ? page.sid : 'x'
      const moved = await rawWebSocket(server.url, asked, sid)
      pages.push(moved)
      await moved.say(...step.packets.flatMap(repeated))
    }
  }
  await setTimeout(2)
  for (const { close } of pages) close()
}

async function register(server: LiveServer, name: string): Promise<string> {
  const email = `${name}@example.com`
  const body = { name, email, password: 'correct horse', role: 'client', acceptTerms: true }
  const { status, headers } = await ask(server.url, 'POST', '/register', { headers: through(), body })
  expect(status).toBe(201)
  return String(headers['set-cookie']?.[0]).split(';')[0] ?? ''
}

describe.each([
  ['without limits', startLiveServer],
  ['with the limits of production', startStrict],
])('packets in any order, %s', (_, start) => {
  let server: LiveServer
  let cookie: string
  let page: Socket

  beforeAll(async () => {
    server = await start()
    cookie = await register(server, 'fuzz')
    const extraHeaders = { ...through(), cookie: await register(server, 'honest') }
    page = io(server.url, { transports: ['websocket'], extraHeaders, forceNew: true })
  })
  afterAll(async () => {
    page.disconnect()
    await server.stop()
  })

  it('[W-15] end only their own connection, and change nothing', async () => {
    const before = journalOf(server)
    await fc.assert(
      fc.asyncProperty(fc.array(visitor, { minLength: 1, maxLength: 12 }), async (visitors) => {
        await Promise.all(visitors.map((visitor) => visit(server, cookie, visitor)))
        expect(failures).toEqual([])
      }),
      {
        examples: [[TWICE]],
        numRuns: RUNS,
      },
    )
    expect(await page.timeout(30_000).emitWithAck('session:join', { sessionId: 'x' })).toMatchObject({
      error: { code: 'not_found' },
    })
    expect((await ask(server.url, 'GET', '/healthz', { headers: through() })).status).toBe(200)
    expect(journalOf(server)).toBe(before)
    expect(failures).toEqual([])
  })
})
