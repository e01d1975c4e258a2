/** Provides the real clock and random ids. */
import { randomBytes } from 'node:crypto'
import type { Clock, NewId } from '../../engine/ports.ts'
import { createWaiting } from './timers.ts'

const LONGEST_TIMER_MS = 2 ** 31 - 1 // setTimeout takes no more

interface Alarm {
  readonly instant: number
  /** Undefined once it is cancelled. */
  wake: (() => void) | undefined
}

/**
 * Creates a clock that reads the wall clock once and continues by the monotonic one, so that a jump
 * of the wall clock changes no duration. Its alarms never ring early, and do not keep the process
 * alive.
 *
 * They wait in one queue behind one timer: Node keeps a list for each length of time, and ours are
 * all different.
 */
export function systemClock(): Clock {
  const startedAt = Date.now() - performance.now()
  const now = () => Math.floor(startedAt + performance.now())
  const alarms = createWaiting<Alarm>()
  let timer: NodeJS.Timeout | undefined
  let timerAt = Infinity

  const wind = (): void => {
    const next = alarms.first()
    if (!next || next.instant >= timerAt) return
    clearTimeout(timer)
    timerAt = next.instant
    timer = setTimeout(ring, Math.min(Math.max(0, timerAt - now()), LONGEST_TIMER_MS)).unref()
  }

  const ring = (): void => {
    timerAt = Infinity
    try {
      for (let next = alarms.first(); next && next.instant <= now(); next = alarms.first()) {
        alarms.takeFirst()
        next.wake?.()
      }
    } finally {
      wind()
    }
  }

  const at = (instant: number, wake: () => void): (() => void) => {
    const alarm: Alarm = { instant, wake }
    alarms.add(alarm)
    wind()
    return () => {
      alarm.wake = undefined
    }
  }

  return { now, at }
}

/**
 * Returns 96 random bits in 16 letters that are safe in a URL, and in a command: a leading `-`
 * would make them an option there.
 */
export const randomId: NewId = () => {
  const id = randomBytes(12).toString('base64url')
  return id.startsWith('-') ? randomId() : id
}
