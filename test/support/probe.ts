/**
 * Runs inside a server under test: reports, when asked, what the process still holds after a
 * garbage collection.
 */
import { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { queryObjects } from 'node:v8'

export interface Holdings {
  readonly heapBytes: number
  /** Timers of any kind, those included that would not keep the process alive. */
  readonly timers: number
  readonly sockets: number
  /** The handles that keep the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** The longest that anything had to wait for its turn since the look before, in milliseconds. */
  readonly slowestTickMs: number
}

const anyTimer = setTimeout(() => undefined, 0)
const Timer = anyTimer.constructor
clearTimeout(anyTimer)

const loop = monitorEventLoopDelay({ resolution: 10 })
loop.enable()

function holdings(): Holdings {
  const slowestTickMs = loop.max / 1e6
  globalThis.gc?.()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  return {
    // Looking for objects collects garbage too, so that the heap is read last.
    timers: queryObjects(Timer, { format: 'count' }),
    sockets: queryObjects(Socket, { format: 'count' }),
    resources,
    heapBytes: process.memoryUsage().heapUsed,
    slowestTickMs,
  }
}

process.on('message', () => {
  process.send?.(holdings())
  loop.reset() // a look holds the process up itself
})
process.channel?.unref()
