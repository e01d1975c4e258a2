import type { CallWorld } from '../call/types.ts'

// Twice as long after every try, and never all pages at once: a server that has just started is not to be overrun.
const RETRY_MS = 500
const RETRY_MAX_MS = 3_000
const SPREAD = 0.5
// A try that began while nothing came through waits ever longer for its next packet: a fresh one is faster, on slow lines too.
const TRY_MS = 2_000
const TRY_MAX_MS = 20_000

interface ReturnParts {
  after: CallWorld['after']
  connect(): void
  /** Gives up what is under way, if anything is, and connects. */
  connectAnew(): void
  /** From 0 to 1. */
  random(): number
}

export interface SocketReturn {
  /** The connection is gone, or the last try failed: another one is made in a moment. */
  lost(): void
  /** It is there. */
  back(): void
  /** The machine has a network again: what waits does not wait any longer. */
  now(): void
}

/** Brings a connection back. The library's own tries wait for timers that browsers hold back in hidden pages. */
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
