/**
 * Lets each sender write a few lines of a kind into the log within a minute, and sums up the rest.
 */
import type { Clock, Log } from '../engine/ports.ts'
import { MINUTE_MS } from '../shared/time.ts'

/** Lines of one sender and one kind within a minute. */
export const LINES = { refused: 10, answered: 600 } as const

const MOST_SENDERS = 10_000 // in a minute; those beyond are one
const OTHERS = 'others'

export interface Line {
  readonly level: 'info' | 'warn'
  /** The sender that caused it, such as the pseudonym of a subnet. */
  readonly sender: string
  readonly kind: string
  readonly fields: object
  readonly message: string
}

export interface LogSummaries {
  /**
   * Writes the line, or counts it where the sender has had `most` of the kind within the minute.
   */
  write(line: Line, most: number): void
}

interface Sum {
  readonly sender: string
  written: number
  left: number
  readonly last: Line
}

export function createLogSummaries(parts: {
  clock: Pick<Clock, 'now'>
  log: Log
  /** Runs `work` in so many milliseconds, unless the process ends before. */
  later?: (ms: number, work: () => void) => void
}): LogSummaries {
  const { clock, log, later = inBackground } = parts
  const sums = new Map<string, Sum>()
  let over = 0
  let isAwaited = false

  const tell = (): void => {
    for (const { sender, left, last } of sums.values()) {
      if (left === 0) continue
      const { level, kind, fields } = last
      log[level]({ ...fields, from: sender, kind, times: left }, 'more of the same within a minute')
    }
    sums.clear()
    over = clock.now() + MINUTE_MS
  }

  const tellLater = (): void => {
    if (isAwaited) return
    isAwaited = true
    later(Math.max(0, over - clock.now()), () => {
      isAwaited = false
      tell()
    })
  }

  return {
    write(line, most) {
      if (clock.now() >= over) tell()
      const own = `${line.sender} ${line.kind}`
      const sender = sums.has(own) || sums.size < MOST_SENDERS ? line.sender : OTHERS
      const key = `${sender} ${line.kind}`
      const { written = 0, left = 0 } = sums.get(key) ?? {}
      const isWritten = written < most
      sums.set(key, {
        sender,
        written: written + (isWritten ? 1 : 0),
        left: left + (isWritten ? 0 : 1),
        last: line,
      })
      if (isWritten) log[line.level](line.fields, line.message)
      else tellLater()
    },
  }
}

function inBackground(ms: number, work: () => void): void {
  setTimeout(work, ms).unref()
}
