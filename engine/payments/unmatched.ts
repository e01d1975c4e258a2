/** Payments at Stripe that belong to nobody here: written down once each, for the operator to sort out. */
import { UNMATCHED_PAYMENTS } from '../../domain/tables.ts'
import type { UnmatchedPayment } from '../../domain/unmatched-payment.ts'
import type { Tx, View } from '../ports.ts'

/** Writes the payment down, unless it is there already. */
export function noteUnmatched(tx: Tx, payment: UnmatchedPayment): void {
  const table = tx.table(UNMATCHED_PAYMENTS)
  if (!table.get(payment.paymentIntentId)) table.put(payment)
}

/** Returns those that have not become somebody's balance after all. */
export function unmatchedIn(view: View): UnmatchedPayment[] {
  return [...view.table(UNMATCHED_PAYMENTS).all()].filter(
    ({ paymentIntentId }) => view.topUpByPayment(paymentIntentId)?.topUp.status !== 'succeeded',
  )
}
