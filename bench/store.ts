/**
 * `npm run bench:store`: measures durable ticks a second, their latency, and what they do to
 * everything else, beside the figures that other stores reach in the same run. Each cell is a
 * process of its own. `npm run bench:store -- 1000 64` measures that one alone.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { SESSIONS_SHARE, SYSTEMS } from './store-systems.ts'

const CELL_MS = 4_000
const WARM_UP_MS = 1_500
const RUNS = Number(process.env.RUNS ?? 3)

interface Cell {
  readonly ticksPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly loopP99Ms: number
  /** Time on any core for each tick: steadier than the others where the machine is shared. */
  readonly cpuUs: number
}

const [first, ...rest] = process.argv.slice(2)
if (first === 'cell') await printCell(rest[0] ?? '', Number(rest[1]), Number(rest[2]))
else table(first ? [Number(first)] : [1_000, 100_000], rest[0] ? [Number(rest[0])] : [1, 64, 1_000])

function table(userCounts: readonly number[], flights: readonly number[]): void {
  for (const users of userCounts) {
    for (const inFlight of flights) {
      console.log(
        `\n${users} users, ${users / SESSIONS_SHARE} live sessions, ${inFlight} in flight (median of ${RUNS})`,
      )
      console.log('                  ticks/s    p50 ms    p99 ms    max ms   loop p99    cpu us   ours is')
      const cells = Object.keys(SYSTEMS).map((name) => ({ name, cell: median(name, users, inFlight) }))
      for (const { name, cell } of cells) printRow(name, cell, cells[0]?.cell)
    }
  }
}

/**
 * Returns the median run. The runs alternate, so that other work of the machine affects all alike.
 */
function median(name: string, users: number, inFlight: number): Cell {
  const cells = Array.from({ length: name === 'lowdb' ? 1 : RUNS }, () => measureApart(name, users, inFlight))
  const middle = cells.sort((a, b) => a.ticksPerSecond - b.ticksPerSecond)[cells.length >> 1]
  if (!middle) throw new Error('nothing was measured')
  return middle
}

function measureApart(name: string, users: number, inFlight: number): Cell {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), 'cell', name, String(users), String(inFlight)]
  const { stdout, status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`${name} failed`)
  return JSON.parse(stdout.toString('utf8'))
}

function printRow(name: string, cell: Cell, ours: Cell | undefined): void {
  const { ticksPerSecond, p50Ms, p99Ms, maxMs, loopP99Ms, cpuUs } = cell
  const numbers = [p50Ms, p99Ms, maxMs, loopP99Ms, cpuUs].map((n) => n.toFixed(2).padStart(10)).join('')
  const ratio = ours ? `${(ours.ticksPerSecond / ticksPerSecond).toFixed(2)}x` : ''
  console.log(
    `${name.padEnd(16)}${String(Math.round(ticksPerSecond)).padStart(9)}${numbers}${ratio.padStart(10)}`,
  )
}

async function printCell(name: string, users: number, inFlight: number): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'soulseer-bench-'))
  const system = await SYSTEMS[name]?.(dir, users)
  if (!system) throw new Error(`there is no system ${name}`)
  const sessions = users / SESSIONS_SHARE
  await run(system.tick, sessions, inFlight, WARM_UP_MS)
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const cpuBefore = process.cpuUsage()
  const { latencies, elapsedMs } = await run(system.tick, sessions, inFlight, CELL_MS)
  const { user, system: kernel } = process.cpuUsage(cpuBefore)
  loop.disable()
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const cell: Cell = {
    ticksPerSecond: (sorted.length / elapsedMs) * 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    loopP99Ms: loop.percentile(99) / 1e6,
    cpuUs: (user + kernel) / sorted.length,
  }
  process.stdout.write(JSON.stringify(cell))
  await system.close()
  rmSync(dir, { recursive: true })
}

/** Keeps `inFlight` ticks on their way, each over the next session. */
async function run(tick: (n: number) => Promise<void>, sessions: number, inFlight: number, forMs: number) {
  const latencies: number[] = []
  const startedAt = performance.now()
  let next = 0
  const lane = async () => {
    while (performance.now() - startedAt < forMs) {
      next = (next + 7919) % sessions
      const at = performance.now()
      await tick(next)
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return { latencies, elapsedMs: performance.now() - startedAt }
}
