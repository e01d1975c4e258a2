/** Builds the entries by which cents move between accounts; the legs of each sum to zero. */
import { type Cents, cents } from '../shared/money.ts'
import { BrokenInvariant, invariant } from './errors.ts'

/**
 * The places where cents can be: a client's wallet, a client's debt (never above zero), a reader's
 * earnings, the platform's share, goodwill, and Stripe, for the world outside. The last two are the
 * other side of what came in, and fall below zero.
 */
export type Account =
  | `wallet:${string}`
  | `debt:${string}`
  | `earnings:${string}`
  | 'house'
  | 'goodwill'
  | 'stripe'

export interface Leg {
  readonly account: Account
  readonly cents: Cents
}

/**
 * One movement of money. The key names the business fact (`charge:<session>:<n>`,
 * `topup:<payment>`), so the same fact can never be booked twice; the legs sum to zero, so no cent
 * appears or disappears.
 */
export interface Entry {
  readonly key: string
  readonly legs: readonly Leg[]
}

/**
 * Returns the entry that moves `amount` (> 0) from `from` to the legs `to`. Throws a
 * BrokenInvariant where it does not add up.
 */
export function entry(key: string, from: Account, amount: Cents, to: readonly Leg[]): Entry {
  const legs = [{ account: from, cents: cents(-amount) }]
  for (const leg of to) if (leg.cents !== 0) legs.push(leg)
  const sum = sumOf(legs)
  // Messages are built only on failure: this runs at every minute of every session.
  if (!(amount > 0)) throw new BrokenInvariant(`[L2] ${key} moves ${amount} cents`)
  if (sum !== 0) throw new BrokenInvariant(`[L1] the legs of ${key} sum to ${sum}`)
  return { key, legs }
}

/** Balance and debt of a client: one of the two is always zero. */
export interface Holder {
  readonly id: string
  readonly balanceCents: Cents
  readonly debtCents?: Cents
}

/**
 * [T3] Returns the entry that credits `amount` (> 0) to a client from Stripe or goodwill, paying a
 * debt first.
 */
export function creditTo(key: string, from: 'stripe' | 'goodwill', amount: Cents, client: Holder): Entry {
  const toDebt = cents(Math.min(amount, client.debtCents ?? 0))
  return entry(key, from, amount, [
    { account: `debt:${client.id}`, cents: toDebt },
    { account: `wallet:${client.id}`, cents: cents(amount - toDebt) },
  ])
}

/**
 * [R3] Returns the entry that takes `amount` (> 0) back from a client; what the wallet does not
 * cover becomes a debt.
 */
export function takeBackFrom(key: string, amount: Cents, client: Holder): Entry {
  invariant(amount > 0, `[L2] ${key} moves ${amount} cents`)
  const fromWallet = cents(Math.min(amount, client.balanceCents))
  const legs: Leg[] = [
    { account: `wallet:${client.id}`, cents: cents(0 - fromWallet) },
    { account: `debt:${client.id}`, cents: cents(0 - (amount - fromWallet)) },
  ]
  return { key, legs: [...legs.filter((leg) => leg.cents !== 0), { account: 'stripe', cents: amount }] }
}

export function sumOf(legs: readonly Leg[]): number {
  let sum = 0
  for (const leg of legs) sum += leg.cents
  return sum
}
