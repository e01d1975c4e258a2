/**
 * Puts SoulSeer itself under load: one process as operators run it, with people who ring, talk and
 * are charged.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type Comparison, compareRelay, cpuShare, memoryOf, microsEach } from './compare.ts'
import { now, type Spread, spreadOf } from './figures.ts'
import { type Host, startHost } from './host.ts'
import type { Options } from './options.ts'
import type { StallReading } from './probe.ts'
import { createRing } from './ring.ts'
import { type Pair, seed, seededCents } from './seed.ts'
import { createSwarm, type Swarm } from './swarm.ts'
import type { Relayed } from './traffic.ts'

/**
 * The figures of a run with everything at once: live sessions, heartbeats, charges, relays, and
 * writes of the files.
 */
export interface Together {
  readonly sessions: number
  readonly sockets: number
  readonly heartbeatsPerSecond: number
  readonly chargesDue: number
  /** Announcements that should have come and did not, of two for every charge due. */
  readonly lost: number
  readonly repeated: number
  readonly latenessMs: Spread
  readonly relayed: Relayed & { readonly cpuMicrosPerMessage: number }
  /** Of one core, all threads of the server together, with relays and without. */
  readonly cpuShare: number
  readonly cpuShareWithoutRelays: number
  /** The number of times users.json was replaced meanwhile. */
  readonly snapshots: number
  readonly rssMb: number
  /**
   * The event loop delays of the server and of the generator: measurements cannot be finer than the
   * latter.
   */
  readonly stalls: StallReading
  readonly generatorLoop: { readonly p99Ms: number; readonly maxMs: number }
}

export interface HouseFigures {
  readonly comparison: Comparison | undefined
  readonly together: Together
  /** Things that must not happen, in words; none in a good run. */
  readonly troubles: readonly string[]
}

const HOUR_MS = String(60 * 60 * 1000)
const HEARTBEAT_TIMEOUT_MS = 10_000
const BASELINE_SECONDS = 8 // at the most
const SETTLE_MS = 60_000 // only what never comes is waited for so long
const LOOP_RESOLUTION_MS = 10

export async function measureHouse(options: Options, note: (text: string) => void): Promise<HouseFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'soulseer-load-'))
  try {
    return await measureIn(folder, options, note)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureIn(
  folder: string,
  options: Options,
  note: (text: string) => void,
): Promise<HouseFigures> {
  const dataDir = join(folder, 'data')
  const secret = randomBytes(32).toString('base64url')
  note(`${options.users} people are registered`)
  const pairs = await seed({ dataDir, secret, users: options.users, sessions: options.sessions })
  const host = await startHost({
    script: options.server,
    env: settings(dataDir, secret, options),
    cwd: folder,
    nodeFlags: options.nodeFlags,
  })

  note(`${options.sessions} sessions are requested and accepted`)
  const ids = await createRing(host.url).bringTogether(pairs)
  const swarm = createSwarm({ url: host.url, minuteMs: options.minuteMs })
  const troubles: string[] = []

  const compared = Math.min(options.sessions, Math.floor(options.peerSockets / 2))
  const comparison =
    compared > 0 ? await compare(host, swarm, pairs, ids, compared, options, note) : undefined
  note('the other sockets connect and join')
  await swarm.join(pairs.slice(compared), ids.slice(compared))
  note('both people of each session report that they are connected, spread over a minute')
  await swarm.goLive()
  const together = await measureTogether(host, swarm, dataDir, options, note)

  troubles.push(...swarm.troubles())
  note('the server is asked to stop, and the money in its files is counted')
  const code = await host.stop()
  if (code !== 0) troubles.push(`the server ended with ${code}`)
  troubles.push(...(await missingCents(dataDir, seededCents(options.users))))
  return { comparison, together, troubles }
}

/**
 * Returns the settings that operators use, but for the time people may take to come: here thousands
 * come at once.
 */
function settings(dataDir: string, secret: string, options: Options): Record<string, string> {
  return {
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    SESSION_SECRET: secret,
    BILLING_INTERVAL_MS: String(options.minuteMs),
    HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
    RATE_LIMITS: 'off',
    RING_TIMEOUT_MS: HOUR_MS,
    CONNECT_TIMEOUT_MS: HOUR_MS,
    PRESENCE_GRACE_MS: HOUR_MS,
    LOG_LEVEL: 'warn',
  }
}

/** Measures the relay alone, before any meter runs, on as many sockets as the peers have. */
async function compare(
  host: Host,
  swarm: Swarm,
  pairs: readonly Pair[],
  ids: readonly string[],
  count: number,
  options: Options,
  note: (text: string) => void,
): Promise<Comparison> {
  note(`${2 * count} sockets connect and join`)
  const join = () => swarm.join(pairs.slice(0, count), ids.slice(0, count))
  const { opened: _, ...memory } = await memoryOf(host, 2 * count, join)
  note('relays alone, at a pace and saturated')
  const { traffic } = swarm
  const { relays: perSecond, compareSeconds: seconds } = options
  const figures = await compareRelay({ host, traffic, seats: swarm.seats, perSecond, seconds })
  return { sockets: 2 * count, ...memory, ...figures }
}

async function measureTogether(
  host: Host,
  swarm: Swarm,
  dataDir: string,
  options: Options,
  note: (text: string) => void,
): Promise<Together> {
  note('charges and heartbeats alone')
  const baseline = await cpuShare(host, () => pause(Math.min(options.seconds, BASELINE_SECONDS) * 1000))
  note(`charges, heartbeats and ${options.relays} relays a second for ${options.seconds} s`)
  const snapshots = watchFile(join(dataDir, 'users.json'))
  await host.stalls()
  const ownLoop = watchOwnLoop()
  const from = now()
  const loaded = await cpuShare(host, () => swarm.traffic.paced(swarm.seats, options.relays, options.seconds))
  const to = now()
  const written = snapshots.stop()
  const generatorLoop = ownLoop.stop()
  const stalls = await host.stalls()
  await swarm.chargesUntil(to, SETTLE_MS)
  const { rssBytes } = await host.memory()
  swarm.stop()
  const { latenesses, ...charges } = swarm.chargesBetween(from, to)
  return {
    ...charges,
    sessions: swarm.seats.length / 2,
    sockets: swarm.seats.length,
    heartbeatsPerSecond: swarm.heartbeatsPerSecond(),
    latenessMs: spreadOf(latenesses),
    relayed: {
      ...loaded.result,
      cpuMicrosPerMessage: microsEach(loaded, baseline.share, loaded.result.arrived),
    },
    cpuShare: loaded.share,
    cpuShareWithoutRelays: baseline.share,
    snapshots: written,
    rssMb: rssBytes / 1024 / 1024,
    stalls,
    generatorLoop,
  }
}

/** Measures how late the generator's event loop comes to a timer. */
function watchOwnLoop(): { stop(): Together['generatorLoop'] } {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  loop.enable()
  return {
    stop() {
      loop.disable()
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - LOOP_RESOLUTION_MS)
      return { p99Ms: late(loop.percentile(99)), maxMs: late(loop.max) }
    },
  }
}

/** Counts how often a file is replaced. */
function watchFile(file: string): { stop(): number } {
  const seen = new Set<number>()
  const timer = setInterval(() => {
    stat(file).then(
      ({ mtimeMs }) => seen.add(mtimeMs),
      () => undefined, // between two looks it may be anywhere
    )
  }, 50)
  return {
    stop() {
      clearInterval(timer)
      return Math.max(0, seen.size - 1)
    },
  }
}

/** Returns the cents that the clients brought and that are neither with a client nor a reader's. */
async function missingCents(dataDir: string, expected: number): Promise<string[]> {
  const read = async (name: string) => JSON.parse(await readFile(join(dataDir, name), 'utf8'))
  const users: { balanceCents?: number }[] = await read('users.json')
  const earnings: { totalCents: number }[] = await read('earnings.json')
  const held = users.reduce((sum, user) => sum + (user.balanceCents ?? 0), 0)
  const earned = earnings.reduce((sum, { totalCents }) => sum + totalCents, 0)
  return held + earned === expected ? [] : [`the files hold ${held + earned} cents instead of ${expected}`]
}
