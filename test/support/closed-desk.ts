/** Plays the parts of Stripe that tests of top-ups need little of: it refuses all but payments. */
import { Refusal } from '../../domain/errors.ts'
import type { Payment, Payments } from '../../engine/ports.ts'

const closed = () => Promise.reject(new Refusal('payment_unavailable', 'Not at this desk.'))

/** The rest of Stripe, for tests that only ever pay in. */
export const closedDesk: Omit<Payments, 'create' | 'retrieve' | 'readWebhook'> = {
  cancel: closed,
  detailsOf: closed,
  reversalsOf: closed,
  refund: closed,
  since: closed,
  makeCustomer: closed,
  deleteCustomer: closed,
  cardsOf: closed,
  forgetCard: closed,
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
