/** Holds up whoever guesses passwords, without ever locking out the one who knows it. */
import { Refusal } from '../domain/errors.ts'
import type { Clock } from '../engine/ports.ts'
import { type Limiter, type Strictness, tooMany } from './limiter.ts'

export interface LoginAttempt {
  /** As it was typed: whether there is such an account makes no difference. */
  readonly email: string
  readonly household: string
  /** The name of this browser, if it has been logged in to this very account before. */
  readonly device: string | undefined
}

export interface LoginGuard {
  /**
   * Runs `logIn`, counting it as a failure when it refuses `bad_credentials`. Throws the refusal `rate_limited` without
   * running it when too many have failed.
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
const MOST_KEYS = 50_000

/**
 * Failures are counted for an account from one place: a household, or a browser that was logged in before, which a stranger
 * in the same household cannot use up. After five of them each further one costs a growing wait, fifteen minutes at the most.
 * While an account is being tried from many places, a new place gets one try instead of five: enough for its owner.
 */
export function createLoginGuard(parts: {
  clock: Clock
  limiter: Limiter
  strictness: Strictness
}): LoginGuard {
  const { clock, limiter, strictness } = parts
  const failures = new Map<string, Failures>()

  const placeOf = ({ email, household, device }: LoginAttempt): string =>
    `${email.trim().toLowerCase()} ${device ?? household}`

  const known = (place: string): Failures => {
    const kept = failures.get(place)
    return kept && kept.forgetAt > clock.now() ? kept : { count: 0, waitUntil: 0, forgetAt: 0 }
  }

  const note = (place: string, free: number): void => {
    const now = clock.now()
    const count = known(place).count + 1
    const wait = count < free ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(count - free, 20), LONGEST_WAIT_MS)
    failures.delete(place)
    failures.set(place, { count, waitUntil: now + wait, forgetAt: now + wait + REMEMBERED_MS })
    for (const oldest of failures.keys()) {
      if (failures.size <= MOST_KEYS) return
      failures.delete(oldest)
    }
  }

  /** Others may have been counted meanwhile, and stay so. */
  const takeBack = (place: string, waitUntil: number): void => {
    const noted = known(place)
    failures.set(place, { ...noted, count: Math.max(0, noted.count - 1), waitUntil })
  }

  /** Before the password is looked at, so that many at once are counted like many in a row. */
  const count = (attempt: LoginAttempt): (() => void) => {
    const place = placeOf(attempt)
    const waitMs = known(place).waitUntil - clock.now()
    if (waitMs > 0) throw tooMany(waitMs)
    if (attempt.device !== undefined) {
      note(place, FREE_FAILURES[strictness])
      return () => undefined
    }
    limiter.take('loginAddress', attempt.household)
    const account = attempt.email.trim().toLowerCase()
    const underAttack = limiter.tryTake('loginAccount', account) > 0
    note(place, underAttack ? 1 : FREE_FAILURES[strictness])
    return () => {
      limiter.giveBack('loginAddress', attempt.household)
      if (!underAttack) limiter.giveBack('loginAccount', account)
    }
  }

  return {
    async attempt(attempt, logIn) {
      if (strictness === 'off') return logIn()
      const before = known(placeOf(attempt))
      const uncount = count(attempt)
      try {
        const done = await logIn()
        failures.delete(placeOf(attempt))
        uncount()
        return done
      } catch (error) {
        if (!(error instanceof Refusal && error.code === 'bad_credentials')) {
          takeBack(placeOf(attempt), before.waitUntil)
          uncount()
        }
        throw error
      }
    },
  }
}
