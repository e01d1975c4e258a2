/**
 * Keeps a page's timers in a worker: browsers hold back the timers of hidden pages, but not a
 * worker's.
 */

/** Describes a page's order: a timer under a number of its own, or its cancellation. */
export interface TimerOrder {
  readonly id: number
  /** Left out to cancel the timer. */
  readonly ms?: number
  readonly again?: boolean
}

const running = new Map<number, () => void>()

self.addEventListener('message', ({ data }: MessageEvent<TimerOrder>) => {
  const { id, ms, again } = data
  running.get(id)?.()
  running.delete(id)
  if (ms === undefined) return
  const ring = () => {
    if (!again) running.delete(id)
    self.postMessage(id)
  }
  if (again) {
    const timer = setInterval(ring, ms)
    running.set(id, () => clearInterval(timer))
  } else {
    const timer = setTimeout(ring, ms)
    running.set(id, () => clearTimeout(timer))
  }
})
