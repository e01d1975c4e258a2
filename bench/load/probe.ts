/** Runs inside every measured server: reports its memory and the delays of its event loop. */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

/** After everything unreachable has been let go. */
export interface MemoryReading {
  readonly rssBytes: number
  readonly heapBytes: number
}

/** Since the last reading. */
export interface StallReading {
  /** The delay with which the event loop came to a timer. */
  readonly loopP99Ms: number
  readonly loopMaxMs: number
  /** The longest single collection of garbage, and all of them together. */
  readonly gcMaxMs: number
  readonly gcTotalMs: number
}

export type Question = 'memory' | 'stalls'

const PAGES_RETURN_MS = 300 // V8 gives freed pages back to the system in the background
const RESOLUTION_MS = 10

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
loop.enable()
let gcMs: number[] = []
new PerformanceObserver((list) => gcMs.push(...list.getEntries().map((entry) => entry.duration))).observe({
  entryTypes: ['gc'],
})

async function readMemory(): Promise<MemoryReading> {
  globalThis.gc?.()
  await pause(PAGES_RETURN_MS)
  globalThis.gc?.()
  await pause(PAGES_RETURN_MS)
  const { rss, heapUsed } = process.memoryUsage()
  return { rssBytes: rss, heapBytes: heapUsed }
}

function readStalls(): StallReading {
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
  const reading = {
    loopP99Ms: late(loop.percentile(99)),
    loopMaxMs: late(loop.max),
    gcMaxMs: Math.max(0, ...gcMs),
    gcTotalMs: gcMs.reduce((sum, ms) => sum + ms, 0),
  }
  loop.reset()
  gcMs = []
  return reading
}

process.on('message', async (question: Question) => {
  process.send?.(question === 'memory' ? await readMemory() : readStalls())
})
process.channel?.unref()
