/** How often anybody may ask for anything: one table, and the buckets that hold people to it. */
import { Refusal } from '../domain/errors.ts'
import type { Clock } from '../engine/ports.ts'

export interface Rule {
  /** So many at once. */
  readonly burst: number
  /** Then one more each so many milliseconds. */
  readonly everyMs: number
  /** How many times more generous it is outside production, where one machine plays everybody. */
  readonly outside: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const per = (ms: number, burst: number, outside = 20): Rule => ({ burst, everyMs: ms / burst, outside })
const first = (burst: number, everyMs: number, outside = 20): Rule => ({ burst, everyMs, outside })

/** The table, which docs/decisions/0030-limits.md explains. What each key counts is in the comment beside it. */
export const LIMITS = {
  anonymous: per(MINUTE, 60, 100), // requests of a household without a login
  signedIn: per(MINUTE, 120), // requests of an account
  signUpHourly: per(HOUR, 10, 100), // accounts of a household
  signUpDaily: per(DAY, 20, 100),
  loginAddress: per(15 * MINUTE, 20), // failed log-ins of a household, whatever the account
  loginAccount: per(15 * MINUTE, 50), // failed log-ins to an account, wherever from
  passwordCheck: per(15 * MINUTE, 5), // wrong current passwords of an account that is logged in
  balance: per(MINUTE, 60), // GET /check-balance of an account
  stripe: per(MINUTE, 20), // requests of an account for which Stripe may be asked
  payments: per(MINUTE, 10), // GET /payments of an account, each of which may ask Stripe about several
  earnings: per(MINUTE, 20), // GET /earnings of an account
  download: first(6, 2 * MINUTE), // files that an account takes away
  call: per(MINUTE, 6), // requests to readers of a client
  availability: per(MINUTE, 6), // switches of a reader
  unanswered: per(30 * MINUTE, 3), // of a client to one reader, given back when the reader accepts
  handshake: per(MINUTE, 20), // new sockets of a household
  join: per(MINUTE, 10), // events, each of one socket
  description: first(10, 2 * SECOND),
  candidate: first(200, 50),
  beat: first(20, 500),
  event: first(20, 500),
  report: per(MINUTE, 10), // reports about the content policy, of a household
  reports: per(MINUTE, 60), // and of everybody together
  strike: per(MINUTE, 20), // refused events of a socket, after which it is let go
} as const satisfies Record<string, Rule>

export type LimitName = keyof typeof LIMITS

/** How many sockets there may be at once. */
export const SOCKETS = { perAccount: 5, perHousehold: 30, outside: 20 } as const

export interface Limiter {
  /** Takes one. Throws the refusal `rate_limited`, which says when there will be one again. */
  take(name: LimitName, key: string): void
  /** Takes one if there is one; answers after how many milliseconds there will be, 0 when it was taken. */
  tryTake(name: LimitName, key: string): number
  /** Puts one back that turned out not to count. */
  giveBack(name: LimitName, key: string): void
  /** `strict` figures, or as many times more as the table allows outside production; Infinity when limits are off. */
  cap(strict: number, outside: number): number
}

export type Strictness = 'production' | 'outside' | 'off'

const MOST_KEYS = 50_000

/**
 * Token buckets, each kept as the one instant at which it will be full again (the generic cell rate algorithm). The key that
 * has been left alone longest is forgotten first.
 */
export function createLimiter({ clock, strictness }: { clock: Clock; strictness: Strictness }): Limiter {
  const fullAt = new Map<string, number>()

  const remember = (key: string, at: number): void => {
    fullAt.delete(key)
    fullAt.set(key, at)
    if (fullAt.size <= MOST_KEYS) return
    for (const oldest of fullAt.keys()) {
      fullAt.delete(oldest)
      return
    }
  }

  const figures = (name: LimitName) => {
    const { burst, everyMs, outside } = LIMITS[name]
    const times = strictness === 'production' ? 1 : outside
    return { burst: burst * times, everyMs: everyMs / times }
  }

  const tryTake = (name: LimitName, key: string): number => {
    if (strictness === 'off') return 0
    const { burst, everyMs } = figures(name)
    const now = clock.now()
    const full = Math.max(now, fullAt.get(`${name}:${key}`) ?? 0) + everyMs
    const waitMs = full - now - burst * everyMs
    if (waitMs > TOO_LITTLE_MS) return waitMs
    remember(`${name}:${key}`, full)
    return 0
  }

  return {
    tryTake,

    take(name, key) {
      const waitMs = tryTake(name, key)
      if (waitMs > 0) throw tooMany(waitMs)
    },

    giveBack(name, key) {
      const full = fullAt.get(`${name}:${key}`)
      if (full !== undefined) fullAt.set(`${name}:${key}`, full - figures(name).everyMs)
    },

    cap(strict, outside) {
      if (strictness === 'off') return Number.POSITIVE_INFINITY
      return strictness === 'production' ? strict : strict * outside
    },
  }
}

const TOO_LITTLE_MS = 0.01 // what dividing a minute into tokens loses

/** The refusal of somebody who asks too often, to be told to come back after `waitMs`. */
export function tooMany(waitMs: number): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / SECOND))
  return new Refusal('rate_limited', `Too many tries. Wait ${spanOf(retryAfterSeconds)}, then try again.`, {
    retryAfterSeconds,
  })
}

function spanOf(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
