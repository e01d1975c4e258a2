/** Logs one line a request, with an id by which everything logged about it can be found. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { clientSubnet } from './client-address.ts'
import { keyFor } from './keys.ts'
import { LINES, type LogSummaries } from './log-summaries.ts'
import type { Metrics } from './metrics.ts'

export interface RequestNotes {
  readonly requestId: string
  /**
   * A pseudonym of the client's subnet, the same at every request until the server's secret
   * changes.
   */
  readonly from: string
  readonly rayId?: string
  userId?: string
}

const notes = new WeakMap<object, RequestNotes>()

/** Returns what is known of a request so far. */
export function notesOf(req: Request): RequestNotes | undefined {
  return notes.get(req)
}

/**
 * Creates the function that turns a subnet into a stable pseudonym, from which it cannot be found.
 */
export function createPseudonymize(secret: string): (subnet: string) => string {
  const key = keyFor(secret, 'household pseudonym')
  return (subnet) => createHmac('sha256', key).update(subnet).digest('base64url').slice(0, 12)
}

const RAY_ID = /^[\w-]{1,64}$/

/**
 * Numbers each request, counts it, and logs its end, or the sum of many: who, which route, which
 * status. Never a query, a body or an address.
 */
export function logRequests(parts: {
  logSummaries: LogSummaries
  metrics: Metrics
  pseudonymize: (subnet: string) => string
}): RequestHandler {
  const { logSummaries, metrics, pseudonymize } = parts
  return (req, res, next) => {
    const startedAt = performance.now()
    const ray = req.get('cf-ray')
    const mine: RequestNotes = {
      requestId: randomBytes(8).toString('hex'),
      from: pseudonymize(clientSubnet(req.ip)),
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
      logSummaries.write(line, isRefused ? LINES.refused : LINES.answered)
    })
    next()
  }
}

// The pattern where there is one, so that what a stranger makes up as an address does not fill the
// log.
function pathOf(req: Request): string {
  const pattern: unknown = req.route?.path
  return typeof pattern === 'string' ? pattern : req.path.slice(0, 100)
}
