/** Plays the parts of Stripe that tests of top-ups need little of: it refuses all but payments. */
import { Refusal } from '../../domain/errors.ts'
import type { Payment, Payments } from '../../engine/ports.ts'

const unreachable = () => Promise.reject(new Refusal('payment_unavailable', 'Stripe is not played here.'))

/** The rest of Stripe, for tests that only ever pay in. */
export const unreachableStripe: Omit<Payments, 'create' | 'retrieve' | 'readWebhook'> = {
  cancel: unreachable,
  detailsOf: unreachable,
  reversalsOf: unreachable,
  refund: unreachable,
  since: unreachable,
  makeCustomer: unreachable,
  deleteCustomer: unreachable,
  cardsOf: unreachable,
  forgetCard: unreachable,
}

/** Returns a new payment, which is not paid yet. */
export const pendingPayment = (topUpId: string, userId: string): Payment => ({
  id: `pi_${topUpId}`,
  status: 'pending',
  amountReceivedCents: 0,
  currency: 'usd',
  clientSecret: `pi_${topUpId}_secret`,
  topUpId,
  userId,
})
