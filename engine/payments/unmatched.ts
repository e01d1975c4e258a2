/**
 * Keeps the payments at Stripe that match no account, each recorded once for the operator to
 * resolve.
 */
import { UNMATCHED_PAYMENTS } from '../../domain/tables.ts'
import type { UnmatchedPayment } from '../../domain/unmatched-payment.ts'
import type { Tx, View } from '../ports.ts'

/** Records the payment, unless it is there already. */
export function noteUnmatched(tx: Tx, payment: UnmatchedPayment): void {
  const table = tx.table(UNMATCHED_PAYMENTS)
  if (!table.get(payment.paymentIntentId)) table.put(payment)
}

/** Returns those that have not been assigned since. */
export function unmatchedIn(view: View): UnmatchedPayment[] {
  return [...view.table(UNMATCHED_PAYMENTS).all()].filter(
    ({ paymentIntentId }) => view.topUpByPayment(paymentIntentId)?.topUp.status !== 'succeeded',
  )
}
