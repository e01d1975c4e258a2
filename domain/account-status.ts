/** Decides whether a client may spend: freezes, disputes, and automatic top-ups. */
import { sayHold } from '../shared/messages.ts'
import type { Cents } from '../shared/money.ts'
import type { AccountHold } from '../shared/protocol/views.ts'
import { DAY_MS } from '../shared/time.ts'
import type { Client } from './client.ts'
import { Refusal } from './errors.ts'

/**
 * Returns true where no new session may start and no card is charged: the operator froze the
 * account, or a payment is disputed.
 */
export function isFrozen(client: Client): boolean {
  return client.closedAt !== undefined || holdOf(client) !== undefined
}

/** Returns why an account is on hold; undefined where it is not. */
export function holdOf(client: Pick<Client, 'frozen' | 'topUps'>): AccountHold | undefined {
  if (client.topUps.some(({ openDisputes = 0 }) => openDisputes > 0)) return 'dispute'
  return client.frozen === undefined ? undefined : 'review'
}

/** Refuses `account_frozen`, by its cause, where an account is on hold. */
export function mustNotBeOnHold(client: Client): void {
  const hold = holdOf(client)
  if (hold) throw new Refusal('account_frozen', sayHold(hold))
}

/**
 * Returns what an automatic top-up would be at `at`, in cents; undefined when none is due.
 * `lowCents` is the threshold where it is above the client's own.
 */
export function automaticDue(client: Client, at: number, lowCents: number): Cents | undefined {
  const wish = client.autoTopUp
  if (!wish || wish.restsSince !== undefined || isFrozen(client)) return undefined
  if (client.balanceCents > Math.max(wish.thresholdCents, lowCents)) return undefined
  const automatic = client.topUps.filter(({ kind }) => kind === 'automatic')
  if (automatic.some(({ status }) => status === 'pending')) return undefined
  const today = automatic.filter(({ status, createdAt }) => status === 'succeeded' && sameDay(createdAt, at))
  const came = today.reduce((sum, { amountCents }) => sum + amountCents, 0)
  return came + wish.amountCents <= wish.dailyCapCents ? wish.amountCents : undefined
}

function sameDay(one: number, other: number): boolean {
  return Math.floor(one / DAY_MS) === Math.floor(other / DAY_MS)
}
