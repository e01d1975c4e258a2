/** Which of the limits each door is held to. */
import type { Request, RequestHandler } from 'express'
import type { Doors } from './boundary.ts'
import { type Limiter, type LimitName, tooMany } from './rate-limiter.ts'

interface DoorLimit {
  readonly door: string
  readonly limit: LimitName
  readonly by: 'account' | 'household'
  /** Answers that make the try not count: an honest person mistypes. */
  readonly free?: readonly number[]
}

const DOOR_LIMITS: readonly DoorLimit[] = [
  { door: 'POST /register', limit: 'signUpHourly', by: 'household', free: [400] },
  { door: 'POST /register', limit: 'signUpDaily', by: 'household', free: [400] },
  { door: 'GET /check-balance', limit: 'balance', by: 'account' },
  { door: 'POST /availability', limit: 'availability', by: 'account', free: [400] },
  { door: 'POST /session/start', limit: 'call', by: 'account', free: [400] },
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
]

function rows(limit: LimitName, doors: readonly string[]): DoorLimit[] {
  return doors.map((door) => ({ door, limit, by: 'account' }))
}

const OURS = 503 // such an answer says that the server could not do it

/**
 * Takes from the account that is logged in, else from the household; all requests of a household have a ceiling of their own.
 * Throws the refusal `rate_limited`.
 */
export function limitRequests({ limiter, doors }: { limiter: Limiter; doors: Doors }): RequestHandler {
  return async (req, res, next) => {
    const account = (await doors.identify(req.headers))?.user.id
    const household = doors.networksOf(req)
    limiter.take(account ? 'signedIn' : 'anonymous', account ?? household)
    limiter.take('requests', household)
    for (const { limit, by, free } of limitsOf(req)) {
      const counted = by === 'household' ? household : account
      if (counted === undefined) continue
      limiter.take(limit, counted)
      res.once('finish', () => {
        const { statusCode } = res
        if (statusCode === OURS || free?.includes(statusCode)) limiter.giveBack(limit, counted)
      })
    }
    next()
  }
}

function limitsOf(req: Request): readonly DoorLimit[] {
  const method = req.method === 'HEAD' ? 'GET' : req.method // which does the same work
  const door = `${method} ${req.path.toLowerCase().replace(/\/$/, '')}`
  return DOOR_LIMITS.filter((limit) => limit.door === door)
}

/**
 * Rings a reader, unless this client has lately rung the same one too often without an answer. Only a request that was made
 * counts, so that ids of readers who do not exist leave nothing behind. Throws the refusal `rate_limited`.
 */
export async function limitUnanswered<T>(limiter: Limiter, key: string, ring: () => Promise<T>): Promise<T> {
  const waitMs = limiter.waitFor('unanswered', key)
  if (waitMs > 0) throw tooMany(waitMs)
  const rung = await ring()
  limiter.tryTake('unanswered', key)
  return rung
}

export const ringKey = (clientId: string, readerId: string): string => `${clientId} ${readerId}`
