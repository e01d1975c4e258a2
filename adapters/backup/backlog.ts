/** Knows what waits to be shipped, for how long, and since when the bucket has been out of reach. */
import type { Clock, Log } from '../../engine/ports.ts'

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
const WARN_MS = 60_000

/** Counts what is on the disk and not in the bucket. */
export function createBacklog(clock: Clock) {
  let seq = 0
  let bytes = 0
  let shippedSeq = 0
  let oldestAt = 0
  return {
    get seq() {
      return seq
    },
    get bytes() {
      return bytes
    },
    get shippedSeq() {
      return shippedSeq
    },
    get waits() {
      return seq > shippedSeq
    },
    ageMs: () => (seq > shippedSeq ? Math.max(0, clock.now() - oldestAt) : 0),
    wrote(last: number, length: number) {
      if (seq <= shippedSeq) oldestAt = clock.now()
      seq = last
      bytes += length
    },
    /** Takes note of what was shipped; whatever waits still is not older than `at` says. */
    shipped(last: number, at: number, length: number, startedAt: number) {
      shippedSeq = last
      bytes = seq > last ? Math.max(0, bytes - length) : 0
      oldestAt = Math.min(at, startedAt)
    },
  }
}

/** Says in the log when the bucket is out of reach for long, and when it is back. */
export function createOutage(parts: { log: Log; firstRetryMs?: number; lastRetryMs?: number }) {
  const { log, firstRetryMs = FIRST_RETRY_MS, lastRetryMs = LAST_RETRY_MS } = parts
  let failures = 0
  let warned = false
  return {
    /** Returns after how many milliseconds to try again. */
    failed(error: unknown, ageMs: number): number {
      failures += 1
      const isLong = ageMs > WARN_MS && !warned
      if (failures === 1 || isLong) {
        warned ||= isLong
        const fields = { err: error, seconds: Math.round(ageMs / 1000) }
        log.warn(
          fields,
          isLong
            ? 'nothing has reached the bucket for over a minute; it is tried again, and nothing is lost while this disk lasts'
            : 'the journal could not be shipped to the bucket; it is tried again',
        )
      }
      return Math.min(firstRetryMs * 2 ** (failures - 1), lastRetryMs)
    },
    isOver() {
      if (failures > 0) log.info({ failures }, 'the journal reaches the bucket again')
      failures = 0
      warned = false
    },
  }
}
