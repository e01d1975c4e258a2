/** Keeps timers on time while the page is hidden. */
import type { TimerOrder } from '../timer-worker.ts'
import type { Timers } from './types.ts'

/** Describes the part of a worker that the timers use. */
export interface TimerWorker {
  postMessage(order: TimerOrder): void
  onmessage: ((event: MessageEvent<number>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

/**
 * The page's own timers, which browsers slow down to one turn a minute while the page is hidden.
 */
const pageTimers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  },
}

interface Running extends Omit<TimerOrder, 'id'> {
  readonly ms: number
  readonly run: () => void
  /** Stops the page timer that has replaced this one. */
  stop?: () => void
}

/**
 * Creates timers that a worker keeps; the worker starts with the first of them. Where it cannot be
 * started, they are the page's own.
 */
export function createSteadyTimers(openWorker: () => TimerWorker, fallback: Timers = pageTimers): Timers {
  const running = new Map<number, Running>()
  let worker: TimerWorker | 'none' | undefined
  let ids = 0

  const ring = (id: number) => {
    const timer = running.get(id)
    if (timer && !timer.again) running.delete(id)
    timer?.run()
  }
  const keepHere = (id: number, timer: Running) => {
    const { ms, again } = timer
    timer.stop = again ? fallback.every(ms, () => ring(id)) : fallback.after(ms, () => ring(id))
  }
  const giveUp = () => {
    if (worker === 'none') return
    worker = 'none'
    for (const [id, timer] of running) keepHere(id, timer)
  }
  const open = () => {
    try {
      const opened = openWorker()
      opened.onmessage = ({ data }) => ring(data)
      opened.onerror = giveUp
      return opened
    } catch {
      return 'none'
    }
  }
  const start = (ms: number, run: () => void, again: boolean) => {
    ids += 1
    const id = ids
    const timer: Running = { ms, run, again }
    running.set(id, timer)
    worker ??= open()
    if (worker === 'none') keepHere(id, timer)
    else worker.postMessage({ id, ms, again })
    return () => {
      if (!running.delete(id)) return
      timer.stop?.()
      if (worker && worker !== 'none') worker.postMessage({ id })
    }
  }
  return {
    after: (ms, run) => start(ms, run, false),
    every: (ms, run) => start(ms, run, true),
  }
}

/** For everything that must continue while another tab is in front. */
export const steadyTimers = createSteadyTimers(() => new Worker('/timers.js'))
