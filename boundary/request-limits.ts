/** Which of the limits each door is held to. */
import type { Request, RequestHandler } from 'express'
import type { Doors } from '../boundary.ts'
import type { Limiter, LimitName } from './limiter.ts'

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

/** Takes from the account where the cookie names one, else from the household. Throws the refusal `rate_limited`. */
export function limitRequests({ limiter, doors }: { limiter: Limiter; doors: Doors }): RequestHandler {
  return (req, res, next) => {
    const account = doors.accountIn(req.headers)
    const household = doors.householdOf(req)
    limiter.take(account ? 'signedIn' : 'anonymous', account ?? household)
    for (const { limit, by, free } of limitsOf(req)) {
      const key = by === 'household' ? household : account
      if (key === undefined) continue
      limiter.take(limit, key)
      res.once('finish', () => free?.includes(res.statusCode) && limiter.giveBack(limit, key))
    }
    next()
  }
}

function limitsOf(req: Request): readonly DoorLimit[] {
  const method = req.method === 'HEAD' ? 'GET' : req.method // which does the same work
  const door = `${method} ${req.path.toLowerCase().replace(/\/$/, '')}`
  return DOOR_LIMITS.filter((limit) => limit.door === door)
}

/** A client who rings one reader again and again without an answer has to pause. To be mounted after the body is parsed. */
export function limitUnanswered({ limiter, doors }: { limiter: Limiter; doors: Doors }): RequestHandler {
  return (req, res, next) => {
    const account = doors.accountIn(req.headers)
    const { readerId } = (req.body ?? {}) as { readerId?: unknown }
    if (account === undefined || typeof readerId !== 'string') return next()
    const key = ringKey(account, readerId)
    limiter.take('unanswered', key)
    res.once('finish', () => res.statusCode >= 400 && limiter.giveBack('unanswered', key))
    next()
  }
}

export const ringKey = (clientId: string, readerId: string): string => `${clientId} ${readerId}`
