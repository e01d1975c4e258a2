/** Calls the stand-in as our server, Stripe.js and a bank do. */
import { type Standin, type StandinParts, startStripeStandin } from '../../../dev/stripe/server.ts'

export const SECRET_KEY = 'sk_test_standin'
export const PUBLISHABLE_KEY = 'pk_test_standin'
export const WEBHOOK_SECRET = 'whsec_standin'

export const CARD = {
  good: '4242424242424242',
  mastercard: '5555555555554444',
  amex: '378282246310005',
  discover: '6011111111111117',
  declined: '4000000000000002',
  noFunds: '4000000000009995',
  checked: '4000002760003184',
  checkedNoFunds: '4000008260003178',
} as const

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/**
 * Calls Stripe's API over plain HTTP, without the SDK, so that what crosses the wire is what a test
 * wrote.
 */
export async function call(
  { url }: { url: string },
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  form: Record<string, string> = {},
  headers: Record<string, string> = { authorization: `Bearer ${SECRET_KEY}` },
): Promise<Answer> {
  const encoded = new URLSearchParams(form).toString()
  const query = method !== 'POST' && encoded !== '' ? `?${encoded}` : ''
  const answer = await fetch(`${url}/v1${path}${query}`, {
    method,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    ...(method === 'POST' ? { body: encoded } : {}),
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  }
}

/** Returns the form that Stripe.js sends to pay with a card. */
export function cardForm(clientSecret: string, number: string): Record<string, string> {
  return {
    key: PUBLISHABLE_KEY,
    client_secret: clientSecret,
    use_stripe_sdk: 'true',
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': number,
    'payment_method_data[card][exp_month]': '12',
    'payment_method_data[card][exp_year]': '34',
    'payment_method_data[card][cvc]': '123',
  }
}

/** Pays as a page does: with the publishable key and the payment's own secret. */
export function payAsPage(standin: { url: string }, clientSecret: string, number: string): Promise<Answer> {
  return call(
    standin,
    'POST',
    `/payment_intents/${idIn(clientSecret)}/confirm`,
    cardForm(clientSecret, number),
    {},
  )
}

/** Passes or fails the bank's check, as the person would. */
export function authenticateAsPage(
  standin: { url: string },
  clientSecret: string,
  outcome: 'succeeded' | 'failed',
): Promise<Answer> {
  const form = { key: PUBLISHABLE_KEY, client_secret: clientSecret, outcome }
  return call(standin, 'POST', `/payment_intents/${idIn(clientSecret)}/authenticate`, form, {})
}

export function idIn(clientSecret: string): string {
  return clientSecret.split('_secret_')[0] ?? ''
}

export async function withStandin<T>(parts: StandinParts, use: (standin: Standin) => Promise<T>): Promise<T> {
  const standin = await startStripeStandin(parts)
  try {
    return await use(standin)
  } finally {
    await standin.stop()
  }
}
