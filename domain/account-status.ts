/** Whether a client may spend: frozen accounts, what the operator did to them, and top-ups that come by themselves. */
import type { Cents } from '../shared/money.ts'
import type { Client } from './user.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** The operator's own freeze; a dispute freezes by being open. */
export interface Freeze {
  readonly at: number
  readonly by: string
  readonly why: string
}

/** What the operator did to an account by hand. */
export interface Adjustment {
  readonly id: string
  readonly at: number
  readonly kind: 'goodwill' | 'freeze' | 'unfreeze' | 'write-off' | 'adopt'
  readonly by: string
  readonly why: string
  readonly cents?: Cents
}

/** Top-ups that come by themselves: only once the client has switched them on. */
export interface AutoTopUp {
  readonly amountCents: Cents
  /** The balance at which one is made. */
  readonly thresholdCents: Cents
  /** The most that comes by itself in a day of UTC. */
  readonly dailyCapCents: Cents
  /** What the client agreed to, and when. */
  readonly consent: string
  readonly since: number
  /** It rests after a refusal until the client has paid, or has switched it on anew. */
  readonly restsSince?: number
}

/** No new session may begin and no card is charged by itself: the operator said so, or a payment is disputed. */
export function isFrozen(client: Client): boolean {
  return (
    client.closedAt !== undefined ||
    client.frozen !== undefined ||
    client.topUps.some(({ openDisputes = 0 }) => openDisputes > 0)
  )
}

/** What an automatic top-up would be now; undefined when none is due. `lowCents` is the mark, if above the client's own. */
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
