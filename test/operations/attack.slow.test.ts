/**
 * Tests an attack by ten accounts and a whole /48 beside fifty honest sessions, in production's
 * settings: ten minutes in a long run, twelve seconds otherwise, at a pace that leaves the machine to
 * other tests.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { DAILY_JOURNAL_BYTES } from '../../adapters/store/journal/budget.ts'
import { inParallel, type Line, openLine } from '../../bench/load/line.ts'
import { createRing } from '../../bench/load/ring.ts'
import { type Pair, type Seeded, seed } from '../../bench/load/seed.ts'
import { createSwarm } from '../../bench/load/swarm.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { ask, through } from '../security/support.ts'
import { createRandom, type Random } from '../simulation/random.ts'
import { STAGING } from '../support/production-settings.ts'
import { rawWebSocket } from '../support/raw-connection.ts'
import { IS_LONG, sampleSize, TEST_SEED } from '../support/sample.ts'
import { startControlTimer, type WatchedServer, watchServer } from '../support/watched-server.ts'

const ATTACK_MS = sampleSize(12_000, 600_000)
/** The wait of each attacker between two actions. */
const PACE_MS = sampleSize(400, 5)
/** The wait of the owner between two log-ins: thirty in fifteen minutes are let in. */
const LOG_IN_EVERY_MS = sampleSize(5_000, 31_000)
const SESSIONS = 50
const ATTACKERS = 10
const STRANGERS = 5
const NEIGHBOURS = 40
const SECRET = 'a secret for the tests alone, long enough'
const PASSWORD = 'violet lantern 92 orbit'
const MINUTE_MS = 60_000
const RATE_CENTS = 100
const LONGEST_LOGIN_MS = 10_000
/** Production's own in a long run; beside other tests the honest pages may come late to their turn. */
const HEARTBEAT_TIMEOUT_MS = sampleSize(60_000, 10_000)
const HEAP_KEPT_BYTES = 8 * 1024 * 1024
const SIGN_UPS_OF_A_48 = 80
/** More than any of them takes in the journal, the sessions' records and their minutes included. */
const RECORD_BYTES = 8 * 1024

const folder = mkdtempSync(join(tmpdir(), 'soulseer-attack-'))
let server: WatchedServer | undefined
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('they are held to their bounds, and no honest client notices', {
  timeout: ATTACK_MS + 600_000,
}, async () => {
  const dataDir = join(folder, 'data')
  const pairs = SESSIONS + ATTACKERS / 2 + NEIGHBOURS / 2
  const people = (await seed({ dataDir, secret: SECRET, users: 2 * pairs, sessions: pairs })).map(
    inProduction,
  )
  const running = await watchServer(dataDir, {
    ...STAGING,
    SESSION_SECRET: SECRET,
    DATA_KEY: readFileSync(join(dataDir, 'data-key'), 'utf8'),
    BCRYPT_COST: '10',
    HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
    LOG_LEVEL: 'silent', // what the log holds is log-sums.test.ts's concern
  })
  server = running
  const talkers = people.slice(0, SESSIONS)
  const attackers = people.slice(SESSIONS, SESSIONS + ATTACKERS / 2).flatMap(both)
  const neighbours = people.slice(SESSIONS + ATTACKERS / 2).flatMap(both)

  const owner = await registered(running, 'owner@example.com', '192.0.2.1')
  const swarm = createSwarm({
    url: running.origin,
    minuteMs: MINUTE_MS,
    spreadMs: 2_000,
    headers: through('203.0.113.1'),
  })
  const ids = await createRing(running.origin, through('203.0.113.1')).bringTogether(talkers)
  await swarm.join(talkers, ids)
  await swarm.goLive()
  const street = await moveIn(running, neighbours)

  const before = { ...(await running.holdings()), journal: journalBytes(dataDir) }
  const control = startControlTimer()
  const fight = { isOver: false }
  const random = createRandom(TEST_SEED)
  const deeds = [
    ...attackers.map((attacker, n) => misbehave(running, attacker, n, random, fight)),
    ...Array.from({ length: STRANGERS }, () => tryEveryPrefix(running, random, fight)),
  ]
  const logIns = logInNowAndThen(running, owner, fight)
  await pause(ATTACK_MS)
  fight.isOver = true
  const tallies = await Promise.all(deeds)
  const machine = await control.stop()
  const { slowestTickMs } = await running.holdings()
  const { statuses, slowestMs } = await logIns
  const answers = await street.leave()

  expect(swarm.troubles(), 'the sessions').toEqual([])
  await expectEveryCent(running, swarm, talkers, ids)
  expect(answers, 'the neighbours').toEqual({ lost: [], statuses: [200] })
  expect([...new Set(statuses)], 'the owner’s log-ins').toEqual([200])

  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0)
  process.stdout.write(
    `  ${sum(({ done }) => done)} deeds, ${sum(({ refused }) => refused)} refused, ${sum(({ letGo }) => letGo)} sockets let go; ` +
      `slowest turn ${slowestTickMs.toFixed(0)} ms (an idle thread ${machine.maxMs.toFixed(0)}), slowest log-in ${slowestMs.toFixed(0)} ms\n`,
  )
  expect(
    sum(({ refused }) => refused),
    'they were in earnest',
  ).toBeGreaterThan(sum(({ done }) => done) / 4)
  expect(sum(({ letGo }) => letGo)).toBeGreaterThan(0)

  const budget = ATTACKERS * 2 * DAILY_JOURNAL_BYTES
  const records = SIGN_UPS_OF_A_48 + NEIGHBOURS + statuses.length + SESSIONS * (3 + ATTACK_MS / MINUTE_MS)
  expect(journalBytes(dataDir) - before.journal).toBeLessThan(budget + records * RECORD_BYTES)
  await pause(IS_LONG ? 61_000 : 1_000) // what is remembered for a minute
  const after = await running.holdings()
  process.stdout.write(`  heap: ${mb(before.heapBytes)} before, ${mb(after.heapBytes)} after\n`)
  expect(after.heapBytes - before.heapBytes).toBeLessThan(HEAP_KEPT_BYTES)
  if (IS_LONG) {
    expect(after.heapBytes).toBeLessThan(1.2 * before.heapBytes)
    expect(slowestMs).toBeLessThan(LONGEST_LOGIN_MS)
  }
})

const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`

const both = ({ client, reader }: Pair): Seeded[] => [client, reader]

/** Names the cookie as production does. */
const inProduction = ({ client, reader }: Pair): Pair => ({
  client: renamed(client),
  reader: renamed(reader),
})
const renamed = ({ id, cookie }: Seeded): Seeded => ({ id, cookie: `__Host-${cookie}` })

function journalBytes(dataDir: string): number {
  return readdirSync(dataDir)
    .filter((name) => name.startsWith('journal'))
    .reduce((sum, name) => sum + readFileSync(join(dataDir, name), 'utf8').replace(/\0+$/, '').length, 0)
}

// ---------------------------------------------------------------- the honest

interface Owner {
  readonly email: string
  /** By which the browser is known again. */
  readonly device: string
}

async function registered({ origin }: WatchedServer, email: string, address: string): Promise<Owner> {
  const body = { role: 'client', name: 'Olga', email, password: PASSWORD, acceptTerms: true }
  const answer = await ask(origin, 'POST', '/register', { headers: through(address), body })
  expect(answer.status).toBe(201)
  return { email, device: String(answer.headers['set-cookie']?.[1]).split(';')[0] ?? '' }
}

/** Logs in the owner of the account whose password is guessed, at a browser that knows it. */
async function logInNowAndThen({ origin }: WatchedServer, owner: Owner, fight: { isOver: boolean }) {
  const statuses: number[] = []
  let slowestMs = 0
  while (!fight.isOver) {
    const startedAt = performance.now()
    const body = { email: owner.email, password: PASSWORD }
    const headers = { ...through('192.0.2.1'), cookie: owner.device }
    const { status } = await ask(origin, 'POST', '/login', { headers, body })
    statuses.push(status)
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    await pause(LOG_IN_EVERY_MS)
  }
  return { statuses, slowestMs }
}

/** Opens forty people's pages behind one address; each looks at the readers now and then. */
async function moveIn({ origin }: WatchedServer, neighbours: readonly Seeded[]) {
  const headers = through('198.51.100.1')
  const lost: string[] = []
  const statuses = new Set<number>()
  const street = { isLeft: false }
  const lines = await inParallel(neighbours, 8, ({ cookie }) =>
    openLine({ url: origin, cookie, headers, hear: () => undefined, lost: (why) => lost.push(why) }),
  )
  const looking = neighbours.map(async ({ cookie }, n) => {
    await pause(n * 100)
    while (!street.isLeft) {
      statuses.add((await ask(origin, 'GET', '/readers', { headers: { ...headers, cookie } })).status)
      await pause(5_000)
    }
  })
  return {
    async leave() {
      street.isLeft = true
      await Promise.all(looking)
      for (const line of lines) line.close()
      return { lost, statuses: [...statuses] }
    },
  }
}

async function expectEveryCent(
  { origin }: WatchedServer,
  swarm: ReturnType<typeof createSwarm>,
  talkers: readonly Pair[],
  ids: readonly string[],
): Promise<void> {
  swarm.stop()
  await inParallel(ids, 8, async (id, n) => {
    const headers = { ...through('203.0.113.1'), cookie: talkers[n]?.client.cookie ?? '' }
    const { json } = await ask(origin, 'POST', `/session/${id}/end`, { headers })
    const session = json.session as SessionView
    expect(session).toMatchObject({ endReason: 'client_ended', pauses: [] })
    expect(session.billedMs).toBeGreaterThan(ATTACK_MS - 1_000)
    expect(session.chargedCents).toBe(Math.floor((RATE_CENTS * session.billedMs) / MINUTE_MS))
  })
  for (const { line } of swarm.seats) line.close()
}

// ---------------------------------------------------------------- the others

interface Tally {
  done: number
  refused: number
  letGo: number
}

interface Deed {
  readonly origin: string
  readonly headers: Record<string, string>
  readonly n: number
  readonly random: Random
  readonly tally: Tally
}

async function misbehave(
  { origin }: WatchedServer,
  { cookie }: Seeded,
  n: number,
  random: Random,
  fight: { isOver: boolean },
): Promise<Tally> {
  const tally = { done: 0, refused: 0, letGo: 0 }
  const deed = { origin, headers: { ...through(`203.0.113.${100 + n}`), cookie }, n, random, tally }
  while (!fight.isOver) {
    tally.done += 1
    await (random.pick(OF_ACCOUNTS) ?? ringUnknown)(deed)
    await pause(PACE_MS)
  }
  return tally
}

async function send({ origin, headers, tally }: Deed, method: string, path: string, body?: object) {
  const answer = await ask(origin, method, path, { headers, ...(body ? { body } : {}) }).catch(unlessCutOff)
  if (answer === undefined || answer.status >= 400) tally.refused += 1
  expect(answer?.status, `${method} ${path}`).not.toBe(500)
}

/**
 * Throws any other error: a response that comes before all of the request was read may be lost with
 * its connection.
 */
function unlessCutOff(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error
}

const ringUnknown = (deed: Deed) =>
  send(deed, 'POST', '/session/start', {
    readerId: 'x'.repeat(60_000 - deed.random.int(0, 999)),
    kind: 'chat',
  })

const OF_ACCOUNTS: readonly ((deed: Deed) => Promise<void>)[] = [
  ringUnknown,
  (deed) => send(deed, 'PATCH', '/me', { name: `Name ${deed.random.int(0, 1_000_000)}` }),
  (deed) => send(deed, 'PATCH', '/me', { bio: 'words '.repeat(deed.random.int(1, 80)) }),
  (deed) => send(deed, 'POST', '/availability', { available: deed.random.chance(0.5) }),
  (deed) =>
    send(deed, 'POST', '/add-funds/confirm', {
      userId: 'me',
      paymentIntentId: `pi_${deed.random.int(0, 99_999)}`,
    }),
  (deed) => send(deed, 'GET', '/earnings?zone=UTC'),
  leaveDuringExport,
  floodSocket,
  readNothing,
]

/** Asks for everything about oneself, and is gone before it has come. */
async function leaveDuringExport({ origin, headers }: Deed): Promise<void> {
  const { hostname, port } = new URL(origin)
  const call = request({ hostname, port, path: '/export', headers })
  call.once('error', () => undefined)
  call.end()
  await pause(20)
  call.destroy()
}

const NOISE = [
  (count: number) => Array.from({ length: count }, () => '3'),
  (count: number) => Array.from({ length: count }, (_, n) => `42${n}["noise-${n}",{}]`),
  (count: number) => Array.from({ length: count }, () => '40'),
  (count: number) => [
    '40',
    ...Array.from({ length: count }, (_, n) => `42${n}["session:join",{"sessionId":"${n}"}]`),
  ],
]

/** Says what no page says, as fast as it can, until it is let go. */
async function floodSocket({ origin, headers, random, tally }: Deed): Promise<void> {
  const page = await rawWebSocket(origin, headers)
  await page.say(...(random.pick(NOISE)?.(1_500) ?? []))
  await pause(300)
  // A server that is behind lets go once it has come to it.
  for (let asked = 0; asked < 10 && (await page.isOpen()); asked += 1) await ask(origin, 'GET', '/healthz')
  if (await page.isOpen()) page.close()
  else tally.letGo += 1
}

/** Opens a page and reads nothing of what it receives. */
async function readNothing({ origin, headers, tally }: Deed): Promise<void> {
  const line: Line | undefined = await openLine({
    url: origin,
    cookie: headers.cookie ?? '',
    headers,
    hear: () => undefined,
    lost: () => undefined,
  }).catch(() => undefined)
  if (line === undefined) tally.refused += 1
  else setTimeout(() => line.close(), 5_000)
}

/** Attacks from a /48, without an account: each time from another of its 65,536 prefixes. */
async function tryEveryPrefix(
  { origin }: WatchedServer,
  random: Random,
  fight: { isOver: boolean },
): Promise<Tally> {
  const tally = { done: 0, refused: 0, letGo: 0 }
  while (!fight.isOver) {
    tally.done += 1
    const prefix = random.int(0, 0xffff).toString(16)
    const deed = { origin, headers: through(`2001:db8:7:${prefix}::1`), n: 0, random, tally }
    await (random.pick(OF_STRANGERS) ?? guess)(deed)
    await pause(PACE_MS)
  }
  return tally
}

const guess = (deed: Deed) =>
  send(deed, 'POST', '/login', {
    email: 'owner@example.com',
    password: `guess ${deed.random.int(0, 1_000_000)}`,
  })

const OF_STRANGERS: readonly ((deed: Deed) => Promise<void>)[] = [
  guess,
  (deed) =>
    send(deed, 'POST', '/login', {
      email: `person-${deed.random.int(0, 99)}@example.com`,
      password: PASSWORD,
      acceptTerms: true,
    }),
  (deed) =>
    send(deed, 'POST', '/register', {
      role: 'client',
      name: 'Many',
      email: `many-${deed.random.int(0, 1_000_000_000)}@example.com`,
      password: PASSWORD,
    }),
  (deed) => send(deed, 'GET', '/me'),
  (deed) => send(deed, 'POST', '/session/start', { readerId: 'x'.repeat(60_000), kind: 'chat' }),
  floodSocket,
]
