/**
 * Routes socket events to their handlers: validates and limits each, and disconnects a socket that
 * keeps breaking the rules.
 */
import type { Socket } from 'socket.io'
import type { z } from 'zod'
import type { Log } from '../engine/ports.ts'
import { ackOf, type OnRefusal } from '../http/errors.ts'
import type { Metrics } from '../http/metrics.ts'
import { assertPlainJson } from '../http/payload-limits.ts'
import type { LimitName, RateLimiter } from '../http/rate-limiter.ts'
import { parse } from '../http/validate.ts'
import type { ErrorCode } from '../shared/protocol/errors.ts'
import { intercept, type ReceivedEvent } from './fast-path.ts'

export interface EventRouter<S extends Socket = Socket> {
  /** Every event that has a handler. */
  readonly events: ReadonlySet<string>
  /**
   * Registers the handler of `event` on every socket. Whatever comes in and whatever `work` does,
   * the sender gets an acknowledgement, within five seconds, and the server goes on.
   */
  on<Schema extends z.ZodType>(
    event: string,
    schema: Schema,
    work: (socket: S, payload: z.output<Schema>, received: ReceivedEvent) => object | Promise<object>,
  ): void
  /** Begins to handle what a socket sends; events without a handler count against it. */
  attach(socket: S): void
}

interface EventHandler<S extends Socket> {
  readonly event: string
  readonly count: () => void
  readonly schema: z.ZodType
  readonly limit: LimitName
  readonly work: (socket: S, payload: unknown, received: ReceivedEvent) => object | Promise<object>
}

const LIMIT_OF: Readonly<Record<string, LimitName>> = {
  'session:join': 'join',
  offer: 'description',
  answer: 'description',
  'ice-candidate': 'candidate',
  'rtc:state': 'beat',
}
/** Refusals that an honest page seldom gets. */
const STRIKES: ReadonlySet<ErrorCode> = new Set(['invalid_input', 'forbidden', 'rate_limited', 'not_found'])
const LONGEST_WORK_MS = 5_000

export function createEventRouter<S extends Socket = Socket>(parts: {
  rateLimiter: RateLimiter
  log: Log
  metrics: Metrics
  onRefusal: OnRefusal
}): EventRouter<S> {
  const { rateLimiter, log, metrics } = parts
  const handlers = new Map<string, EventHandler<S>>()
  const events = new Set<string>()

  const strike = (socket: S, code: ErrorCode, event: string): void => {
    const about = { event, socketId: socket.id, userId: socket.data.userId }
    parts.onRefusal(code, about)
    if (!STRIKES.has(code) || rateLimiter.tryTake('strike', socket.id) === 0) return
    log.warn({ ...about, security: 'socket_let_go' }, 'a socket that kept breaking the rules was let go')
    socket.disconnect(true)
  }

  const refuse = (socket: S, event: string, received: ReceivedEvent, error: unknown): void => {
    const ack = ackOf(error, log, event)
    received.reply?.(ack)
    strike(socket, ack.error.code, event)
  }

  /** Acknowledges without waiting where it can: most events are heartbeats and candidates. */
  const handle = (
    socket: S,
    { event, count, limit, schema, work }: EventHandler<S>,
    received: ReceivedEvent,
  ): void => {
    const fail = (error: unknown) => refuse(socket, event, received, error)
    const succeed = (done: object) => received.reply?.({ ok: true, ...done })
    try {
      count()
      rateLimiter.take(limit, `${socket.id} ${event}`)
      assertPlainJson(received.payload)
      const done = work(socket, parse(schema, received.payload), received)
      if (done instanceof Promise) inTime(done).then(succeed).catch(fail)
      else succeed(done)
    } catch (error) {
      fail(error)
    }
  }

  const refuseUnknown = (socket: S, { reply }: ReceivedEvent): void => {
    reply?.({ ok: false, error: { code: 'not_found', message: 'There is no such event.' } })
    strike(socket, 'not_found', 'unknown')
  }

  return {
    events,

    on(event, schema, work) {
      const limit = LIMIT_OF[event] ?? 'event'
      const counted = metrics.socketEvents.labels({ event })
      events.add(event)
      const count = () => void counted.inc()
      handlers.set(event, { event, count, schema, limit, work: work as EventHandler<S>['work'] })
    },

    attach: (socket) =>
      intercept(socket, events, (event, received) => {
        const handler = handlers.get(event)
        if (handler) handle(socket, handler, received)
        else refuseUnknown(socket, received)
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
