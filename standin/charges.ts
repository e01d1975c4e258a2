import { type Card, faceOf } from './cards.ts'
import { newId, type PaymentIntent, seconds } from './intent.ts'

/** The fields of Stripe's Charge that we, the SDK or a page look at. */
export interface Charge {
  id: string
  object: 'charge'
  amount: number
  amount_refunded: number
  created: number
  currency: string
  disputed: boolean
  livemode: false
  paid: boolean
  payment_intent: string
  payment_method_details: { type: 'card'; card: { brand: string; last4: string; fingerprint: string } }
  receipt_url: string | null
  refunded: boolean
  status: 'succeeded' | 'failed'
}

export interface Charges {
  /** A card was charged for a payment, or refused. */
  add(intent: PaymentIntent, card: Card, paid: boolean, at: Date): Charge
  find(id: string | null): Charge | undefined
  change(id: string, change: Partial<Charge>): Charge | undefined
}

export function createCharges(): Charges {
  const charges = new Map<string, Charge>()
  return {
    find: (id) => (id === null ? undefined : charges.get(id)),

    add({ id: intent, amount, currency }, card, paid, at) {
      const id = newId('ch')
      const charge: Charge = {
        id,
        object: 'charge',
        amount,
        amount_refunded: 0,
        created: seconds(at),
        currency,
        disputed: false,
        livemode: false,
        paid,
        payment_intent: intent,
        payment_method_details: { type: 'card', card: faceOf(card) },
        receipt_url: paid ? `https://pay.stripe.test/receipts/${id}` : null,
        refunded: false,
        status: paid ? 'succeeded' : 'failed',
      }
      charges.set(id, charge)
      return charge
    },

    change(id, change) {
      const charge = charges.get(id)
      if (!charge) return undefined
      const changed = { ...charge, ...change }
      charges.set(id, changed)
      return changed
    },
  }
}
