/** Keeps the charges of the stand-in. */
import type { Balance } from './balance.ts'
import { type Card, type Decline, faceOf } from './cards.ts'
import { type Charge, NO_BILLING_DETAILS, newId, type PaymentIntent, seconds } from './objects.ts'

export interface Charges {
  /** Charges a card for a payment, or refuses it with `decline`. */
  add(intent: PaymentIntent, card: Card, methodId: string, decline?: Decline): Charge
  find(id: string | null): Charge | undefined
  change(id: string, change: Partial<Charge>): Charge | undefined
}

export function createCharges({ now, balance }: { now: () => Date; balance: Balance }): Charges {
  const charges = new Map<string, Charge>()
  return {
    find: (id) => (id === null ? undefined : charges.get(id)),

    add(intent, card, methodId, decline) {
      const charge = { ...newCharge(intent, card, methodId, now()), ...outcomeOf(decline) }
      const { id, amount, currency } = charge
      if (!decline) {
        const move = { amount, currency, type: 'charge', category: 'charge', source: id } as const
        charge.balance_transaction = balance.add(move).id
        charge.receipt_url = `https://pay.stripe.test/receipts/${id}`
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

function newCharge(intent: PaymentIntent, card: Card, methodId: string, at: Date): Charge {
  const { amount, currency, description, metadata, receipt_email, statement_descriptor_suffix } = intent
  return {
    id: newId('ch'),
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: NO_BILLING_DETAILS,
    calculated_statement_descriptor: descriptorOf(intent),
    captured: true,
    created: seconds(at),
    currency,
    customer: intent.customer,
    description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata,
    on_behalf_of: null,
    outcome: null,
    paid: true,
    payment_intent: intent.id,
    payment_method: methodId,
    payment_method_details: { type: 'card', card: detailsOf(card, amount) },
    receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix,
    status: 'succeeded',
    transfer_data: null,
    transfer_group: null,
  }
}

/** The account's name on a client's statement. */
const PREFIX = 'SOULSEER'

function descriptorOf({ statement_descriptor_suffix: suffix }: PaymentIntent): string {
  return suffix === null ? PREFIX : `${PREFIX}* ${suffix}`
}

type Outcome = Pick<
  Charge,
  'amount_captured' | 'captured' | 'failure_code' | 'failure_message' | 'outcome' | 'paid' | 'status'
>

function outcomeOf(decline: Decline | undefined): Partial<Outcome> {
  const outcome = {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: decline ? 'declined_by_network' : 'approved_by_network',
    reason: decline?.decline_code ?? null,
    risk_level: 'normal',
    seller_message: decline ? decline.message : 'Payment complete.',
    type: decline ? 'issuer_declined' : 'authorized',
  }
  if (!decline) return { outcome }
  const { code = null, message } = decline
  return {
    amount_captured: 0,
    captured: false,
    failure_code: code,
    failure_message: message,
    outcome,
    paid: false,
    status: 'failed',
  }
}

type CardDetails = NonNullable<NonNullable<Charge['payment_method_details']>['card']>

function detailsOf(card: Card, amount: number): CardDetails {
  const { brand, last4, fingerprint } = faceOf(card)
  return {
    amount_authorized: amount,
    authorization_code: null,
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    electronic_commerce_indicator: null,
    exp_month: card.expiryMonth,
    exp_year: card.expiryYear,
    fingerprint,
    funding: 'credit',
    installments: null,
    last4,
    mandate: null,
    network: brand,
    network_transaction_id: null,
    regulated_status: 'unregulated',
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  }
}
