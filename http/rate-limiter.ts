/**
 * Limits how often each sender may send each kind of request: one table, and the token buckets for
 * it.
 */
import { Refusal } from '../domain/errors.ts'
import { WIDER } from '../domain/networks.ts'
import type { Clock } from '../engine/ports.ts'
import { tooManyTries } from '../shared/messages.ts'
import { type BoundedMap, createBoundedMap } from './bounded-map.ts'

export interface Rule {
  /** Requests at once. */
  readonly burst: number
  /** Milliseconds until there is one more. */
  readonly everyMs: number
  /**
   * Factor by which it is more generous outside production, where one machine plays all clients.
   */
  readonly outside: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const per = (ms: number, burst: number, outside = 20): Rule => ({ burst, everyMs: ms / burst, outside })
const first = (burst: number, everyMs: number, outside = 20): Rule => ({ burst, everyMs, outside })

/**
 * The table, which docs/decisions/0030-limits.md explains. What each key counts is in the comment
 * beside it.
 */
export const LIMITS = {
  requests: per(MINUTE, 3_000, 100), // of a subnet, with and without logins: a hotel, a telephone network
  anonymous: per(MINUTE, 60, 100), // requests of a subnet without a login
  signedIn: per(MINUTE, 120), // requests of an account
  signUpHourly: per(HOUR, 10, 100), // accounts of a subnet
  signUpDaily: per(DAY, 20, 100),
  loginTries: per(MINUTE, 60), // log-ins of a subnet, whatever comes of them
  login: per(15 * MINUTE, 30), // log-ins of an account that succeed, and its new passwords
  loginAddress: per(15 * MINUTE, 20), // failed log-ins of a subnet, whatever the account
  loginAccount: per(15 * MINUTE, 50), // failed log-ins to an account, wherever from
  loginNewDevice: per(DAY, 100), // and from browsers that have never been logged in to it
  forgot: per(HOUR, 20), // asks of a subnet for a new password
  mailLink: per(15 * MINUTE, 30), // links of mails that a subnet follows
  emailChange: per(HOUR, 8), // new addresses of an account, and links to confirm one
  passwordCheck: per(15 * MINUTE, 5), // wrong current passwords of an account that is logged in
  balance: per(MINUTE, 60), // GET /check-balance of an account
  stripe: per(MINUTE, 20), // requests of an account for which Stripe may be asked
  payments: per(MINUTE, 10), // GET /payments of an account, each of which may ask Stripe about several
  earnings: per(MINUTE, 20), // GET /earnings of an account
  passkeys: per(MINUTE, 20), // requests of an account that make a challenge or check a response
  download: first(6, 2 * MINUTE), // files that an account takes away
  call: per(MINUTE, 6), // requests to readers of a client
  availability: per(MINUTE, 6), // switches of a reader
  unanswered: per(30 * MINUTE, 3), // of a client to one reader, given back when the reader accepts
  handshakes: per(MINUTE, 1_000), // new sockets of a subnet, with and without logins
  handshake: per(MINUTE, 20), // new sockets of a subnet without a login
  handshakeSignedIn: per(MINUTE, 20), // new sockets of an account
  join: per(MINUTE, 10), // events, each of one socket
  description: first(10, 2 * SECOND),
  candidate: first(200, 50),
  beat: first(20, 500),
  event: first(20, 500),
  strike: per(MINUTE, 20), // refused events of a socket, after which it is let go
} as const satisfies Record<string, Rule>

export type LimitName = keyof typeof LIMITS

/**
 * Sockets that may be open at once: of an account, of a subnet without a login, and of a subnet in
 * all.
 */
export const SOCKETS = { perAccount: 5, perSubnet: 30, perSubnetInAll: 500, outside: 20 } as const

/**
 * A key that is counted, or the networks that a request comes from, of which each has its own
 * allowance.
 */
export type Counted = string | readonly string[]

/**
 * Limits of one connection: packets and bytes that it may send, and those that may wait for it to
 * read.
 */
export const CONNECTION = {
  windowMs: 10_000,
  packets: 600, // in the window; the limits on events, acknowledgements and pongs add up to 530 at the most
  bytes: 2 * 1024 * 1024, // in the window; descriptions and candidates within their limits are 1.4 MB
  waitingPackets: 500,
  waitingBytes: 1024 * 1024,
  outside: 20,
} as const

export interface RateLimiter {
  /** Takes one. Throws the refusal `rate_limited`, which says when there will be one again. */
  take(name: LimitName, counted: Counted): void
  /**
   * Takes one if there is one; returns in how many milliseconds there will be one, 0 when it was
   * taken.
   */
  tryTake(name: LimitName, counted: Counted): number
  /** Returns in how many milliseconds there will be one, 0 when there is; takes nothing. */
  waitFor(name: LimitName, counted: Counted): number
  /** Puts one back that turned out not to count. */
  giveBack(name: LimitName, counted: Counted): void
  /** Returns the number of buckets that are kept for a limit. */
  size(name: LimitName): number
  /**
   * Returns `strict` in production, `outside` times as much elsewhere, and Infinity when limits are
   * off.
   */
  cap(strict: number, outside: number): number
}

export type Strictness = 'production' | 'outside' | 'off'

/**
 * Token buckets, each kept as the one instant at which it will be full again (the generic cell rate
 * algorithm), and forgotten once it is. Each limit has a map of its own, so that filling one
 * loosens no other.
 */
export function createRateLimiter({
  clock,
  strictness,
}: {
  clock: Clock
  strictness: Strictness
}): RateLimiter {
  const buckets = new Map<LimitName, BoundedMap<number>>()

  const bucketsOf = (name: LimitName): BoundedMap<number> => {
    const known = buckets.get(name)
    if (known) return known
    const made = createBoundedMap<number>({ now: clock.now, lapsesAt: (fullAt) => fullAt })
    buckets.set(name, made)
    return made
  }

  const figures = (name: LimitName, breadth: number) => {
    const { burst, everyMs, outside } = LIMITS[name]
    const times = (strictness === 'production' ? 1 : outside) * (WIDER[breadth] ?? 1)
    return { burst: burst * times, everyMs: everyMs / times }
  }

  /** Returns the instant at which the bucket is full again once one more is taken from it. */
  const fullAfter = (name: LimitName, key: string, everyMs: number): number =>
    Math.max(clock.now(), bucketsOf(name).get(key) ?? 0) + everyMs

  const waitFor = (name: LimitName, counted: Counted): number => {
    if (strictness === 'off') return 0
    const waits = keysOf(counted).map((key, breadth) => {
      const { burst, everyMs } = figures(name, breadth)
      return fullAfter(name, key, everyMs) - clock.now() - burst * everyMs
    })
    const waitMs = Math.max(...waits)
    return waitMs > TOO_LITTLE_MS ? waitMs : 0
  }

  const tryTake = (name: LimitName, counted: Counted): number => {
    const waitMs = waitFor(name, counted)
    if (waitMs > 0 || strictness === 'off') return waitMs
    for (const [breadth, key] of keysOf(counted).entries()) {
      bucketsOf(name).set(key, fullAfter(name, key, figures(name, breadth).everyMs))
    }
    return 0
  }

  return {
    tryTake,
    waitFor,
    size: (name) => bucketsOf(name).size,

    take(name, counted) {
      const waitMs = tryTake(name, counted)
      if (waitMs > 0) throw tooMany(waitMs)
    },

    giveBack(name, counted) {
      for (const [breadth, key] of keysOf(counted).entries()) {
        const full = bucketsOf(name).get(key)
        if (full === undefined) continue
        const before = full - figures(name, breadth).everyMs
        if (before > clock.now()) bucketsOf(name).set(key, before)
        else bucketsOf(name).delete(key)
      }
    },

    cap(strict, outside) {
      if (strictness === 'off') return Number.POSITIVE_INFINITY
      return strictness === 'production' ? strict : strict * outside
    },
  }
}

const keysOf = (counted: Counted): readonly string[] => (typeof counted === 'string' ? [counted] : counted)

const TOO_LITTLE_MS = 0.01 // what dividing a minute into tokens loses

/** Returns the refusal `rate_limited`, which asks the caller to wait for `waitMs`. */
export function tooMany(waitMs: number): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / SECOND))
  return new Refusal('rate_limited', tooManyTries(spanOf(retryAfterSeconds)), {
    retryAfterSeconds,
  })
}

function spanOf(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
