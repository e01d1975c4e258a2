/**
 * `npm run bench:shipping [-- MEGABYTES]`: what shipping costs a store at work, on and off in turns
 * in one run, and how long a journal of that size takes to restore. The bucket is the tests' own, in
 * a process beside.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { restore } from '../adapters/backup/backup.ts'
import { openBucket } from '../adapters/backup/bucket.ts'
import { createKeysShipping } from '../adapters/backup/keys/ship-keys.ts'
import { rebuild } from '../adapters/backup/rebuild.ts'
import { createShipper } from '../adapters/backup/shipper.ts'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { type OpenStore, openStore } from '../adapters/store/store.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { createDataKey } from '../adapters/system/data-key.ts'
import { UNWATCHED } from '../adapters/system/disk-space.ts'
import { measuredDisk } from '../adapters/system/instrumented.ts'
import type { Client } from '../domain/client.ts'
import { entry } from '../domain/ledger.ts'
import { cents, NO_CENTS } from '../shared/money.ts'
import { startS3 } from '../test/support/s3-server.ts'

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret', region: 'auto' }
const MEGABYTES = Number(process.argv[2] ?? 64)
const TURNS = 6
const TURN_MS = 20_000
const CHANGES_A_SECOND = 50 // three thousand sessions at once
const CLIENTS = 200
const PAD = 'x'.repeat(250) // a record takes some 400 bytes, as a minute of a session does
const key = createDataKey([Buffer.alloc(32, 7)])
const log = { info: () => undefined, warn: console.warn, error: console.error }

if (process.argv[2] === 'store') console.log((await startS3(KEYS)).url)
else await measure()

async function measure(): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'soulseer-shipping-'))
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'store'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [url] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    await measureCost(dir, url.trim())
    await measureRestore(dir, url.trim())
  } finally {
    child.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function open(dir: string, url: string, onSync: (ms: number) => void = () => undefined) {
  const clock = systemClock()
  const disk = nodeDisk(dir)
  const bucket = openBucket({ url, ...KEYS })
  const shipper = createShipper({
    bucket,
    key,
    disk,
    clock,
    log,
    shipKeys: createKeysShipping(bucket, disk, dir),
    onRefused: (error) => {
      throw error
    },
  })
  const onFatal = (error: unknown) => {
    throw error
  }
  const store = await openStore({
    disk: measuredDisk(disk, onSync),
    dataKey: key,
    clock,
    log,
    space: UNWATCHED,
    onFatal,
    onWritten: ({ seq }, bytes) => shipper.wrote(seq, bytes),
  })
  await store.commit((tx) => {
    for (let n = 0; n < CLIENTS; n += 1) tx.putUser(client(n))
  })
  return { store, shipper }
}

function client(n: number): Client {
  return {
    id: `client-${n}`,
    role: 'client',
    name: `Client ${n}`,
    email: `client-${n}@example.com`,
    passwordHash: 'hash',
    createdAt: 1,
    logins: [],
    balanceCents: NO_CENTS,
    topUps: [],
  }
}

function change(store: OpenStore, n: number): Promise<void> {
  const to = [{ account: `wallet:client-${n % CLIENTS}` as const, cents: cents(1) }]
  return store.commit((tx) => tx.post(entry(`topup:${PAD}${n}`, 'stripe', cents(1), to)))
}

interface Turn {
  readonly cpuPercent: number
  /** Milliseconds of each commit, and of each write of the journal, through to the disk. */
  readonly commits: readonly number[]
  readonly syncs: readonly number[]
}

async function measureCost(dir: string, url: string): Promise<void> {
  const on: Turn[] = []
  const off: Turn[] = []
  for (let n = 0; n < TURNS; n += 1) {
    const isOn = n % 2 === 1
    const syncs: number[] = []
    const { store, shipper } = await open(join(dir, `turn-${n}`), `${url}/soulseer/turn-${n}`, (ms) =>
      syncs.push(ms),
    )
    if (isOn) shipper.start(undefined)
    await setTimeout(2_000) // the files of the start are written by then
    syncs.length = 0
    ;(isOn ? on : off).push({ ...(await work(store)), syncs })
    await shipper.stop(10_000)
    await store.close()
  }
  for (const [name, turns] of [
    ['shipping off', off],
    ['shipping on', on],
  ] as const) {
    const cpu = turns.map(({ cpuPercent }) => cpuPercent.toFixed(2)).join(', ')
    console.log(
      `${name}: ${cpu} % of a core; a commit takes ${textOf(ordered(turns, 'commits'))}, a sync ${textOf(ordered(turns, 'syncs'))}`,
    )
  }
  const mean = (turns: readonly Turn[]) =>
    turns.reduce((sum, turn) => sum + turn.cpuPercent, 0) / turns.length
  console.log(`shipping costs ${(mean(on) - mean(off)).toFixed(2)} % of a core (goal: under 2)`)
  const ratio = (what: 'commits' | 'syncs', share: number) =>
    (quantile(ordered(on, what), share) / quantile(ordered(off, what), share)).toFixed(2)
  console.log(
    `on for off: processor ${(mean(on) / mean(off)).toFixed(2)}; commit p50 ${ratio('commits', 0.5)}, p99 ${ratio('commits', 0.99)}; ` +
      `sync p50 ${ratio('syncs', 0.5)}, p99 ${ratio('syncs', 0.99)}`,
  )
}

function ordered(turns: readonly Turn[], what: 'commits' | 'syncs'): number[] {
  return turns.flatMap((turn) => turn[what]).sort((a, b) => a - b)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0
}

function textOf(sorted: readonly number[]): string {
  const [half, most] = [0.5, 0.99].map((share) => quantile(sorted, share).toFixed(2))
  return `${half} ms, p99 ${most} ms (${sorted.length})`
}

async function work(store: OpenStore): Promise<Omit<Turn, 'syncs'>> {
  const commits: number[] = []
  const before = process.cpuUsage()
  const startedAt = performance.now()
  for (let n = 0; performance.now() - startedAt < TURN_MS; n += 1) {
    const madeAt = performance.now()
    await change(store, n)
    commits.push(performance.now() - madeAt)
    await setTimeout(Math.max(0, startedAt + (n + 1) * (1_000 / CHANGES_A_SECOND) - performance.now()))
  }
  const { user, system } = process.cpuUsage(before)
  return { cpuPercent: (user + system) / 10 / (performance.now() - startedAt), commits }
}

async function measureRestore(dir: string, url: string): Promise<void> {
  const { store, shipper } = await open(join(dir, 'large'), `${url}/soulseer/large`)
  let n = 0
  let bytes = 0
  while (bytes < MEGABYTES * 1024 * 1024) {
    const together = 2_000
    await Promise.all(Array.from({ length: together }, () => change(store, n++)))
    bytes += together * 440
  }
  const shippedAt = performance.now()
  shipper.start(undefined)
  while (!shipper.isUpToDate()) await setTimeout(50)
  const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(1)
  console.log(`${MEGABYTES} MB of journal, ${n} changes: shipped from the start in ${seconds(shippedAt)} s`)
  await shipper.stop(10_000)
  await store.close()
  const into = join(dir, 'into')
  mkdirSync(into)
  const startedAt = performance.now()
  const bucket = openBucket({ url: `${url}/soulseer/large`, ...KEYS })
  const { folder } = await rebuild({ bucket, key, into, tell: () => undefined })
  const downloaded = seconds(startedAt)
  const provingAt = performance.now()
  await restore({ from: folder, to: join(dir, 'restored'), at: new Date(), isMoved: true })
  console.log(
    `restored in ${seconds(startedAt)} s: ${downloaded} s for the pieces, ${seconds(provingAt)} s for the books`,
  )
}
