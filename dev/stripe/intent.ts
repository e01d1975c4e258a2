/** Creates and changes one payment of the stand-in. */
import { randomBytes } from 'node:crypto'
import { badRequest } from './errors.ts'
import { allowOnly, below, type Form, integer, required } from './form.ts'
import { newId, type PaymentIntent, seconds } from './objects.ts'

const MINIMUM_CENTS = 50
const MAXIMUM_CENTS = 99_999_999
const SUFFIX_MAX = 22

const CREATE_PARAMS = [
  'amount',
  'currency',
  'description',
  'allowed_payment_method_types[0]',
  'automatic_payment_methods[enabled]',
  'automatic_payment_methods[allow_redirects]',
  'metadata[*]',
  'customer',
  'receipt_email',
  'statement_descriptor_suffix',
  'setup_future_usage',
  'payment_method',
  'confirm',
  'off_session',
  'use_stripe_sdk',
]

/**
 * Returns a payment as a creation asks for it; throws Stripe's refusal of what it would not make.
 */
export function newIntent(form: Form, created: Date): PaymentIntent {
  mustNotNameTypes(form)
  allowOnly(form, CREATE_PARAMS)
  const id = newId('pi')
  return {
    id,
    object: 'payment_intent',
    ...methodsIn(form),
    amount: amountIn(form),
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomBytes(16).toString('hex')}`,
    confirmation_method: 'automatic',
    created: seconds(created),
    currency: currencyIn(form),
    customer: form.get('customer') ?? null,
    customer_account: null,
    description: form.get('description') ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: below(form, 'metadata'),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: emailIn(form),
    review: null,
    setup_future_usage: futureUseIn(form),
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: suffixIn(form),
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
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

/** Refuses payment method types: since endive they are no parameter any more. */
function mustNotNameTypes(form: Form): void {
  for (const key of form.keys()) {
    if (!key.startsWith('payment_method_types')) continue
    throw badRequest(
      'payment_method_types is no longer supported. Use allowed_payment_method_types.',
      'payment_method_types_no_longer_supported',
      'payment_method_types',
    )
  }
}

type Methods = Pick<PaymentIntent, 'allowed_payment_method_types' | 'automatic_payment_methods'>

/** Returns the allowed methods; without a list the account's own settings decide. */
function methodsIn(form: Form): Methods {
  const allowed = form.get('allowed_payment_method_types[0]')
  const enabled = form.get('automatic_payment_methods[enabled]')
  if (allowed === undefined) {
    const never = form.get('automatic_payment_methods[allow_redirects]') === 'never'
    const automatic = { enabled: enabled !== 'false', allow_redirects: never ? 'never' : 'always' } as const
    return { allowed_payment_method_types: null, automatic_payment_methods: automatic }
  }
  if (enabled !== undefined) {
    throw badRequest(
      'You may only specify one of these parameters: allowed_payment_method_types, automatic_payment_methods.',
      'parameters_exclusive',
    )
  }
  if (allowed !== 'card') {
    throw badRequest('Only card.', 'parameter_invalid', 'allowed_payment_method_types[0]')
  }
  return { allowed_payment_method_types: ['card'], automatic_payment_methods: null }
}

function emailIn(form: Form): string | null {
  const email = form.get('receipt_email')
  if (email === undefined || /^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/.test(email)) return email ?? null
  throw badRequest(`Invalid email address: ${email}`, 'email_invalid', 'receipt_email')
}

/** Matches what a bank prints after the account's own name: Latin letters, one at the least. */
function suffixIn(form: Form): string | null {
  const suffix = form.get('statement_descriptor_suffix')
  if (suffix === undefined) return null
  if (suffix.length <= SUFFIX_MAX && /[A-Za-z]/.test(suffix) && !/[<>\\'"*]/.test(suffix)) return suffix
  throw badRequest(
    `Invalid statement descriptor: ${suffix}`,
    'parameter_invalid',
    'statement_descriptor_suffix',
  )
}

function futureUseIn(form: Form): 'off_session' | null {
  const usage = form.get('setup_future_usage')
  if (usage === undefined) return null
  if (usage !== 'off_session')
    throw badRequest('Only off_session.', 'parameter_invalid', 'setup_future_usage')
  return usage
}
