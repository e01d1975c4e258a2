import { Refusal } from '../domain/errors.ts'
import type { TopUp } from '../domain/user.ts'
import { cents } from '../shared/money.ts'
import type { NewId, Payment, Payments, Store } from './ports.ts'
import { changeTopUp, clientIn } from './top-ups.ts'

/** From a page's wish to a payment at Stripe: one attempt, one payment, however often it is asked for. */
export interface Attempts {
  /**
   * The attempt's record, made or found: it is on disk before Stripe is asked, so that a crash at any later step leaves
   * something to ask Stripe about. Refuses `idempotency_mismatch` when it was begun with another amount.
   */
  begin(userId: string, amountCents: number, attemptKey: string): Promise<TopUp>
  /** The payment of a top-up, made or found at Stripe. Refuses `payment_unavailable`, `not_found`. */
  paymentFor(userId: string, topUp: TopUp): Promise<Payment>
}

export function createAttempts(parts: { store: Store; payments: Payments; newId: NewId }): Attempts {
  const { store, payments, newId } = parts
  // Two requests of one attempt share one call to Stripe, which would answer the second that its key is in use.
  const underway = new Map<string, Promise<Payment>>()

  const open = async (userId: string, { id: topUpId, amountCents }: TopUp): Promise<Payment> => {
    const payment = await payments.create({ topUpId, userId, amountCents })
    await store.commit((tx) => changeTopUp(tx, userId, topUpId, { paymentIntentId: payment.id }))
    return payment
  }

  return {
    begin: (userId, amountCents, attemptKey) =>
      store.commit((tx) => {
        const client = clientIn(tx, userId)
        const earlier = client.topUps.find((topUp) => topUp.attemptKey === attemptKey)
        if (earlier) return sameAmount(earlier, amountCents)
        const topUp = newTopUp(newId(), attemptKey, amountCents, tx.now)
        tx.putUser({ ...client, topUps: [...client.topUps, topUp] })
        return topUp
      }),

    async paymentFor(userId, topUp) {
      if (topUp.paymentIntentId !== undefined) return payments.retrieve(topUp.paymentIntentId)
      const payment = underway.get(topUp.id) ?? open(userId, topUp)
      underway.set(topUp.id, payment)
      try {
        return await payment
      } finally {
        underway.delete(topUp.id)
      }
    },
  }
}

function newTopUp(id: string, attemptKey: string, amountCents: number, createdAt: number): TopUp {
  return { id, attemptKey, amountCents: cents(amountCents), status: 'pending', createdAt }
}

function sameAmount(earlier: TopUp, amountCents: number): TopUp {
  if (earlier.amountCents === amountCents) return earlier
  throw new Refusal(
    'idempotency_mismatch',
    'This payment was begun with another amount. Start again with the new one.',
  )
}
