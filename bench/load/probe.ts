/** Loaded into every measured server: answers what its memory is after everything unreachable has been let go. */
import { setTimeout as pause } from 'node:timers/promises'

export interface MemoryReading {
  readonly rssBytes: number
  readonly heapBytes: number
}

const PAGES_RETURN_MS = 300 // V8 gives freed pages back to the system in the background

process.on('message', async () => {
  globalThis.gc?.()
  await pause(PAGES_RETURN_MS)
  globalThis.gc?.()
  await pause(PAGES_RETURN_MS)
  const { rss, heapUsed } = process.memoryUsage()
  process.send?.({ rssBytes: rss, heapBytes: heapUsed } satisfies MemoryReading)
})
process.channel?.unref()
