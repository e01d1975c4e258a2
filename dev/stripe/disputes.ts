/** Keeps the stand-in's disputes. */
import type { Balance } from './balance.ts'
import { notThere } from './errors.ts'
import type { Form } from './form.ts'
import { type BalanceTransaction, type Dispute, type ListOf, newId, seconds } from './objects.ts'
import { listOfPayment, type ReturnEvent, type ReturnsParts } from './reversals.ts'

const FEE = 1_500
const EVIDENCE_DAYS = 9
const DAY_S = 86_400

export interface DisputeWish {
  readonly amount?: number
  /** A bank's question before a dispute: it moves no money. */
  readonly inquiry?: boolean
  /** The fee comes as a transaction of its own instead of beside the withdrawal. */
  readonly feeApart?: boolean
}

export interface Disputes {
  list(form: Form): ListOf<Dispute>
  /** Disputes a payment: money is withdrawn at once, unless it is only an inquiry. */
  dispute(paymentIntentId: string, wish?: DisputeWish): Dispute
  /** Sends the account's evidence: the bank decides now. */
  answerDispute(id: string): Dispute
  /**
   * Closes a dispute. When it is won, the money comes back, at the rate of that moment; an inquiry
   * that is won is closed.
   */
  closeDispute(id: string, outcome: 'won' | 'lost'): Dispute
}

export function createDisputes({ now, charges, balance, paidIntent, onEvent }: ReturnsParts): Disputes {
  const disputes = new Map<string, Dispute>()

  const find = (id: string): Dispute => {
    const dispute = disputes.get(id)
    if (!dispute) throw notThere('dispute', id)
    return dispute
  }

  const keep = (dispute: Dispute, ...events: ReturnEvent[]): Dispute => {
    disputes.set(dispute.id, dispute)
    for (const event of events) onEvent(event, dispute)
    return dispute
  }

  return {
    list: (form) => listOfPayment(form, '/v1/disputes', disputes.values()),

    dispute(paymentIntentId, { amount, inquiry = false, feeApart = false } = {}) {
      const { intent, charge } = paidIntent(paymentIntentId)
      const opened = newDispute(
        { amount: amount ?? intent.amount_received, currency: intent.currency },
        { charge: charge.id, payment_intent: intent.id },
        now(),
      )
      charges.change(charge.id, { disputed: true })
      if (inquiry) return keep({ ...opened, status: 'warning_needs_response' }, 'charge.dispute.created')
      const balance_transactions = withdraw(balance, opened, feeApart)
      const events = ['charge.dispute.created', 'charge.dispute.funds_withdrawn'] as const
      return keep({ ...opened, balance_transactions, is_charge_refundable: false }, ...events)
    },

    answerDispute(id) {
      const dispute = find(id)
      const isInquiry = dispute.status.startsWith('warning_')
      const evidence_details = { ...dispute.evidence_details, has_evidence: true, submission_count: 1 }
      const status = isInquiry ? 'warning_under_review' : 'under_review'
      return keep({ ...dispute, evidence_details, status }, 'charge.dispute.updated')
    },

    closeDispute(id, outcome) {
      const dispute = find(id)
      const isInquiry = dispute.balance_transactions.length === 0
      const status = isInquiry && outcome === 'won' ? 'warning_closed' : outcome
      if (outcome === 'lost' || isInquiry) return keep({ ...dispute, status }, 'charge.dispute.closed')
      const { amount, currency } = dispute
      const back = { amount, currency, type: 'adjustment', category: 'dispute_reversal', source: id } as const
      const balance_transactions = [...dispute.balance_transactions, balance.add(back)]
      const events = ['charge.dispute.funds_reinstated', 'charge.dispute.closed'] as const
      return keep({ ...dispute, status, balance_transactions }, ...events)
    },
  }
}

function withdraw(
  balance: Balance,
  { id, amount, currency }: Dispute,
  feeApart: boolean,
): BalanceTransaction[] {
  const adjustment = { currency, type: 'adjustment', source: id } as const
  const out = { ...adjustment, amount: 0 - amount, category: 'dispute' }
  if (!feeApart) return [balance.add({ ...out, fee: FEE })]
  const fee = { currency, amount: 0 - FEE, type: 'stripe_fee', category: 'fee', source: id } as const
  return [balance.add(out), balance.add({ ...fee, description: 'Dispute fee' })]
}

function newDispute(
  money: Pick<Dispute, 'amount' | 'currency'>,
  of: Pick<Dispute, 'charge' | 'payment_intent'>,
  at: Date,
): Dispute {
  return {
    id: newId('du'),
    object: 'dispute',
    ...money,
    ...of,
    balance_transactions: [],
    created: seconds(at),
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: seconds(at) + EVIDENCE_DAYS * DAY_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: true,
    livemode: false,
    metadata: {},
    payment_method_details: {
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10.4' },
      type: 'card',
    },
    reason: 'fraudulent',
    status: 'needs_response',
  }
}

const NO_EVIDENCE: Dispute['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
}
