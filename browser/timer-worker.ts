/** Runs beside a page and keeps its timers: browsers hold back those of pages that are out of sight, and not a worker's. */

/** What a page asks for: a timer under a number of its own, or the end of one. */
export interface TimerOrder {
  readonly id: number
  /** Left out: the timer is called off. */
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
