/**
 * Tests a rush: a reader with an audience goes live, and people log in from everywhere at once, at
 * the real cost of a password, beside live sessions. A thousand beside two hundred in a long run.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import bcrypt from 'bcrypt'
import { afterAll, expect, it } from 'vitest'
import { createRing } from '../../bench/load/ring.ts'
import { type Pair, type Seeded, seed, seededEmail } from '../../bench/load/seed.ts'
import { createSwarm } from '../../bench/load/swarm.ts'
import { ask, through } from '../security/support.ts'
import { STAGING } from '../support/production-settings.ts'
import { IS_LONG, sampleSize } from '../support/sample.ts'
import {
  p99Between,
  startControlTimer,
  TOKEN,
  type WatchedServer,
  watchServer,
} from '../support/watched-server.ts'

const LOG_INS = sampleSize(16, 1_000)
const SESSIONS = sampleSize(20, 200)
/** They all come within this time; the last is in well before ten minutes are over. */
const ARRIVE_WITHIN_MS = sampleSize(1_000, 60_000)
const ALL_IN_WITHIN_MS = 600_000
/** Production's own in a long run; beside other tests the pages may come late to their turn. */
const HEARTBEAT_TIMEOUT_MS = sampleSize(60_000, 10_000)
const COST = 12
const SECRET = 'a secret for the tests alone, long enough'
const PASSWORD = 'violet lantern 92 orbit'
const HERE = through('203.0.113.1')

const folder = mkdtempSync(join(tmpdir(), 'soulseer-rush-'))
let server: WatchedServer | undefined
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('everybody is in, nobody is shown an error, and no charge is late for it', {
  timeout: ALL_IN_WITHIN_MS + 240_000,
}, async () => {
  const dataDir = join(folder, 'data')
  const users = 2 * SESSIONS + LOG_INS
  const passwordHash = await bcrypt.hash(PASSWORD, COST)
  const pairs = await seed({ dataDir, secret: SECRET, users, sessions: SESSIONS, passwordHash })
  const talkers = pairs.map(inProduction)
  const running = await watchServer(dataDir, {
    ...STAGING,
    SESSION_SECRET: SECRET,
    DATA_KEY: readFileSync(join(dataDir, 'data-key'), 'utf8'),
    BCRYPT_COST: String(COST),
    HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
    LOG_LEVEL: 'silent',
  })
  server = running
  const swarm = createSwarm({ url: running.origin, minuteMs: 60_000, spreadMs: 2_000, headers: HERE })
  const ids = await createRing(running.origin, HERE).bringTogether(talkers)
  await swarm.join(talkers, ids)
  await swarm.goLive()

  const [before, control, from] = [await figuresOf(running), startControlTimer(), performance.now()]
  const logIns = await Promise.all(
    Array.from({ length: LOG_INS }, (_, n) => logInAsAPage(running, n, (n / LOG_INS) * ARRIVE_WITHIN_MS)),
  )
  const [after, machine, tookMs] = [await figuresOf(running), await control.stop(), performance.now() - from]

  const late = p99Between(before, after, 'soulseer_alarm_lateness_seconds')
  const sync = p99Between(before, after, 'soulseer_journal_sync_seconds')
  const slowest = Math.max(...logIns.map(({ ms }) => ms))
  const asked = logIns.reduce((sum, { statuses }) => sum + statuses.length, 0)
  process.stdout.write(
    `  ${LOG_INS} log-ins in ${seconds(tookMs)}, the slowest in ${seconds(slowest)}, ${asked - LOG_INS} sent back; ` +
      `99 % of ${late.count} wake-ups within ${late.ms} ms, of ${sync.count} syncs within ${sync.ms} ms; ` +
      `an idle thread: p99 ${machine.p99Ms.toFixed(0)}, max ${machine.maxMs.toFixed(0)} ms\n`,
  )
  expect(logIns.map(({ statuses }) => statuses.at(-1)).filter((status) => status !== 200)).toEqual([])
  expect(logIns.flatMap(({ statuses }) => statuses).filter((status) => ![200, 503].includes(status))).toEqual(
    [],
  )
  expect(tookMs).toBeLessThan(ALL_IN_WITHIN_MS)
  expect(swarm.troubles(), 'the sessions').toEqual([])
  swarm.stop()
  for (const { line } of swarm.seats) line.close()
  // Beside other tests a time says nothing about the server.
  if (IS_LONG) {
    expect(late.ms, 'beyond what the machine did to an idle thread').toBeLessThanOrEqual(500 + machine.maxMs)
    expect(sync.ms).toBeLessThanOrEqual(500 + machine.maxMs)
  }
})

/** Reads the metrics by way of the proxies: in production nothing else is let in. */
async function figuresOf({ origin }: WatchedServer): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}`, ...HERE }
  return (await ask(origin, 'GET', '/metrics', { headers })).text
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Logs in as the page does: it waits for as long as the server says, and goes on for ten minutes. */
async function logInAsAPage({ origin }: WatchedServer, n: number, afterMs: number) {
  await pause(afterMs)
  const from = performance.now()
  const headers = { ...through(`198.51.${n >> 8}.${n & 255}`), connection: 'close' }
  const body = { email: seededEmail(2 * SESSIONS + n), password: PASSWORD }
  const statuses: number[] = []
  for (;;) {
    const answer = await ask(origin, 'POST', '/login', { headers, body })
    statuses.push(answer.status)
    const ms = performance.now() - from
    if (answer.status !== 503 || ms > ALL_IN_WITHIN_MS) return { statuses, ms }
    await pause(1_000 * Number(answer.headers['retry-after']))
  }
}

/** Names the cookies as production does. */
const inProduction = ({ client, reader }: Pair): Pair => ({
  client: renamed(client),
  reader: renamed(reader),
})
const renamed = ({ id, cookie }: Seeded): Seeded => ({ id, cookie: `__Host-${cookie}` })
