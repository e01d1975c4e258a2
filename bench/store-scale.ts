/**
 * `npm run bench:store-scale`: what size does. Ending a session beside few and many past ones, a
 * start with all of them, and what ticks notice of the files being written. PAST and USERS set the
 * sizes.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { OpenStore } from '../adapters/store/store.ts'
import { end, type OpenSession } from '../domain/session.ts'
import { fill, live, openOurs, tickOurs } from './store-systems.ts'

const USERS = Number(process.env.USERS ?? 100_000)
const PAST = Number(process.env.PAST ?? 1_000_000)
const FEW = 1_000
const TOGETHER = 1_000
const SAMPLE = 2_000

const [command, folder] = process.argv.slice(2)
if (command === 'start') await measureStart(folder ?? '')
else await measureAll()

async function measureAll(): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'soulseer-scale-'))
  let store = await openOurs(dir)
  await fill(store, USERS)
  await endMany(store, 0, FEW)
  store = await reopened(store, dir)
  report(`ending a session beside ${FEW} past ones`, await timeEnds(store, FEW))
  await endMany(store, FEW + SAMPLE, PAST)
  store = await reopened(store, dir)
  report(`ending a session beside ${PAST} past ones`, await timeEnds(store, PAST))
  store = await reopened(store, dir, { files: false })
  const alone = await measureTicks('ticks while no file is written', store)
  store = await reopened(store, dir)
  const beside = await measureTicks('ticks while the files are written', store)
  console.log(`  the slowest tick took ${(beside / alone).toFixed(2)} times as long as without`)
  await store.close()
  console.log(
    `sessions.json holds ${megabytes(dir, 'sessions.json')} MB, users.json ${megabytes(dir, 'users.json')} MB`,
  )
  spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), 'start', dir], {
    stdio: 'inherit',
  })
  rmSync(dir, { recursive: true })
}

/**
 * Waits until every change is in the files, so that later measurements do not include earlier work.
 */
async function reopened(
  store: OpenStore,
  dir: string,
  options: { files?: boolean } = {},
): Promise<OpenStore> {
  await store.close()
  const fresh = await openOurs(dir, options)
  globalThis.gc?.()
  return fresh
}

/** Measures in a process of its own, so that its memory is that of a start alone. */
async function measureStart(dir: string): Promise<void> {
  const startedAt = performance.now()
  const store = await openOurs(dir)
  const took = performance.now() - startedAt
  const most = process.resourceUsage().maxRSS / 1e3
  globalThis.gc?.()
  const after = process.memoryUsage.rss() / 1e6
  console.log(
    `a start with ${USERS} users and ${PAST} past sessions took ${took.toFixed(0)} ms, at most ${most.toFixed(0)} MB, ${after.toFixed(0)} MB afterwards`,
  )
  const askedAt = performance.now()
  for (let n = 0; n < 100; n++) await store.pastSession(`past${(n * 7919) % PAST}`)
  console.log(`reading a past session took ${((performance.now() - askedAt) / 100).toFixed(2)} ms`)
  await store.close()
}

function megabytes(dir: string, name: string): string {
  return (statSync(join(dir, name)).size / 1e6).toFixed(0)
}

/** Ends a session between two people who are in no other, as soon as it starts. */
function endOne(on: OpenStore, n: number): Promise<void> {
  const person = USERS / 10 + (n % (USERS / 2))
  return on.commit((tx) => {
    const { id: _, ...session } = live(person, tx.now)
    const open: OpenSession = { ...session, id: `past${n}`, readerId: `nobody${n % TOGETHER}` }
    tx.putSession(open)
    tx.putSession(end(open, 'client_ended', tx.now))
  })
}

async function endMany(on: OpenStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += TOGETHER) {
    await Promise.all(Array.from({ length: Math.min(TOGETHER, to - n) }, (_, each) => endOne(on, n + each)))
  }
}

async function timeEnds(on: OpenStore, from: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < SAMPLE; n++) {
    const startedAt = performance.now()
    await endOne(on, from + n)
    times.push(performance.now() - startedAt)
  }
  return times
}

function report(what: string, times: readonly number[], unit = 'ms'): void {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2)
  console.log(
    `${what}: p50 ${at(0.5)} ${unit}, p99 ${at(0.99)} ${unit}, longest ${at(1)} ${unit} (${times.length})`,
  )
}

/**
 * Keeps 64 ticks in flight, about 3,000 a second, for long enough that the files are written
 * several times. Returns the time of the slowest, in milliseconds.
 */
async function measureTicks(what: string, on: OpenStore): Promise<number> {
  const loop = monitorEventLoopDelay({ resolution: 1 })
  const before = process.memoryUsage.rss()
  let most = before
  const times: number[] = []
  loop.enable()
  const until = performance.now() + 15_000
  let n = 0
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (performance.now() < until) {
        const startedAt = performance.now()
        await tickOurs(on, n++ % (USERS / 10))
        times.push(performance.now() - startedAt)
        most = Math.max(most, process.memoryUsage.rss())
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }),
  )
  loop.disable()
  report(what, times)
  console.log(
    `  loop delay p99 ${(loop.percentile(99) / 1e6).toFixed(1)} ms, longest ${(loop.max / 1e6).toFixed(1)} ms; ` +
      `${((most - before) / 1e6).toFixed(0)} MB more memory`,
  )
  return times.reduce((slowest, time) => Math.max(slowest, time), 0)
}
