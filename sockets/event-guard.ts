/** What every socket event shares: one wrapper, limits, and the end of a page that does not keep to them. */
import type { Socket } from 'socket.io'
import type { z } from 'zod'
import type { Log } from '../engine/ports.ts'
import { ackOf, type OnRefusal, parse } from '../http/boundary.ts'
import type { Metrics } from '../http/metrics.ts'
import { mustBePlain } from '../http/payload-limits.ts'
import type { Limiter, LimitName } from '../http/rate-limiter.ts'
import type { ErrorCode } from '../shared/protocol/errors.ts'
import { attend, type Heard } from './fast-path.ts'

export interface SocketGuard<Page extends Socket = Socket> {
  /** Every event that has a door. */
  readonly events: ReadonlySet<string>
  /**
   * Answers `event` on every socket: whatever comes in, what goes out is an acknowledgement, and never an exit.
   * `work` has five seconds.
   */
  answer<S extends z.ZodType>(
    event: string,
    schema: S,
    work: (page: Page, payload: z.output<S>, heard: Heard) => object | Promise<object>,
  ): void
  /** Opens the doors to a page, and counts what it says under a name that none of them has. */
  attend(page: Page): void
}

interface Door<Page extends Socket> {
  readonly event: string
  readonly count: () => void
  readonly schema: z.ZodType
  readonly limit: LimitName
  readonly work: (page: Page, payload: unknown, heard: Heard) => object | Promise<object>
}

const LIMIT_OF: Readonly<Record<string, LimitName>> = {
  'session:join': 'join',
  offer: 'description',
  answer: 'description',
  'ice-candidate': 'candidate',
  'rtc:state': 'beat',
}
/** What no honest page says often. */
const STRIKES: ReadonlySet<ErrorCode> = new Set(['invalid_input', 'forbidden', 'rate_limited', 'not_found'])
const LONGEST_WORK_MS = 5_000

export function createSocketGuard<Page extends Socket = Socket>(parts: {
  limiter: Limiter
  log: Log
  metrics: Metrics
  onRefusal: OnRefusal
}): SocketGuard<Page> {
  const { limiter, log, metrics } = parts
  const doors = new Map<string, Door<Page>>()
  const events = new Set<string>()

  const strike = (page: Page, code: ErrorCode, event: string): void => {
    const about = { event, socketId: page.id, userId: page.data.userId }
    parts.onRefusal(code, about)
    if (!STRIKES.has(code) || limiter.tryTake('strike', page.id) === 0) return
    log.warn({ ...about, security: 'socket_let_go' }, 'a socket that kept breaking the rules was let go')
    page.disconnect(true)
  }

  const refuse = (page: Page, event: string, heard: Heard, error: unknown): void => {
    const ack = ackOf(error, log, event)
    heard.reply?.(ack)
    strike(page, ack.error.code, event)
  }

  /** What can be answered at once is: most of what comes in is heartbeats and candidates. */
  const answer = (page: Page, { event, count, limit, schema, work }: Door<Page>, heard: Heard): void => {
    const fail = (error: unknown) => refuse(page, event, heard, error)
    const succeed = (done: object) => heard.reply?.({ ok: true, ...done })
    try {
      count()
      limiter.take(limit, `${page.id} ${event}`)
      mustBePlain(heard.payload)
      const done = work(page, parse(schema, heard.payload), heard)
      if (done instanceof Promise) inTime(done).then(succeed).catch(fail)
      else succeed(done)
    } catch (error) {
      fail(error)
    }
  }

  const refuseUnknown = (page: Page, { reply }: Heard): void => {
    reply?.({ ok: false, error: { code: 'not_found', message: 'There is no such event.' } })
    strike(page, 'not_found', 'unknown')
  }

  return {
    events,

    answer(event, schema, work) {
      const limit = LIMIT_OF[event] ?? 'event'
      const counted = metrics.socketEvents.labels({ event })
      events.add(event)
      const count = () => void counted.inc()
      doors.set(event, { event, count, schema, limit, work: work as Door<Page>['work'] })
    },

    attend: (page) =>
      attend(page, events, (event, heard) => {
        const door = doors.get(event)
        if (door) answer(page, door, heard)
        else refuseUnknown(page, heard)
      }),
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a socket event took too long')), LONGEST_WORK_MS)
  })
  try {
    return await Promise.race([work, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
