/**
 * Computes a client's balance, refunds and limits: the auditor's own arithmetic, day by day of UTC.
 */

const DAY_MS = 86_400_000

export const dayOf = (at: number): number => Math.floor(at / DAY_MS)

/**
 * The amount that a client may spend in a day, and the amount from an instant on; undefined cents
 * are no limit.
 */
export interface DayLimit {
  readonly cents: number | undefined
  readonly later: { readonly cents: number | undefined; readonly from: number } | undefined
}

export const NO_DAY_LIMIT: DayLimit = { cents: undefined, later: undefined }

export interface ClientBook {
  readonly id: string
  creditedCents: number
  /** The amounts of the payments that have gone back. */
  returnedCents: number
  spentCents: number
  readonly spentOn: Map<number, number>
  limit: DayLimit
}

/** A refund that the operator asked for. */
export interface OwnRefund {
  readonly cents: number
  readonly at: number
  readonly status: 'asked' | 'made' | 'failed'
}

/** The amount of one payment that has gone back, as the server last heard it. */
export interface Reversal {
  readonly clientId: string
  readonly amountCents: number
  /** The amounts that others than the operator sent back, and that disputes took. */
  readonly elsewhereCents: number
  readonly openDisputes: number
  /** In the order in which they were asked for. */
  readonly own: readonly OwnRefund[]
}

/** [R1] [R4] Returns the amount that must be out of the balance for it. */
export function outOf(back: Reversal | undefined): number {
  if (!back) return 0
  const own = back.own.reduce((sum, { cents, status }) => sum + (status === 'failed' ? 0 : cents), 0)
  return Math.min(back.amountCents, own + back.elsewhereCents)
}

export const newPurse = (id: string): ClientBook => ({
  id,
  creditedCents: 0,
  returnedCents: 0,
  spentCents: 0,
  spentOn: new Map(),
  limit: NO_DAY_LIMIT,
})

type Purse = Pick<ClientBook, 'creditedCents' | 'returnedCents' | 'spentCents'>

const netOf = (client: Purse): number => client.creditedCents - client.returnedCents - client.spentCents

export const walletOf = (client: Purse): number => Math.max(0, netOf(client))

export const debtOf = (client: Purse): number => Math.max(0, 0 - netOf(client))

export function spend(client: ClientBook, cents: number, at: number): void {
  const day = dayOf(at)
  client.spentCents += cents
  client.spentOn.set(day, (client.spentOn.get(day) ?? 0) + cents)
}

export const spentOn = (client: ClientBook, at: number): number => client.spentOn.get(dayOf(at)) ?? 0

export const inForce = ({ limit }: ClientBook, at: number): number | undefined =>
  limit.later && limit.later.from <= at ? limit.later.cents : limit.cents

/** Less is less at once; more, or no limit at all, a whole day later. */
export function askForLimit(client: ClientBook, cents: number | undefined, at: number): void {
  const now = inForce(client, at)
  const isMore = now !== undefined && (cents === undefined || cents > now)
  client.limit = isMore ? { cents: now, later: { cents, from: at + DAY_MS } } : { cents, later: undefined }
}

/**
 * Returns the instant after `after` at which what the client may spend changes by the clock alone;
 * Infinity when it never does.
 */
export function nextTurn(client: ClientBook, after: number): number {
  const midnight = (dayOf(after) + 1) * DAY_MS
  const raise = client.limit.later?.from ?? 0
  const turns = raise > after ? [midnight, raise] : [midnight]
  return Math.min(...turns.filter((at) => inForce(client, at - 1) !== undefined), Infinity)
}

/** Returns what is left of the day's limit. */
export function leftOfDay(client: ClientBook, at: number): number {
  const limit = inForce(client, at)
  return limit === undefined ? Infinity : limit - spentOn(client, at)
}
