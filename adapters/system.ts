import { randomBytes } from 'node:crypto'
import type { Clock, NewId } from '../engine/ports.ts'

const LONGEST_TIMER_MS = 2 ** 31 - 1 // setTimeout takes no more

/**
 * A clock that reads the wall once and goes on by the monotonic clock, so that a jump of the wall's changes no
 * duration. Its alarms never ring early, and do not keep the process alive.
 */
export function systemClock(): Clock {
  const startedAt = Date.now() - performance.now()
  const now = () => Math.floor(startedAt + performance.now())

  const at = (instant: number, wake: () => void): (() => void) => {
    let timer: NodeJS.Timeout
    const arm = () => {
      timer = setTimeout(ring, Math.min(Math.max(0, instant - now()), LONGEST_TIMER_MS))
      timer.unref()
    }
    const ring = () => (now() < instant ? arm() : wake())
    arm()
    return () => clearTimeout(timer)
  }

  return { now, at }
}

/** 96 random bits in 16 letters that are safe in an address. */
export const randomId: NewId = () => randomBytes(12).toString('base64url')
