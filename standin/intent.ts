import { randomBytes } from 'node:crypto'
import { badRequest, type StripeError } from './errors.ts'
import { allowOnly, below, type Form, integer, required } from './form.ts'

const MINIMUM_CENTS = 50
const MAXIMUM_CENTS = 99_999_999

export type Status = 'requires_payment_method' | 'requires_action' | 'succeeded' | 'canceled'

/** The fields of Stripe's PaymentIntent that we, the SDK or a page look at. */
export interface PaymentIntent {
  id: string
  object: 'payment_intent'
  amount: number
  amount_received: number
  automatic_payment_methods: { enabled: boolean; allow_redirects: string } | null
  canceled_at: number | null
  cancellation_reason: string | null
  client_secret: string
  created: number
  currency: string
  description: string | null
  last_payment_error: StripeError | null
  latest_charge: string | null
  customer: string | null
  livemode: false
  metadata: Record<string, string>
  next_action: { type: 'use_stripe_sdk'; use_stripe_sdk: { type: 'three_d_secure_2_source' } } | null
  payment_method: string | null
  payment_method_types: string[]
  setup_future_usage: 'off_session' | null
  status: Status
}

const CREATE_PARAMS = [
  'amount',
  'currency',
  'description',
  'automatic_payment_methods[enabled]',
  'automatic_payment_methods[allow_redirects]',
  'metadata[*]',
  'customer',
  'setup_future_usage',
  'payment_method',
  'confirm',
  'off_session',
  'use_stripe_sdk',
]

/** A payment as a creation asks for it; throws Stripe's refusal of what it would not make. */
export function newIntent(form: Form, created: Date): PaymentIntent {
  allowOnly(form, CREATE_PARAMS)
  const id = newId('pi')
  return {
    id,
    object: 'payment_intent',
    amount: amountIn(form),
    amount_received: 0,
    automatic_payment_methods: methodsIn(form),
    canceled_at: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomBytes(16).toString('hex')}`,
    created: seconds(created),
    currency: currencyIn(form),
    description: form.get('description') ?? null,
    customer: form.get('customer') ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: below(form, 'metadata'),
    next_action: null,
    payment_method: null,
    payment_method_types: ['card'],
    setup_future_usage: futureUseIn(form),
    status: 'requires_payment_method',
  }
}

function amountIn(form: Form): number {
  const amount = integer(required(form, 'amount'), 'amount')
  if (amount < MINIMUM_CENTS)
    throw badRequest('Amount must be at least $0.50 usd', 'amount_too_small', 'amount')
  if (amount > MAXIMUM_CENTS) {
    throw badRequest('Amount must be no more than $999,999.99', 'amount_too_large', 'amount')
  }
  return amount
}

function currencyIn(form: Form): string {
  const currency = required(form, 'currency')
  if (currency !== 'usd') {
    throw badRequest(`The stand-in knows no currency: ${currency}`, 'parameter_invalid', 'currency')
  }
  return currency
}

function methodsIn(form: Form): PaymentIntent['automatic_payment_methods'] {
  const enabled = form.get('automatic_payment_methods[enabled]')
  if (enabled === undefined) return null
  const redirects = form.get('automatic_payment_methods[allow_redirects]') ?? 'always'
  return { enabled: enabled === 'true', allow_redirects: redirects }
}

function futureUseIn(form: Form): 'off_session' | null {
  const usage = form.get('setup_future_usage')
  if (usage === undefined) return null
  if (usage !== 'off_session')
    throw badRequest('Only off_session.', 'parameter_invalid', 'setup_future_usage')
  return usage
}

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`
}

export function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
