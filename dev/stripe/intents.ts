/** Keeps the stand-in's payments and moves them between their states. */
import { PAGE_PARAMS, pageOf } from './book.ts'
import { type Card, cardOf, type Decline, mustBeCard } from './cards.ts'
import type { Charges } from './charges.ts'
import type { Customers } from './customers.ts'
import { badRequest, notThere, StripeFault } from './errors.ts'
import { allowOnly, type Form, required } from './form.ts'
import { newIntent } from './intent.ts'
import {
  type ListOf,
  type PaymentIntent,
  type PaymentMethod,
  type Status,
  type StripeError,
  seconds,
} from './objects.ts'

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

type IntentEvent = 'canceled' | 'created' | 'payment_failed' | 'requires_action' | 'succeeded'

/** A card, and the saved one that it is, if it is one. */
interface Wallet {
  readonly card: Card
  readonly saved?: PaymentMethod
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

  const moves = createMoves({ charges, customers, waiting, keep })

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
      return moves.pay(keep(intent, 'created'), wallet, form.get('off_session') === 'true')
    },

    list(form) {
      allowOnly(form, PAGE_PARAMS)
      return pageOf(form, '/v1/payment_intents', intents.values())
    },

    confirm(id, form) {
      allowOnly(form, CONFIRM_PARAMS)
      const intent = mustBe(find(id), ['requires_payment_method', 'requires_action'], 'confirm')
      return moves.pay(intent, walletIn(form, intent), false)
    },

    authenticate(id, form) {
      allowOnly(form, ['key', 'client_secret', 'outcome'])
      const intent = mustBe(find(id), ['requires_action'], 'authenticate')
      const wallet = waiting.get(id)
      waiting.delete(id)
      if (!wallet) throw badRequest('No card waits for the bank.', 'payment_intent_unexpected_state')
      const passed = required(form, 'outcome') === 'succeeded'
      return passed ? moves.finish(intent, wallet) : moves.failCheck(intent, wallet)
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

interface MovesParts extends Pick<IntentsParts, 'charges' | 'customers'> {
  waiting: Map<string, Wallet>
  keep: (intent: PaymentIntent, event: IntentEvent) => PaymentIntent
}

/** Moves a payment that has a card to its next state: it waits for the bank, is paid, or fails. */
function createMoves({ charges, customers, waiting, keep }: MovesParts) {
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

  /** Refuses the charge with 402; the payment stays open for another card. */
  const decline = (intent: PaymentIntent, decline: Decline, wallet: Wallet): never => {
    const method = wallet.saved ?? customers.loose(wallet.card)
    const charge = charges.add(intent, wallet.card, method.id, decline).id
    const error: StripeError = { type: 'card_error', ...decline, charge, payment_method: method }
    return fail({ ...intent, latest_charge: charge }, 402, error)
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
    finish,

    pay(intent: PaymentIntent, wallet: Wallet, isAway: boolean): PaymentIntent {
      const { card, saved } = wallet
      const asks = card.authenticate === 'always' || (card.authenticate === 'unless_saved' && !saved)
      if (!asks) return finish(intent, wallet)
      if (isAway) return decline(intent, AUTHENTICATION_REQUIRED, wallet)
      waiting.set(intent.id, wallet)
      return keep({ ...intent, status: 'requires_action', next_action: BANK_CHECK }, 'requires_action')
    },

    /** Fails the bank's check: nothing was charged, and at Stripe that is no error of the card. */
    failCheck(intent: PaymentIntent, wallet: Wallet): never {
      const payment_method = wallet.saved ?? customers.loose(wallet.card)
      return fail(intent, 400, { type: 'invalid_request_error', ...NOT_AUTHENTICATED, payment_method })
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
