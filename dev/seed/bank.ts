/** Takes Stripe's place while a folder is seeded. */
import { Refusal } from '../../domain/errors.ts'
import type { Payment, Payments } from '../../engine/ports.ts'

/**
 * Takes Stripe's place while a folder is filled: every payment succeeds at once, and nothing is
 * refunded.
 */
export function seedBank(): Payments {
  const payments = new Map<string, Payment>()
  const closed = async (): Promise<never> => {
    throw new Refusal('payment_unavailable', 'There is no bank behind these payments.')
  }
  return {
    async create({ topUpId, userId, amountCents }) {
      const id = `pi_seed_${topUpId}`
      const payment: Payment = {
        id,
        status: 'succeeded',
        amountReceivedCents: amountCents,
        currency: 'usd',
        clientSecret: `${id}_secret`,
        topUpId,
        userId,
      }
      payments.set(id, payment)
      return payment
    },
    async retrieve(id) {
      const payment = payments.get(id)
      if (!payment) throw new Refusal('not_found', `There is no payment ${id}.`)
      return payment
    },
    detailsOf: async () => ({ card: { brand: 'visa', last4: '4242' } }),
    since: async () => ({ paid: [], returned: [] }),
    cardsOf: async () => [],
    readWebhook() {
      throw new Refusal('bad_signature', 'Nobody sends notices here.')
    },
    cancel: closed,
    reversalsOf: closed,
    refund: closed,
    makeCustomer: closed,
    deleteCustomer: closed,
    forgetCard: closed,
  }
}
