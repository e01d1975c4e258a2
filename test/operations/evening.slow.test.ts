/**
 * Tests an evening at a real server: couples meet, talk, lose their connection, come back, run out
 * of money, pay, and go. `npm run soak:evening` makes it as long as you like.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol/session.ts'
import { createRandom, type Random } from '../simulation/random.ts'
import { type Page, type People, type Person, peopleAt, say } from '../support/people.ts'
import { sampleSize, TEST_SEED } from '../support/sample.ts'
import { liveTalk, type Talk } from '../support/talk.ts'
import { figure, type WatchedServer, watchServer } from '../support/watched-server.ts'

const SECONDS = Number(process.env.EVENING_SECONDS ?? sampleSize(4, 120))
const COUPLES = Number(process.env.EVENING_COUPLES ?? sampleSize(6, 24))
const MINUTE_MS = 1_000
const RATE_CENTS = 200
const PURSE_CENTS = 2_500 // twelve minutes: some of them run dry
const READINGS = 12
const BYTES_A_SESSION = 1_024 // its place in the index of ended ones, and what is kept of its people
const TIMERS_LEFT = 24
const CONNECTIONS_KEPT_MS = 90_000 // a connection that was made to pay is kept, with its timer, for 65 s

const folder = mkdtempSync(join(tmpdir(), 'soulseer-evening-'))
let server: WatchedServer | undefined
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

it(`${COUPLES} couples come and go for ${SECONDS} s: memory stays flat and the books hold`, {
  timeout: (SECONDS + 600) * 1_000,
}, async () => {
  const dataDir = join(folder, 'data')
  const running = await watchServer(dataDir, {
    RATE_LIMITS: 'off',
    BCRYPT_COST: '4',
    BILLING_INTERVAL_MS: String(MINUTE_MS),
    HEARTBEAT_TIMEOUT_MS: '30000',
    PRESENCE_GRACE_MS: '60000', // readers are rung before their pages open, on a slow machine long before
  })
  server = running
  const people = peopleAt(running.origin, { connection: 'close' }) // one that is kept would hold a timer
  const couples: Couple[] = []
  for (let n = 0; n < COUPLES; n += 1) {
    couples.push(await createCouple(people, n, createRandom(TEST_SEED + n)))
  }

  const evening = { isOver: false }
  const endings: SessionView[] = []
  const talking = Promise.all(
    couples.map((couple) => couple.untilOver(evening, (ended) => endings.push(ended))),
  )
  const readings: Reading[] = []
  let books = ''
  try {
    for (let taken = 0; taken < READINGS; taken += 1) {
      await Promise.race([pause((SECONDS * 1_000) / READINGS), talking])
      const { heapBytes } = await running.holdings()
      readings.push({ heapBytes, ended: endings.length })
    }
    books = await provedBooks(dataDir)
    // On a busy machine a couple may take as long as the evening for its first session.
    const isWhole = () =>
      endings.length > COUPLES && endings.some(({ endReason }) => endReason === 'client_ended')
    await Promise.race([expect.poll(isWhole, { timeout: 240_000 }).toBe(true), talking])
  } finally {
    evening.isOver = true
    await talking
    people.leave()
  }

  expect(books, 'while it runs').toContain('every cent is accounted for')
  for (const { chargedCents, billedMs } of endings) {
    expect(chargedCents).toBe(Math.floor((RATE_CENTS * billedMs) / MINUTE_MS))
  }
  const reasons = new Set(endings.map(({ endReason }) => endReason))
  expect(reasons).toContain('client_ended')
  expect(endings.length).toBeGreaterThan(COUPLES)
  tell(readings, endings, reasons)
  expectFlat(readings)

  const idle = async () => {
    const text = await running.figures()
    return ['soulseer_sockets', 'soulseer_sessions'].map((name) => figure(text, name))
  }
  await expect.poll(idle, { interval: 100 }).toEqual([0, 0])
  await expect
    .poll(async () => (await running.holdings()).timers, { timeout: CONNECTIONS_KEPT_MS, interval: 1_000 })
    .toBeLessThan(TIMERS_LEFT)
  expect(await running.stop()).toBe(0)
  expect(await provedBooks(dataDir), 'after it').toContain('every cent is accounted for')
})

interface Reading {
  readonly heapBytes: number
  /** The number of sessions that had ended by then. */
  readonly ended: number
}

interface Couple {
  /** Talks until the evening is over; reports each session's summary. */
  untilOver(evening: { isOver: boolean }, onEnd: (ended: SessionView) => void): Promise<void>
}

async function createCouple(people: People, n: number, random: Random): Promise<Couple> {
  const client = await people.client(`Ana${n}`, PURSE_CENTS)
  const reader = await people.reader(`Mara${n}`, RATE_CENTS)

  const once = async (): Promise<SessionView> => {
    await payWhereDue(people, client)
    // Last: without a page of the reader's it lapses.
    await reader.send('POST', '/availability', { available: true })
    if (random.chance(0.1)) return turnedAway(client, reader, random)
    const talk = await liveTalk(people, client, reader)
    await talkFor(talk, client, random)
    const who = random.pick([client, reader]) ?? client
    const { body } = await who.send<{ session: SessionView }>('POST', `/session/${talk.session.id}/end`)
    for (const { page, fallSilent } of [talk.client, talk.reader]) {
      fallSilent()
      page.disconnect()
    }
    return body.session
  }

  return {
    async untilOver(evening, onEnd) {
      while (!evening.isOver) onEnd(await once())
    },
  }
}

/** Cancels the request, or declines it. */
async function turnedAway(client: Person, reader: Person, random: Random): Promise<SessionView> {
  const wish = { readerId: reader.user.id, kind: 'voice' }
  const { body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
  const [who, verb] = random.chance(0.5) ? ([client, 'cancel'] as const) : ([reader, 'decline'] as const)
  const answer = await who.send<{ session: SessionView }>('POST', `/session/${body.session.id}/${verb}`)
  return answer.body.session
}

async function payWhereDue(people: People, client: Person): Promise<void> {
  const { body } = await client.send<{ balanceCents: number }>(
    'GET',
    `/check-balance?userId=${client.user.id}`,
  )
  if (body.balanceCents < 2 * RATE_CENTS) await people.topUp(client, PURSE_CENTS)
}

/** Words, and now and then a connection that is lost and found; stops early when the money does. */
async function talkFor({ session, client, reader }: Talk, person: Person, random: Random): Promise<void> {
  for (let turn = random.int(2, 10); turn > 0; turn -= 1) {
    await pause(random.int(100, 500))
    const { page, report } = random.pick([client, reader]) ?? client
    const what = random.weighted({ words: 8, falter: 1, drop: 1 })
    if (what === 'words') await candidate(page, session.id)
    if (what === 'falter') await report('interrupted').then(() => report('connected'))
    if (what === 'drop') page.io.engine.close()
    if ((await settledStatus(person, session.id)) === 'ended') return
  }
}

const candidate = (page: Page, sessionId: string) =>
  say(page, 'ice-candidate', { sessionId, candidate: { candidate: 'candidate:1', sdpMid: '0' } })

/** Waits while the session is paused. */
async function settledStatus(person: Person, sessionId: string): Promise<string> {
  let status = 'paused'
  while (status === 'paused') {
    const { body } = await person.send<{ session: SessionView }>('GET', `/session/${sessionId}`)
    status = body.session.status
    if (status === 'paused') await pause(100)
  }
  return status
}

/** Returns the output of `npm run books` for the folder. */
async function provedBooks(dataDir: string): Promise<string> {
  const books = resolve('dist/scripts/books.js')
  return (await promisify(execFile)(process.execPath, [books, dataDir], { cwd: folder })).stdout
}

/**
 * Checks that the last third holds no more than the first, but for what the sessions between them
 * have left on purpose.
 */
function expectFlat(readings: readonly Reading[]): void {
  const third = Math.floor(readings.length / 3)
  const mean = (some: typeof readings, of: 'heapBytes' | 'ended') =>
    some.reduce((sum, each) => sum + each[of], 0) / some.length
  const [first, last] = [readings.slice(0, third), readings.slice(-third)]
  const allowed = (mean(last, 'ended') - mean(first, 'ended')) * BYTES_A_SESSION
  expect(mean(last, 'heapBytes')).toBeLessThan(1.05 * mean(first, 'heapBytes') + allowed)
}

function tell(
  readings: readonly Reading[],
  endings: readonly SessionView[],
  reasons: ReadonlySet<string | undefined>,
): void {
  const mb = readings.map(({ heapBytes }) => (heapBytes / 1024 / 1024).toFixed(1)).join(' ')
  const minutes = endings.reduce((sum, { billedMs }) => sum + billedMs, 0) / MINUTE_MS
  process.stdout.write(
    `  ${endings.length} sessions, ${minutes.toFixed(0)} billed minutes, ended as ${[...reasons].join(', ')}; heap in MB: ${mb}\n`,
  )
}
