/** Slows down guessing of passwords, without locking out a browser that was logged in before. */
import { Refusal } from '../../domain/errors.ts'
import { WIDER } from '../../domain/networks.ts'
import type { Clock } from '../../engine/ports.ts'
import { createBoundedMap } from '../bounded-map.ts'
import { isOurs } from '../rate-limit-credit.ts'
import { type Counted, type LimitName, type RateLimiter, type Strictness, tooMany } from '../rate-limiter.ts'

export interface LoginAttempt {
  /** In its one spelling: whether there is such an account makes no difference. */
  readonly email: string
  /** Networks that it comes from, the narrowest first. */
  readonly networks: readonly string[]
  /** The name of this browser, if it has been logged in to this very account before. */
  readonly device: string | undefined
}

export interface LoginThrottle {
  /**
   * Runs `logIn`, counting it as a failure when it refuses `bad_credentials`. Throws the refusal
   * `rate_limited` without running it when too many have failed, or when the account or the subnet
   * logs in too often.
   */
  attempt<T>(attempt: LoginAttempt, logIn: () => Promise<T>): Promise<T>
}

interface Failures {
  count: number
  /** No further try before this. */
  waitUntil: number
  forgetAt: number
}

const FREE_FAILURES = { production: 5, outside: 10, off: Number.POSITIVE_INFINITY } as const
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 15 * 60_000
const REMEMBERED_MS = 15 * 60_000

/**
 * Failures are counted for an account from one place: a network, or a browser that was logged in
 * before, which a stranger in the same subnet cannot use up. After five of them each further one
 * costs a growing wait, fifteen minutes at the most. While an account is being tried from many
 * places, a new place gets one try instead of five; after a hundred in a day only browsers that
 * know the account are let try.
 */
export function createLoginThrottle(parts: {
  clock: Clock
  rateLimiter: RateLimiter
  strictness: Strictness
}): LoginThrottle {
  const { clock, rateLimiter, strictness } = parts
  const failures = createBoundedMap<Failures>({ now: clock.now, lapsesAt: ({ forgetAt }) => forgetAt })

  const known = (place: string): Failures => {
    const kept = failures.get(place)
    return kept && kept.forgetAt > clock.now() ? kept : { count: 0, waitUntil: 0, forgetAt: 0 }
  }

  const note = (place: string, free: number): void => {
    const now = clock.now()
    const count = known(place).count + 1
    const wait = count < free ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(count - free, 20), LONGEST_WAIT_MS)
    failures.set(place, { count, waitUntil: now + wait, forgetAt: now + wait + REMEMBERED_MS })
  }

  /** Others may have been counted meanwhile, and stay so. */
  const takeBack = (place: string, waitUntil: number): void => {
    const noted = known(place)
    if (noted.count <= 1) failures.delete(place)
    else failures.set(place, { ...noted, count: noted.count - 1, waitUntil })
  }

  const mustNotWait = ({ account, places, limits }: Try): void => {
    const waits = [
      rateLimiter.waitFor('login', account),
      ...places.map((place) => known(place).waitUntil - clock.now()),
      ...limits.map(([name, counted]) => rateLimiter.waitFor(name, counted)),
    ]
    const waitMs = Math.max(...waits)
    if (waitMs > 0) throw tooMany(waitMs)
  }

  /** Before the password is looked at, so that many at once are counted like many in a row. */
  const count = ({ account, places, limits, isKnown }: Try) => {
    const before = places.map((place) => known(place).waitUntil)
    for (const [name, counted] of limits) rateLimiter.tryTake(name, counted)
    const underAttack = !isKnown && rateLimiter.tryTake('loginAccount', account) > 0
    const free = underAttack ? 1 : FREE_FAILURES[strictness]
    for (const [breadth, place] of places.entries()) note(place, free * (WIDER[breadth] ?? 1))

    const uncount = (isOurFault: boolean): void => {
      for (const [breadth, place] of places.entries()) takeBack(place, before[breadth] ?? 0)
      for (const [name, counted] of limits) {
        if (isOurFault || name !== 'loginTries') rateLimiter.giveBack(name, counted)
      }
      if (!isKnown && !underAttack) rateLimiter.giveBack('loginAccount', account)
    }
    return {
      succeed(): void {
        uncount(false)
        for (const place of places.slice(0, 1)) failures.delete(place)
        rateLimiter.tryTake('login', account)
      },
      fail(error: unknown): void {
        if (!(error instanceof Refusal && error.code === 'bad_credentials')) uncount(isOurs(error))
      },
    }
  }

  return {
    async attempt(attempt, logIn) {
      if (strictness === 'off') return logIn()
      const tried = tryOf(attempt)
      mustNotWait(tried)
      const counted = count(tried)
      try {
        const done = await logIn()
        counted.succeed()
        return done
      } catch (error) {
        counted.fail(error)
        throw error
      }
    },
  }
}

/** An attempt as it is counted. */
interface Try {
  readonly account: string
  readonly isKnown: boolean
  /** Places from which its failures are counted, the narrowest first. */
  readonly places: readonly string[]
  /**
   * Limits that it takes one of; all but `loginTries` is given back unless the password is wrong.
   */
  readonly limits: readonly (readonly [LimitName, Counted])[]
}

function tryOf({ email: account, networks, device }: LoginAttempt): Try {
  const isKnown = device !== undefined
  return {
    account,
    isKnown,
    places: (isKnown ? [device] : networks).map((place) => `${account} ${place}`),
    limits: isKnown
      ? []
      : [
          ['loginTries', networks],
          ['loginAddress', networks],
          ['loginNewDevice', account],
        ],
  }
}
