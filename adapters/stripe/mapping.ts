/** Maps Stripe's objects to our own types. */
import Stripe from 'stripe'
import type { CardFace, Declined, PaymentReversals } from '../../domain/top-up.ts'
import type { Payment, SavedCard } from '../../engine/ports.ts'

export function paymentOf(intent: Stripe.PaymentIntent, isLive: boolean): Payment {
  const decline = declineOf(intent)
  return {
    id: intent.id,
    status: statusOf(intent.status),
    amountReceivedCents: intent.amount_received,
    currency: intent.currency,
    clientSecret: intent.client_secret ?? '',
    topUpId: intent.metadata?.topUpId,
    userId: intent.metadata?.userId,
    ...(intent.status === 'requires_action' ? { needsPerson: true } : {}),
    ...(decline ? { decline } : {}),
    ...(intent.livemode === !isLive ? { isForeignMode: true } : {}),
  }
}

function statusOf(status: Stripe.PaymentIntent.Status): Payment['status'] {
  if (status === 'succeeded') return 'succeeded'
  return status === 'canceled' ? 'failed' : 'pending'
}

/**
 * Errors of the last try that Stripe does not call `card_error`, though a card was tried and
 * nothing was paid: 3-D Secure failed, or the try was abandoned.
 */
const FAILED_TRY = new Set<string | undefined>([
  'payment_intent_authentication_failure',
  'payment_intent_payment_attempt_failed',
])

/**
 * Returns the declined card from the payment's last error; a failed 3-D Secure has no charge of its
 * own.
 */
export function declineOf({
  id,
  last_payment_error: error,
}: Stripe.PaymentIntent): Omit<Declined, 'at'> | undefined {
  if (!error || (error.type !== 'card_error' && !FAILED_TRY.has(error.code))) return undefined
  const { charge, payment_method: method } = error
  const code = error.decline_code ?? error.code ?? 'card_declined'
  const tryId = charge ?? [id, code, ...(method ? [method.id] : [])].join(':')
  return { tryId, code, ...(method?.card ? { card: cardOf(method.card) } : {}) }
}

/**
 * Returns the payment that a declined card left behind; undefined when the error is of another
 * kind.
 */
export function paymentInError(error: unknown): Stripe.PaymentIntent | undefined {
  const payment = error instanceof Stripe.errors.StripeError ? error.payment_intent : undefined
  return payment && declineOf(payment) ? payment : undefined
}

function cardOf(card: { brand: string | null; last4: string | null; fingerprint?: string | null }): CardFace {
  const { brand, last4, fingerprint } = card
  return { brand: brand ?? 'card', last4: last4 ?? '', ...(fingerprint ? { fingerprint } : {}) }
}

export function savedCardOf({ id, card }: Stripe.PaymentMethod): SavedCard[] {
  return card ? [{ id, ...cardOf(card), expiryMonth: card.exp_month, expiryYear: card.exp_year }] : []
}

/** Returns the card and the receipt of a payment that was expanded with its charge. */
export function detailsOf({ latest_charge: charge }: Stripe.PaymentIntent): {
  card?: CardFace
  receiptUrl?: string
} {
  if (!charge || typeof charge === 'string') return {}
  const card = charge.payment_method_details?.card
  return {
    ...(card ? { card: cardOf(card) } : {}),
    ...(charge.receipt_url ? { receiptUrl: charge.receipt_url } : {}),
  }
}

export function reversalsOf(
  refunds: readonly Stripe.Refund[],
  disputes: readonly Stripe.Dispute[],
): PaymentReversals {
  return {
    refunds: refunds.map(({ amount, status, metadata }) => ({
      cents: amount,
      failed: status === 'failed' || status === 'canceled',
      refundId: metadata?.refundId,
    })),
    withdrawnCents: disputes.reduce((sum, dispute) => sum + withdrawnOf(dispute), 0),
    openDisputes: disputes.filter(({ status }) => OPEN_DISPUTE.has(status)).length,
  }
}

/** An inquiry (`warning_…`) has moved no money and freezes nothing. */
const OPEN_DISPUTE = new Set<string>([
  'needs_response',
  'under_review',
  'appeal_needs_response',
  'appeal_under_review',
])

/**
 * Returns what a dispute has taken out, in the payment's own currency: its amount or nothing. Its
 * transactions are in the currency that the account settles in, at the rate of their day, so they
 * show only whether money is out.
 */
function withdrawnOf(dispute: Stripe.Dispute): number {
  const moves = dispute.balance_transactions.filter((move) => !isFee(move))
  if (dispute.status !== 'won') return sumOf(moves) < 0 ? dispute.amount : 0
  // The rate may have fallen in the meantime: what counts is that it came back after it was taken.
  const [taken, returned] = [
    moves.filter(({ amount }) => amount < 0),
    moves.filter(({ amount }) => amount > 0),
  ]
  return latestOf(taken) > latestOf(returned) ? dispute.amount : 0
}

/**
 * Returns true for Stripe's fee for a dispute, which is the platform's even where it is a
 * transaction of its own.
 */
function isFee({ type, reporting_category: category }: Stripe.BalanceTransaction): boolean {
  return type === 'stripe_fee' || type === 'stripe_fx_fee' || category === 'fee'
}

function sumOf(moves: readonly Stripe.BalanceTransaction[]): number {
  return moves.reduce((sum, { amount }) => sum + amount, 0)
}

function latestOf(moves: readonly Stripe.BalanceTransaction[]): number {
  return Math.max(0, ...moves.map(({ created }) => created))
}
