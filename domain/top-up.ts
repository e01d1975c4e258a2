/** Describes top-ups, and what has been refunded or reversed since. */
import type { Cents } from '../shared/money.ts'
import type { OperatorNote } from './person.ts'

/**
 * The parts of a card that may be shown; the fingerprint is the same wherever the same number is
 * used.
 */
export interface CardFace {
  readonly brand: string
  readonly last4: string
  readonly fingerprint?: string
}

/** A card that a bank declined. */
export interface Declined {
  /** Stripe's id of the try, so that repeated notices of it count once. */
  readonly tryId: string
  readonly at: number
  readonly code: string
  readonly card?: CardFace
}

/** A refund that the operator requested: on disk before Stripe is asked. */
export interface Refund extends OperatorNote {
  readonly id: string
  readonly cents: Cents
  readonly at: number
  /**
   * `asked`: it is not known yet whether Stripe made it. `failed`: it did not, and the money is
   * back in the balance.
   */
  readonly status: 'asked' | 'made' | 'failed'
}

/** Start of a payment: in the card form, by one press with a saved card, or automatically. */
export type TopUpKind = 'form' | 'saved' | 'automatic'

/** One attempt to put money in. It is on disk before Stripe is asked, and credited at most once. */
export interface TopUp {
  readonly id: string
  /** The page's id for the attempt: a retry of one click finds this record. */
  readonly attemptKey: string
  readonly amountCents: Cents
  readonly status: 'pending' | 'succeeded' | 'failed'
  readonly createdAt: number
  readonly paymentIntentId?: string
  readonly creditedAt?: number
  /** `form` where it is absent. */
  readonly kind?: TopUpKind
  /** The saved card that pays it. */
  readonly cardId?: string
  /** Consent of the client when the card was to be saved: the words, at `createdAt`. */
  readonly saveConsent?: string
  /** Network address of the request, kept for a day against card testing. */
  readonly from?: string
  readonly declines?: readonly Declined[]
  /** The bank requires 3-D Secure, so the payment continues only with the client. */
  readonly needsPerson?: boolean
  readonly card?: CardFace
  readonly receiptUrl?: string
  /** Cents of it that Stripe has given or taken back, and how often that has changed. */
  readonly reversedCents?: Cents
  readonly reversals?: number
  /** Disputes that are not closed: they freeze the account. */
  readonly openDisputes?: number
  readonly refunds?: readonly Refund[]
  /**
   * Cents reversed without our request, as Stripe last reported: refunds in its dashboard, and
   * disputes.
   */
  readonly elsewhereCents?: number
}

/** Everything that Stripe reports as reversed of one payment. */
export interface PaymentReversals {
  readonly refunds: readonly {
    readonly cents: number
    readonly failed: boolean
    /** Id of our own {@link Refund}, where it is one. */
    readonly refundId?: string | undefined
  }[]
  /** Amount that disputes have taken out, in the currency of the payment. */
  readonly withdrawnCents: number
  readonly openDisputes: number
}

/**
 * Returns the top-up with the reversals that Stripe reports: our own refunds by id, all others as
 * one sum.
 */
export function withReversals(topUp: TopUp, reported: PaymentReversals): TopUp {
  const own = new Set(topUp.refunds?.map(({ id }) => id))
  const others = reported.refunds.filter(({ refundId, failed }) => !failed && !own.has(refundId ?? ''))
  const elsewhereCents = others.reduce((sum, { cents }) => sum + cents, 0) + reported.withdrawnCents
  const { openDisputes } = reported
  return {
    ...topUp,
    ...(topUp.refunds ? { refunds: topUp.refunds.map((refund) => asListed(refund, reported)) } : {}),
    ...(elsewhereCents === (topUp.elsewhereCents ?? 0) ? {} : { elsewhereCents }),
    ...(openDisputes === (topUp.openDisputes ?? 0) ? {} : { openDisputes }),
  }
}

function asListed(refund: Refund, reported: PaymentReversals): Refund {
  const listed = reported.refunds.find(({ refundId }) => refundId === refund.id)
  return listed ? { ...refund, status: listed.failed ? 'failed' : 'made' } : refund
}

/**
 * [R1] Returns how much of a top-up must be out of the balance: our own refunds that have not
 * failed, and what Stripe has given or taken back otherwise. Never more than came in.
 */
export function reversalTarget(topUp: TopUp): number {
  const { amountCents, elsewhereCents = 0 } = topUp
  return Math.min(amountCents, Math.max(0, sumOf(standingRefunds(topUp)) + elsewhereCents))
}

/** Returns our own refunds of a top-up, without those that failed. */
export function standingRefunds({ refunds = [] }: TopUp): Refund[] {
  return refunds.filter(({ status }) => status !== 'failed')
}

/** Returns how much is out of the balance beyond our own refunds: taken by disputes, or refunded in Stripe's dashboard. */
export function takenElsewhereCents(topUp: TopUp): number {
  return (topUp.reversedCents ?? 0) - sumOf(standingRefunds(topUp))
}

function sumOf(refunds: readonly Refund[]): number {
  return refunds.reduce((sum, { cents }) => sum + cents, 0)
}

/** Returns how much of it can still be refunded, in cents. */
export function unreturnedCents({ status, amountCents, reversedCents = 0 as Cents }: TopUp): number {
  return status === 'succeeded' ? amountCents - reversedCents : 0
}
