/** Brings a lost connection to the server back. */
import type { CallEnvironment } from '../call/types.ts'

// Doubled after every try, and random, so that all pages together do not overrun a server that has
// just started.
const RETRY_MS = 500
const RETRY_MAX_MS = 3_000
const SPREAD = 0.5
// A try that started while nothing got through waits ever longer for its next packet: a fresh one
// is faster, on slow networks too.
const TRY_MS = 2_000
const TRY_MAX_MS = 20_000

interface ReturnParts {
  after: CallEnvironment['after']
  connect(): void
  /** Cancels a try that is under way, if there is one, and connects. */
  connectAnew(): void
  /** Returns a number from 0 to 1. */
  random(): number
}

export interface SocketReturn {
  /** Schedules another try: the connection is gone, or the last try failed. */
  lost(): void
  /** Notes that the connection is back. */
  back(): void
  /** Tries at once, because the machine has a network again. */
  now(): void
}

/**
 * Creates the return. The library's own tries depend on timers that browsers hold back in hidden
 * pages.
 */
export function createReturn({ after, connect, connectAnew, random }: ReturnParts): SocketReturn {
  let delayMs = RETRY_MS
  let tryMs = TRY_MS
  let stopTimer: (() => void) | undefined
  let stopTrying: (() => void) | undefined

  const stop = () => {
    stopTimer?.()
    stopTrying?.()
    stopTimer = undefined
    stopTrying = undefined
  }
  const watchTry = () => {
    stopTrying = after(tryMs, () => {
      tryMs = Math.min(2 * tryMs, TRY_MAX_MS)
      watchTry()
      connectAnew()
    })
  }
  const tryNow = () => {
    stop()
    watchTry()
    connect()
  }
  return {
    lost: () => {
      if (stopTimer) return
      stop()
      stopTimer = after(delayMs * (1 - SPREAD + 2 * SPREAD * random()), tryNow)
      delayMs = Math.min(2 * delayMs, RETRY_MAX_MS)
    },
    back: () => {
      stop()
      delayMs = RETRY_MS
      tryMs = TRY_MS
    },
    now: () => {
      if (stopTimer) tryNow()
    },
  }
}
