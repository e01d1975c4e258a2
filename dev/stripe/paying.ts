/** Pays a payment with a card: what the bank asks, allows and refuses. */
import type { Card, Decline } from './cards.ts'
import type { Charges } from './charges.ts'
import type { Customers } from './customers.ts'
import { StripeFault } from './errors.ts'
import type { PaymentIntent, PaymentMethod, StripeError } from './objects.ts'

/** Event that Stripe would send a webhook about. */
export type IntentEvent = 'canceled' | 'created' | 'payment_failed' | 'requires_action' | 'succeeded'

/** A card, and the saved one that it is, if it is one. */
export interface Wallet {
  readonly card: Card
  readonly saved?: PaymentMethod
}

export interface Paying {
  /**
   * Charges the card, or has the bank ask its owner, who may be away. Throws Stripe's 402 for a
   * card that is refused.
   */
  pay(intent: PaymentIntent, wallet: Wallet, isAway: boolean): PaymentIntent
  /** Ends the bank's check, which the owner has passed or not. Throws Stripe's 400 and 402. */
  endCheck(intent: PaymentIntent, wallet: Wallet, isPassed: boolean): PaymentIntent
}

export function createPaying(parts: {
  customers: Customers
  charges: Charges
  /** Keeps the payment as it is now, and reports the event. */
  keep: (intent: PaymentIntent, event: IntentEvent) => PaymentIntent
  /** Called when the bank wants to ask the owner of the card. */
  onCheck: (intentId: string, wallet: Wallet) => void
}): Paying {
  const { customers, charges, keep, onCheck } = parts

  const pay = (intent: PaymentIntent, wallet: Wallet, isAway: boolean): PaymentIntent => {
    const { card, saved } = wallet
    const asks = card.authenticate === 'always' || (card.authenticate === 'unless_saved' && !saved)
    if (!asks) return finish(intent, wallet)
    if (isAway) return decline(intent, AUTHENTICATION_REQUIRED, wallet)
    onCheck(intent.id, wallet)
    return keep({ ...intent, status: 'requires_action', next_action: BANK_CHECK }, 'requires_action')
  }

  const finish = (intent: PaymentIntent, wallet: Wallet): PaymentIntent => {
    const { card, saved } = wallet
    if (card.decline) return decline(intent, card.decline, wallet)
    const method = saved ?? keepCard(intent, card)
    const paid = {
      amount_received: intent.amount,
      latest_charge: charges.add(intent, card, method.id).id,
      payment_method: method.id,
      last_payment_error: null,
      next_action: null,
    }
    return keep({ ...intent, ...paid, status: 'succeeded' }, 'succeeded')
  }

  const keepCard = ({ customer, setup_future_usage: usage }: PaymentIntent, card: Card): PaymentMethod =>
    usage && customer ? customers.attach(customer, card) : customers.loose(card)

  /** The bank refuses the charge: 402, and the payment stays open for another card. */
  const decline = (intent: PaymentIntent, decline: Decline, wallet: Wallet): never => {
    const method = wallet.saved ?? customers.loose(wallet.card)
    const charge = charges.add(intent, wallet.card, method.id, decline).id
    const error: StripeError = { type: 'card_error', ...decline, charge, payment_method: method }
    return fail({ ...intent, latest_charge: charge }, 402, error)
  }

  /** The bank's check failed: nothing was charged, and at Stripe that is no error of the card. */
  const failCheck = (intent: PaymentIntent, wallet: Wallet): never => {
    const payment_method = wallet.saved ?? customers.loose(wallet.card)
    return fail(intent, 400, { type: 'invalid_request_error', ...NOT_AUTHENTICATED, payment_method })
  }

  const fail = (intent: PaymentIntent, status: number, error: StripeError): never => {
    const failed: PaymentIntent = {
      ...intent,
      status: 'requires_payment_method',
      last_payment_error: error,
      next_action: null,
    }
    keep(failed, 'payment_failed')
    throw new StripeFault(status, { ...error, payment_intent: failed })
  }

  return {
    pay,
    endCheck: (intent, wallet, isPassed) => (isPassed ? finish : failCheck)(intent, wallet),
  }
}

const BANK_CHECK: PaymentIntent['next_action'] = {
  type: 'use_stripe_sdk',
  use_stripe_sdk: { type: 'three_d_secure_2_source' },
}

const NOT_AUTHENTICATED: Decline = {
  code: 'payment_intent_authentication_failure',
  message: 'The payment method has failed authentication. Provide another one to try this payment again.',
}

const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. The bank wants to confirm that it is you.',
}
