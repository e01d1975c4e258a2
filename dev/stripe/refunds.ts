/** Keeps the stand-in's refunds. */
import { badRequest, notThere } from './errors.ts'
import { allowOnly, below, type Form, integer, required } from './form.ts'
import { type Charge, type ListOf, newId, type PaymentIntent, type Refund, seconds } from './objects.ts'
import { listOfPayment, type ReturnEvent, type ReturnsParts } from './reversals.ts'

export interface Refunds {
  create(form: Form): Refund
  list(form: Form): ListOf<Refund>
  /** Keeps new refunds `pending` while it is on: the account's balance does not cover them. */
  holdRefunds(on: boolean): void
  /** Completes a pending refund. */
  finishRefund(id: string): void
  /** Fails a refund that the bank sends back later. */
  failRefund(id: string): void
}

export function createRefunds({ now, charges, balance, paidIntent, onEvent }: ReturnsParts): Refunds {
  const refunds = new Map<string, Refund>()
  let held = false

  const refundedOf = (intent: string): number =>
    [...refunds.values()]
      .filter(({ payment_intent: of, status }) => of === intent && status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0)

  const tellCharge = ({ charge, payment_intent }: Refund, type: ReturnEvent): void => {
    const amount_refunded = refundedOf(payment_intent)
    const refunded = amount_refunded === charges.find(charge)?.amount
    const changed = charges.change(charge, { amount_refunded, refunded })
    if (changed) onEvent(type, changed)
  }

  const change = (id: string, status: Refund['status']): Refund => {
    const { pending_reason: _, ...refund } = find(id)
    const changed: Refund = { ...refund, status }
    refunds.set(id, changed)
    return changed
  }

  const find = (id: string): Refund => {
    const refund = refunds.get(id)
    if (!refund) throw notThere('refund', id)
    return refund
  }

  const settle = ({ id, amount, currency }: Pick<Refund, 'id' | 'amount' | 'currency'>): string =>
    balance.add({ amount: 0 - amount, currency, type: 'refund', category: 'refund', source: id }).id

  const newRefund = (form: Form, amount: number, intent: PaymentIntent, charge: Charge): Refund => {
    const [id, { currency }] = [newId('re'), intent]
    return {
      id,
      object: 'refund',
      amount,
      balance_transaction: held ? null : settle({ id, amount, currency }),
      charge: charge.id,
      created: seconds(now()),
      currency,
      customer: intent.customer,
      customer_account: null,
      destination_details: { card: { type: 'refund' }, type: 'card' },
      metadata: below(form, 'metadata'),
      payment_intent: intent.id,
      payment_method: charge.payment_method,
      reason: form.get('reason') ?? null,
      receipt_number: null,
      source_transfer_reversal: null,
      status: held ? 'pending' : 'succeeded',
      transfer_reversal: null,
      ...(held ? { pending_reason: 'insufficient_funds' as const } : {}),
    }
  }

  return {
    create(form) {
      allowOnly(form, ['payment_intent', 'amount', 'reason', 'metadata[*]'])
      const { intent, charge } = paidIntent(required(form, 'payment_intent'))
      const amount = amountIn(form, intent.amount_received - refundedOf(intent.id))
      const refund = newRefund(form, amount, intent, charge)
      refunds.set(refund.id, refund)
      onEvent('refund.created', refund)
      tellCharge(refund, 'charge.refunded')
      return refund
    },

    list: (form) => listOfPayment(form, '/v1/refunds', refunds.values()),

    holdRefunds(on) {
      held = on
    },

    finishRefund(id) {
      const finished = { ...change(id, 'succeeded'), balance_transaction: settle(find(id)) }
      refunds.set(id, finished)
      onEvent('refund.updated', finished)
    },

    failRefund(id) {
      const failed = change(id, 'failed')
      tellCharge(failed, 'charge.updated')
      onEvent('refund.failed', failed)
    },
  }
}

function amountIn(form: Form, left: number): number {
  const amount = integer(form.get('amount') ?? String(left), 'amount')
  if (left === 0) throw badRequest('This charge has already been refunded.', 'charge_already_refunded')
  if (amount >= 1 && amount <= left) return amount
  throw badRequest(`A refund of ${amount} is more than the ${left} left.`, 'parameter_invalid', 'amount')
}
