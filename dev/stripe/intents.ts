/** Keeps the stand-in's payments and moves them between their states. */

import { cardOf, mustBeCard } from './cards.ts'
import type { Charges } from './charges.ts'
import type { Customers } from './customers.ts'
import { badRequest, notThere, StripeFault } from './errors.ts'
import { allowOnly, type Form, required } from './form.ts'
import { newIntent } from './intent.ts'
import { type ListOf, type PaymentIntent, type Status, seconds } from './objects.ts'
import { PAGE_PARAMS, pageOf } from './pagination.ts'
import { createPaying, type IntentEvent, type Wallet } from './paying.ts'

export interface Intents {
  /** Makes a payment, and where that is asked for pays it with a saved card at once. */
  create(form: Form): PaymentIntent
  has(id: string): boolean
  /** Throws Stripe's 404. */
  find(id: string): PaymentIntent
  list(form: Form): ListOf<PaymentIntent>
  /**
   * Pays with the card in the form: ends in `succeeded` or `requires_action`, or throws Stripe's
   * 402.
   */
  confirm(id: string, form: Form): PaymentIntent
  /**
   * Ends the bank's check, passed or failed: the stand-in's own call, where Stripe.js talks to the
   * bank.
   */
  authenticate(id: string, form: Form): PaymentIntent
  cancel(id: string, form: Form): PaymentIntent
}

export interface IntentsParts {
  now: () => Date
  customers: Customers
  charges: Charges
  /** Receives everything that Stripe would send a webhook about. */
  onEvent: (type: `payment_intent.${IntentEvent}`, intent: PaymentIntent) => void
}

/** Creates the payments of one stand-in and the moves between their states, kept in memory. */
export function createIntents({ now, customers, charges, onEvent }: IntentsParts): Intents {
  const intents = new Map<string, PaymentIntent>()
  // The card that waits for the bank's check, by payment.
  const waiting = new Map<string, Wallet>()

  const keep = (intent: PaymentIntent, event: IntentEvent): PaymentIntent => {
    intents.set(intent.id, intent)
    onEvent(`payment_intent.${event}`, intent)
    return intent
  }

  const find = (id: string): PaymentIntent => {
    const intent = intents.get(id)
    if (!intent) throw notThere('payment_intent', id)
    return intent
  }

  const { pay, endCheck } = createPaying({
    customers,
    charges,
    keep,
    onCheck: (intentId, wallet) => void waiting.set(intentId, wallet),
  })

  /**
   * Returns the card that a form names: a saved one of the payment's customer, or one that was
   * typed in.
   */
  const walletIn = (form: Form, { customer }: PaymentIntent): Wallet => {
    const saved = form.get('payment_method')
    if (saved !== undefined) {
      const { method, card } = customers.cardBehind(saved, customer)
      return method.customer === null ? { card } : { card, saved: method }
    }
    mustBeCard(form)
    return { card: cardOf(form, now()) }
  }

  return {
    find,
    has: (id) => intents.has(id),

    create(form) {
      const intent = newIntent(form, now())
      if (intent.customer) customers.mustExist(intent.customer)
      if (form.get('confirm') !== 'true') return keep(intent, 'created')
      required(form, 'payment_method')
      const wallet = walletIn(form, intent)
      return pay(keep(intent, 'created'), wallet, form.get('off_session') === 'true')
    },

    list(form) {
      allowOnly(form, PAGE_PARAMS)
      return pageOf(form, '/v1/payment_intents', intents.values())
    },

    confirm(id, form) {
      allowOnly(form, CONFIRM_PARAMS)
      const intent = mustBe(find(id), ['requires_payment_method', 'requires_action'], 'confirm')
      return pay(intent, walletIn(form, intent), false)
    },

    authenticate(id, form) {
      allowOnly(form, ['key', 'client_secret', 'outcome'])
      const intent = mustBe(find(id), ['requires_action'], 'authenticate')
      const wallet = waiting.get(id)
      waiting.delete(id)
      if (!wallet) throw badRequest('No card waits for the bank.', 'payment_intent_unexpected_state')
      const isPassed = required(form, 'outcome') === 'succeeded'
      return endCheck(intent, wallet, isPassed)
    },

    cancel(id, form) {
      allowOnly(form, ['cancellation_reason'])
      const intent = mustBe(find(id), ['requires_payment_method', 'requires_action'], 'cancel')
      const canceled = {
        canceled_at: seconds(now()),
        cancellation_reason: reasonIn(form),
        next_action: null,
      }
      return keep({ ...intent, ...canceled, status: 'canceled' }, 'canceled')
    },
  }
}

const CONFIRM_PARAMS = [
  'key',
  'client_secret',
  'use_stripe_sdk',
  'payment_method',
  'payment_method_data[type]',
  'payment_method_data[card][number]',
  'payment_method_data[card][exp_month]',
  'payment_method_data[card][exp_year]',
  'payment_method_data[card][cvc]',
  'setup_future_usage',
]

function reasonIn(form: Form): PaymentIntent['cancellation_reason'] {
  return form.get('cancellation_reason') ?? null
}

function mustBe(intent: PaymentIntent, statuses: readonly Status[], move: string): PaymentIntent {
  if (statuses.includes(intent.status)) return intent
  throw new StripeFault(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${move} this PaymentIntent because it has a status of ${intent.status}.`,
    payment_intent: intent,
  })
}
