import { type Cents, cents } from '../shared/money.ts'
import { invariant } from './errors.ts'

/**
 * Where cents can be: a client's wallet, a reader's earnings, the platform's share, and the world outside that
 * Stripe stands for. The outside is the one account that may be negative.
 */
export type Account = `wallet:${string}` | `earnings:${string}` | 'house' | 'stripe'

export interface Leg {
  readonly account: Account
  readonly cents: Cents
}

/**
 * One movement of money. The key names the business fact (`charge:<session>:<n>`, `topup:<payment>`), so the
 * same fact can never be booked twice; the legs sum to zero, so no cent appears or disappears.
 */
export interface Entry {
  readonly key: string
  readonly legs: readonly Leg[]
}

/** A movement of `amount` (> 0) that leaves `from` and is shared out among `to`; throws when it does not add up. */
export function entry(key: string, from: Account, amount: Cents, to: readonly Leg[]): Entry {
  const legs = [{ account: from, cents: cents(-amount) }, ...to.filter((leg) => leg.cents !== 0)]
  invariant(amount > 0, `[L2] ${key} moves ${amount} cents`)
  invariant(sumOf(legs) === 0, `[L1] the legs of ${key} sum to ${sumOf(legs)}`)
  return { key, legs }
}

export function sumOf(legs: readonly Leg[]): number {
  return legs.reduce((sum, leg) => sum + leg.cents, 0)
}
