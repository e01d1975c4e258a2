/** Payments that succeed when the simulation says so, and messages about them that come in any number and order. */
import { Refusal } from '../../domain/errors.ts'
import type { Payment, Payments } from '../../engine/ports.ts'
import { closedDesk } from '../support/closed-desk.ts'

export interface Bank extends Payments {
  /** The client pays: from now on the payment is told as succeeded. */
  pay(paymentIntentId: string): void
  isPaid(paymentIntentId: string): boolean
}

/** It outlives every server: what was paid stays paid. */
export function createBank(): Bank {
  const payments = new Map<string, { payment: Payment; amountCents: number }>()

  const find = (id: string) => {
    const found = payments.get(id)
    if (!found) throw new Refusal('not_found', 'There is no such payment.')
    return found
  }

  return {
    ...closedDesk,
    async create({ topUpId, userId, amountCents }) {
      const id = `pi_${topUpId}`
      const payment: Payment = {
        id,
        status: 'pending',
        amountReceivedCents: 0,
        currency: 'usd',
        clientSecret: `${id}_secret`,
        topUpId,
        userId,
      }
      if (!payments.has(id)) payments.set(id, { payment, amountCents })
      return find(id).payment
    },
    retrieve: async (id) => find(id).payment,
    readNotice: (body) => ({ type: 'payment_intent.succeeded', paymentIntentId: body.toString() }),
    pay(id) {
      const { payment, amountCents } = find(id)
      payments.set(id, {
        payment: { ...payment, status: 'succeeded', amountReceivedCents: amountCents },
        amountCents,
      })
    },
    isPaid: (id) => find(id).payment.status === 'succeeded',
  }
}
