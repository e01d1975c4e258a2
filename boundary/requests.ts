/** One line a request, with a number by which everything said of it can be found. */
import { createHmac, randomBytes } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import type { Log } from '../engine/ports.ts'
import { addressOf, householdOf } from './address.ts'
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
  return (household) =>
    createHmac('sha256', secret).update(`from ${household}`).digest('base64url').slice(0, 12)
}

const RAY_ID = /^[\w-]{1,64}$/

/** Numbers each request, counts it, and logs its end: who, which door, what came of it. Never a query, a body or an address. */
export function noteRequests(parts: {
  log: Log
  metrics: Metrics
  proxies: number
  disguise: (household: string) => string
}): RequestHandler {
  const { log, metrics, proxies, disguise } = parts
  return (req, res, next) => {
    const startedAt = performance.now()
    const ray = req.get('cf-ray')
    const mine: RequestNotes = {
      requestId: randomBytes(8).toString('hex'),
      from: disguise(householdOf(addressOf(req, proxies))),
      ...(ray && RAY_ID.test(ray) ? { rayId: ray } : {}),
    }
    notes.set(req, mine)
    res.set('X-Request-Id', mine.requestId)
    res.once('close', () => {
      const status = res.writableFinished ? res.statusCode : 'aborted'
      const ms = Math.round(performance.now() - startedAt)
      metrics.count('soulseer_requests_total', { status: String(status) })
      log.info({ ...mine, method: req.method, path: pathOf(req), status, ms }, 'request')
    })
    next()
  }
}

// The pattern where there is one, so that what a stranger makes up as an address does not fill the log.
function pathOf(req: Request): string {
  const pattern: unknown = req.route?.path
  return typeof pattern === 'string' ? pattern : req.path.slice(0, 100)
}
