/** Payments that succeed when the simulation says so, and messages about them that come in any number and order. */
import { Refusal } from '../../domain/errors.ts'
import type { Returns } from '../../domain/top-up.ts'
import type { Payment, Payments } from '../../engine/ports.ts'
import { closedDesk } from '../support/closed-desk.ts'

export interface Bank extends Payments {
  /** The client pays: from now on the payment is told as succeeded. */
  pay(paymentIntentId: string): void
  isPaid(paymentIntentId: string): boolean
  /** Something goes back, or comes back: a refund, one that fails, a dispute, one that is won or lost. */
  change(paymentIntentId: string, change: (returns: Returns) => Returns): void
  /** Of what was paid, how much has gone back by now, and how many disputes are open. */
  goneBack(paymentIntentId: string): { cents: number; openDisputes: number }
}

const NOTHING: Returns = { refunds: [], withdrawnCents: 0, openDisputes: 0 }
const ABOUT_RETURN = 'return '

/** It outlives every server: what was paid stays paid. */
export function createBank(): Bank {
  const payments = new Map<string, { payment: Payment; amountCents: number }>()
  const returned = new Map<string, Returns>()

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
    readNotice(body) {
      const text = body.toString()
      if (!text.startsWith(ABOUT_RETURN)) return { type: 'payment_intent.succeeded', paymentIntentId: text }
      return { type: 'charge.updated', paymentIntentId: text.slice(ABOUT_RETURN.length), isReturn: true }
    },
    returnsOf: async (id) => returned.get(id) ?? NOTHING,
    pay(id) {
      const { payment, amountCents } = find(id)
      payments.set(id, {
        payment: { ...payment, status: 'succeeded', amountReceivedCents: amountCents },
        amountCents,
      })
    },
    isPaid: (id) => find(id).payment.status === 'succeeded',
    change: (id, change) => void returned.set(id, change(returned.get(id) ?? NOTHING)),
    goneBack(id) {
      const { refunds, withdrawnCents, openDisputes } = returned.get(id) ?? NOTHING
      const refunded = refunds.reduce((sum, { cents, failed }) => sum + (failed ? 0 : cents), 0)
      return { cents: Math.min(find(id).amountCents, refunded + withdrawnCents), openDisputes }
    },
  }
}
