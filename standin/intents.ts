import { type Card, cardOf, type Decline, mustBeCard } from './cards.ts'
import { badRequest, noSuchPayment, type StripeError, StripeFault } from './errors.ts'
import { allowOnly, type Form, integer, required } from './form.ts'
import { newId, newIntent, type PaymentIntent, type Status, seconds } from './intent.ts'

const PAGE_MAX = 100

export interface Intents {
  create(form: Form): PaymentIntent
  /** Throws Stripe's 404. */
  find(id: string): PaymentIntent
  list(form: Form): { object: 'list'; url: string; has_more: boolean; data: PaymentIntent[] }
  /** Pays with the card in the form: ends in `succeeded` or `requires_action`, or throws Stripe's 402. */
  confirm(id: string, form: Form): PaymentIntent
  /** The person passed or failed the bank's check: the stand-in's own call, where Stripe.js talks to the bank. */
  authenticate(id: string, form: Form): PaymentIntent
  cancel(id: string, form: Form): PaymentIntent
}

export interface IntentsParts {
  now: () => Date
  /** Told of everything that Stripe would send a webhook about. */
  onEvent: (type: string, intent: PaymentIntent) => void
}

/** The payments of one stand-in and the moves between their states, kept in memory. */
export function createIntents({ now, onEvent }: IntentsParts): Intents {
  const intents = new Map<string, PaymentIntent>()
  // The card that waits for the bank's check, by payment.
  const waiting = new Map<string, Card>()

  const keep = (intent: PaymentIntent, event: string): PaymentIntent => {
    intents.set(intent.id, intent)
    onEvent(`payment_intent.${event}`, intent)
    return intent
  }

  const find = (id: string): PaymentIntent => {
    const intent = intents.get(id)
    if (!intent) throw noSuchPayment(id)
    return intent
  }

  const finish = (intent: PaymentIntent, card: Card): PaymentIntent => {
    if (card.decline) return fail(intent, card.decline)
    const paid = {
      amount_received: intent.amount,
      latest_charge: newId('ch'),
      payment_method: newId('pm'),
      last_payment_error: null,
      next_action: null,
    }
    return keep({ ...intent, ...paid, status: 'succeeded' }, 'succeeded')
  }

  /** A decline is answered with 402 and leaves the payment open for another card. */
  const fail = (intent: PaymentIntent, decline: Decline): never => {
    const error: StripeError = { type: 'card_error', ...decline }
    const failed: PaymentIntent = {
      ...intent,
      status: 'requires_payment_method',
      last_payment_error: error,
      next_action: null,
    }
    keep(failed, 'payment_failed')
    throw new StripeFault(402, { ...error, payment_intent: failed })
  }

  return {
    find,

    create(form) {
      return keep(newIntent(form, now()), 'created')
    },

    list(form) {
      allowOnly(form, ['limit', 'starting_after'])
      const limit = integer(form.get('limit') ?? '10', 'limit')
      if (limit < 1 || limit > PAGE_MAX) {
        throw badRequest(`limit must be from 1 to ${PAGE_MAX}`, 'parameter_invalid_integer', 'limit')
      }
      const newestFirst = [...intents.values()].reverse()
      const after = form.get('starting_after')
      const from = after === undefined ? 0 : newestFirst.indexOf(find(after)) + 1
      const data = newestFirst.slice(from, from + limit)
      return {
        object: 'list',
        url: '/v1/payment_intents',
        has_more: from + limit < newestFirst.length,
        data,
      }
    },

    confirm(id, form) {
      allowOnly(form, CONFIRM_PARAMS)
      const intent = mustBe(find(id), ['requires_payment_method', 'requires_action'], 'confirm')
      mustBeCard(form)
      const card = cardOf(form, now())
      if (!card.authenticate) return finish(intent, card)
      waiting.set(id, card)
      return keep({ ...intent, status: 'requires_action', next_action: BANK_CHECK }, 'requires_action')
    },

    authenticate(id, form) {
      allowOnly(form, ['key', 'client_secret', 'outcome'])
      const intent = mustBe(find(id), ['requires_action'], 'authenticate')
      const card = waiting.get(id)
      waiting.delete(id)
      const passed = required(form, 'outcome') === 'succeeded'
      return passed && card ? finish(intent, card) : fail(intent, NOT_AUTHENTICATED)
    },

    cancel(id, form) {
      allowOnly(form, ['cancellation_reason'])
      const intent = mustBe(find(id), ['requires_payment_method', 'requires_action'], 'cancel')
      const canceled = {
        canceled_at: seconds(now()),
        cancellation_reason: form.get('cancellation_reason') ?? null,
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
  'payment_method_data[type]',
  'payment_method_data[card][number]',
  'payment_method_data[card][exp_month]',
  'payment_method_data[card][exp_year]',
  'payment_method_data[card][cvc]',
]

const BANK_CHECK: PaymentIntent['next_action'] = {
  type: 'use_stripe_sdk',
  use_stripe_sdk: { type: 'three_d_secure_2_source' },
}

const NOT_AUTHENTICATED: Decline = {
  code: 'payment_intent_authentication_failure',
  message: 'Your bank could not confirm that it is you. Choose another card and try again.',
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
