/** Makes the payment of a top-up at Stripe, or finds the one that was made before. */
import { CustomerGone, Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import type { Payment, Payments, PaymentWish, Store } from '../ports.ts'
import type { Customers } from './customers.ts'
import { changeTopUp, openClientIn } from './top-up-records.ts'

/**
 * Returns the payment of a top-up, made or found at Stripe. Refuses `payment_unavailable`,
 * `not_found`.
 */
export type PaymentFor = (userId: string, topUp: TopUp) => Promise<Payment>

export function createPaymentFor(parts: {
  store: Store
  payments: Payments
  customers: Customers
}): PaymentFor {
  const { store, payments, customers } = parts
  // Two requests of one attempt share one call to Stripe, which would refuse the second because its
  // key is in use.
  const underway = new Map<string, Promise<Payment>>()

  const open = async (userId: string, topUp: TopUp): Promise<Payment> => {
    const payment = await make(userId, topUp)
    await store.commit((tx) => {
      // If the account was deleted in the meantime, the payment's secret reaches no page, so that
      // it is never paid.
      openClientIn(tx, userId)
      changeTopUp(tx, userId, topUp.id, { paymentIntentId: payment.id })
    }, 'payment')
    return payment
  }

  const make = async (userId: string, topUp: TopUp): Promise<Payment> => {
    const { cardId, saveConsent } = topUp
    const needsCustomer = cardId !== undefined || saveConsent !== undefined
    const customerId = needsCustomer ? await customers.of(userId) : undefined
    try {
      return await payments.create(await wishFor(userId, topUp, customerId))
    } catch (error) {
      if (customerId === undefined || !isNotFound(error)) throw error
      if (error instanceof CustomerGone) await customers.forget(userId, customerId)
      if (cardId !== undefined) return failForGood(userId, topUp)
      return payments.create(await wishFor(userId, topUp, await customers.of(userId)))
    }
  }

  /**
   * Fails the top-up for good: the saved card is gone at Stripe, so it was not charged and never
   * will be.
   */
  const failForGood = async (userId: string, topUp: TopUp): Promise<never> => {
    await store.commit((tx) => changeTopUp(tx, userId, topUp.id, { status: 'failed' }), 'payment')
    throw new Refusal('not_found', 'This card is no longer saved.')
  }

  const wishFor = async (userId: string, topUp: TopUp, customerId?: string): Promise<PaymentWish> => {
    const { id: topUpId, amountCents, cardId, saveConsent, kind } = topUp
    return {
      topUpId,
      userId,
      amountCents,
      receiptEmail: await store.read((view) => openClientIn(view, userId).email),
      ...(customerId === undefined ? {} : { customerId }),
      ...(saveConsent === undefined ? {} : { saveCard: true }),
      ...(cardId === undefined ? {} : { charge: { cardId, isAway: kind === 'automatic' } }),
    }
  }

  return async (userId, topUp) => {
    if (topUp.paymentIntentId !== undefined) return payments.retrieve(topUp.paymentIntentId)
    // The attempt may be older than Stripe's idempotency window, so retrying could charge twice.
    if (topUp.status === 'failed') throw new Refusal('not_found', 'This payment was given up.')
    const payment = underway.get(topUp.id) ?? open(userId, topUp)
    underway.set(topUp.id, payment)
    try {
      return await payment
    } finally {
      underway.delete(topUp.id)
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'not_found'
}
