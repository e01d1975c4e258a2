/** One line a request, with a number by which everything said of it can be found. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { householdOf } from './client-address.ts'
import { keyFor } from './keys.ts'
import { LINES, type LogSums } from './log-summaries.ts'
import type { Metrics } from './metrics.ts'

export interface RequestNotes {
  readonly requestId: string
  /** A stand-in for the sender's household, the same at every request until the server's secret changes. */
  readonly from: string
  readonly rayId?: string
  userId?: string
}

const notes = new WeakMap<object, RequestNotes>()

/** What is known of a request so far; made once. */
export function notesOf(req: Request): RequestNotes | undefined {
  return notes.get(req)
}

/** Turns an address into a name that says nothing of where somebody lives, and still tells two of them apart. */
export function createDisguise(secret: string): (household: string) => string {
  const key = keyFor(secret, 'household pseudonym')
  return (household) => createHmac('sha256', key).update(household).digest('base64url').slice(0, 12)
}

const RAY_ID = /^[\w-]{1,64}$/

/**
 * Numbers each request, counts it, and logs its end, or the sum of many: who, which door, what came of it. Never a query, a body
 * or an address.
 */
export function noteRequests(parts: {
  lines: LogSums
  metrics: Metrics
  disguise: (household: string) => string
}): RequestHandler {
  const { lines, metrics, disguise } = parts
  return (req, res, next) => {
    const startedAt = performance.now()
    const ray = req.get('cf-ray')
    const mine: RequestNotes = {
      requestId: randomBytes(8).toString('hex'),
      from: disguise(householdOf(req.ip)),
      ...(ray && RAY_ID.test(ray) ? { rayId: ray } : {}),
    }
    notes.set(req, mine)
    res.set('X-Request-Id', mine.requestId)
    res.once('close', () => {
      const status = res.writableFinished ? res.statusCode : 'aborted'
      const ms = Math.round(performance.now() - startedAt)
      metrics.requests.inc({ status })
      const fields = { ...mine, method: req.method, path: pathOf(req), status, ms }
      const isRefused = typeof status === 'number' && status >= 400
      const kind = isRefused ? `request ${status}` : 'request'
      const line = { level: 'info', sender: mine.from, kind, fields, message: 'request' } as const
      lines.write(line, isRefused ? LINES.refused : LINES.answered)
    })
    next()
  }
}

// The pattern where there is one, so that what a stranger makes up as an address does not fill the log.
function pathOf(req: Request): string {
  const pattern: unknown = req.route?.path
  return typeof pattern === 'string' ? pattern : req.path.slice(0, 100)
}
