import { type ListOf, PAGE_PARAMS, pageOf } from './book.ts'
import type { Charges } from './charges.ts'
import { badRequest, notThere } from './errors.ts'
import { allowOnly, below, type Form, integer, required } from './form.ts'
import { newId, type PaymentIntent, seconds } from './intent.ts'

export interface Refund {
  id: string
  object: 'refund'
  amount: number
  charge: string | null
  created: number
  currency: string
  metadata: Record<string, string>
  payment_intent: string
  reason: string | null
  status: 'pending' | 'succeeded' | 'failed'
}

type DisputeStatus = 'warning_needs_response' | 'needs_response' | 'won' | 'lost'

export interface Dispute {
  id: string
  object: 'dispute'
  amount: number
  /** Below zero what was withdrawn, above what was given back. */
  balance_transactions: { id: string; object: 'balance_transaction'; amount: number }[]
  charge: string | null
  created: number
  currency: string
  livemode: false
  payment_intent: string
  status: DisputeStatus
}

export interface Returns {
  refund(form: Form): Refund
  listRefunds(form: Form): ListOf<Refund>
  listDisputes(form: Form): ListOf<Dispute>
  /** The bank sends a refund back, later. */
  failRefund(id: string): void
  /** A client disputes a payment: money is withdrawn at once, unless it is only an inquiry. */
  dispute(paymentIntentId: string, options?: { amount?: number; inquiry?: boolean }): Dispute
  /** Won: the money comes back. */
  closeDispute(id: string, outcome: 'won' | 'lost'): Dispute
}

export interface ReturnsParts {
  now: () => Date
  charges: Charges
  findIntent: (id: string) => PaymentIntent
  onEvent: (type: string, object: object) => void
}

export function createReturns({ now, charges, findIntent, onEvent }: ReturnsParts): Returns {
  const refunds = new Map<string, Refund>()
  const disputes = new Map<string, Dispute>()

  const refundedOf = (intent: string): number =>
    [...refunds.values()]
      .filter(({ payment_intent: of, status }) => of === intent && status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0)

  const tellCharge = (intent: PaymentIntent, type: string): void => {
    const amount_refunded = refundedOf(intent.id)
    const refunded = amount_refunded === intent.amount_received
    const charge = intent.latest_charge && charges.change(intent.latest_charge, { amount_refunded, refunded })
    if (charge) onEvent(type, charge)
  }

  const mustBePaid = (id: string): PaymentIntent => {
    const intent = findIntent(id)
    if (intent.status === 'succeeded') return intent
    throw badRequest('This payment has not succeeded.', 'payment_intent_unexpected_state', 'payment_intent')
  }

  const mustDispute = (id: string): Dispute => {
    const dispute = disputes.get(id)
    if (!dispute) throw notThere('dispute', id)
    return dispute
  }

  return {
    refund(form) {
      allowOnly(form, ['payment_intent', 'amount', 'reason', 'metadata[*]'])
      const intent = mustBePaid(required(form, 'payment_intent'))
      const left = intent.amount_received - refundedOf(intent.id)
      const amount = integer(form.get('amount') ?? String(left), 'amount')
      if (left === 0) throw badRequest('This charge has already been refunded.', 'charge_already_refunded')
      if (amount < 1 || amount > left) {
        throw badRequest(
          `A refund of ${amount} is more than the ${left} left.`,
          'parameter_invalid',
          'amount',
        )
      }
      const refund: Refund = {
        id: newId('re'),
        object: 'refund',
        amount,
        charge: intent.latest_charge,
        created: seconds(now()),
        currency: intent.currency,
        metadata: below(form, 'metadata'),
        payment_intent: intent.id,
        reason: form.get('reason') ?? null,
        status: 'succeeded',
      }
      refunds.set(refund.id, refund)
      onEvent('refund.created', refund)
      tellCharge(intent, 'charge.refunded')
      return refund
    },

    listRefunds: (form) => list(form, '/v1/refunds', refunds.values()),
    listDisputes: (form) => list(form, '/v1/disputes', disputes.values()),

    failRefund(id) {
      const refund = refunds.get(id)
      if (!refund) throw notThere('refund', id)
      const failed: Refund = { ...refund, status: 'failed' }
      refunds.set(id, failed)
      tellCharge(findIntent(refund.payment_intent), 'charge.updated')
      onEvent('refund.failed', failed)
    },

    dispute(paymentIntentId, { amount, inquiry = false } = {}) {
      const intent = mustBePaid(paymentIntentId)
      const disputed = amount ?? intent.amount_received
      const dispute: Dispute = {
        id: newId('du'),
        object: 'dispute',
        amount: disputed,
        balance_transactions: inquiry ? [] : [movement(-disputed)],
        charge: intent.latest_charge,
        created: seconds(now()),
        currency: intent.currency,
        livemode: false,
        payment_intent: intent.id,
        status: inquiry ? 'warning_needs_response' : 'needs_response',
      }
      disputes.set(dispute.id, dispute)
      if (intent.latest_charge) charges.change(intent.latest_charge, { disputed: true })
      onEvent('charge.dispute.created', dispute)
      if (!inquiry) onEvent('charge.dispute.funds_withdrawn', dispute)
      return dispute
    },

    closeDispute(id, outcome) {
      const dispute = mustDispute(id)
      const withdrawn = 0 - dispute.balance_transactions.reduce((sum, { amount }) => sum + amount, 0)
      const back = outcome === 'won' && withdrawn > 0 ? [movement(withdrawn)] : []
      const closed: Dispute = {
        ...dispute,
        status: outcome,
        balance_transactions: [...dispute.balance_transactions, ...back],
      }
      disputes.set(id, closed)
      if (back.length > 0) onEvent('charge.dispute.funds_reinstated', closed)
      onEvent('charge.dispute.closed', closed)
      return closed
    },
  }
}

function list<T extends { id: string; created: number; payment_intent: string }>(
  form: Form,
  url: string,
  all: Iterable<T>,
): ListOf<T> {
  allowOnly(form, ['payment_intent', ...PAGE_PARAMS])
  const of = form.get('payment_intent')
  return pageOf(
    form,
    url,
    [...all].filter(({ payment_intent: intent }) => of === undefined || intent === of),
  )
}

function movement(amount: number): Dispute['balance_transactions'][number] {
  return { id: newId('txn'), object: 'balance_transaction', amount }
}
