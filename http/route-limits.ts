/** Holds each route to its rate limits. */
import type { Request, RequestHandler } from 'express'
import type { Authentication } from './authentication.ts'
import { networksOf } from './client-address.ts'
import { type LimitName, type RateLimiter, tooMany } from './rate-limiter.ts'

interface RouteLimit {
  readonly route: string
  readonly limit: LimitName
  readonly by: 'account' | 'subnet'
  /** Statuses with which a request does not count: an honest user mistypes. */
  readonly free?: readonly number[]
}

const ROUTE_LIMITS: readonly RouteLimit[] = [
  { route: 'POST /register', limit: 'signUpHourly', by: 'subnet', free: [400] },
  { route: 'POST /register', limit: 'signUpDaily', by: 'subnet', free: [400] },
  { route: 'POST /password/forgot', limit: 'forgot', by: 'subnet', free: [400] },
  { route: 'POST /password/reset', limit: 'mailLink', by: 'subnet' },
  { route: 'POST /email/confirm', limit: 'mailLink', by: 'subnet' },
  { route: 'POST /email/undo', limit: 'mailLink', by: 'subnet' },
  { route: 'POST /mail/unsubscribe', limit: 'mailLink', by: 'subnet' },
  { route: 'POST /email', limit: 'emailChange', by: 'account', free: [400, 403] },
  { route: 'POST /email/confirm/send', limit: 'emailChange', by: 'account' },
  { route: 'GET /check-balance', limit: 'balance', by: 'account' },
  { route: 'POST /availability', limit: 'availability', by: 'account', free: [400] },
  { route: 'POST /session/start', limit: 'call', by: 'account', free: [400] },
  ...rows('stripe', [
    'POST /add-funds',
    'POST /add-funds/confirm',
    'GET /cards',
    'POST /cards/default',
    'POST /cards/remove',
    'POST /auto-top-up',
    'POST /auto-top-up/off',
  ]),
  ...rows('payments', ['GET /payments']),
  ...rows('download', ['GET /export', 'GET /sessions.csv', 'GET /history.csv', 'GET /earnings.csv']),
  ...rows('earnings', ['GET /earnings']),
  ...rows('passkeys', ['POST /passkeys/begin', 'POST /passkeys', 'POST /prove/begin', 'POST /prove']),
]

function rows(limit: LimitName, routes: readonly string[]): RouteLimit[] {
  return routes.map((route) => ({ route, limit, by: 'account' }))
}

const OURS = 503 // the server could not do it

/**
 * Takes from the account that is logged in, else from the client's subnet; all requests of a subnet
 * have a ceiling of their own. Throws the refusal `rate_limited`.
 */
export function limitRequests({
  rateLimiter,
  auth,
}: {
  rateLimiter: RateLimiter
  auth: Authentication
}): RequestHandler {
  return async (req, res, next) => {
    const account = (await auth.identify(req.headers))?.user.id
    const networks = networksOf(req.ip)
    rateLimiter.take(account ? 'signedIn' : 'anonymous', account ?? networks)
    rateLimiter.take('requests', networks)
    for (const { limit, by, free } of limitsOf(req)) {
      const counted = by === 'subnet' ? networks : account
      if (counted === undefined) continue
      rateLimiter.take(limit, counted)
      res.once('finish', () => {
        const { statusCode } = res
        if (statusCode === OURS || free?.includes(statusCode)) rateLimiter.giveBack(limit, counted)
      })
    }
    next()
  }
}

function limitsOf(req: Request): readonly RouteLimit[] {
  const method = req.method === 'HEAD' ? 'GET' : req.method // which does the same work
  const route = `${method} ${req.path.toLowerCase().replace(/\/$/, '')}`
  return ROUTE_LIMITS.filter((limit) => limit.route === route)
}

/**
 * Runs `ring`, unless this client has called the same reader too often lately in vain.
 * Only a call that was made counts, so that ids of readers who do not exist leave nothing behind.
 * Throws the refusal `rate_limited`.
 */
export async function limitUnanswered<T>(
  rateLimiter: RateLimiter,
  key: string,
  ring: () => Promise<T>,
): Promise<T> {
  const waitMs = rateLimiter.waitFor('unanswered', key)
  if (waitMs > 0) throw tooMany(waitMs)
  const rung = await ring()
  rateLimiter.tryTake('unanswered', key)
  return rung
}

export const ringKey = (clientId: string, readerId: string): string => `${clientId} ${readerId}`
