/** Shows cards as Stripe's payment methods. */
import { type Card, faceOf } from './cards.ts'
import { NO_BILLING_DETAILS, newId, type PaymentMethod, seconds } from './objects.ts'

/** Creates a card as Stripe shows it; `customer` has saved it. */
export function newPaymentMethod(card: Card, customer: string | null, at: Date): PaymentMethod {
  return {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: NO_BILLING_DETAILS,
    card: shown(card),
    created: seconds(at),
    customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
}

function shown(card: Card): NonNullable<PaymentMethod['card']> {
  const { brand, last4, fingerprint } = faceOf(card)
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: brand,
    exp_month: card.expiryMonth,
    exp_year: card.expiryYear,
    fingerprint,
    funding: 'credit',
    generated_from: null,
    last4,
    networks: { available: [brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  }
}
