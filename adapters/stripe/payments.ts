/** Talks to Stripe: payments, refunds, customers and cards. */
import Stripe from 'stripe'
import { CustomerGone, Refusal } from '../../domain/errors.ts'
import type { Log, Payment, Payments } from '../../engine/ports.ts'
import { makeCustomer, makePayment } from './create.ts'
import { createWebhookReader } from './events.ts'
import { detailsOf, paymentOf, reversalsOf, savedCardOf } from './mapping.ts'

// A page waits for the response, and the SDK's own default of 80 s is longer than people wait.
const TIMEOUT_MS = 10_000
const NETWORK_RETRIES = 2
const PAGE = 100 // the most that Stripe returns at once
const CARDS = 20
// A refund can fail, and an inquiry become a dispute, weeks after it was made.
const STILL_MOVES_S = 60 * 86_400
// An id from a page becomes part of a path, so it may hold nothing that has a meaning in a path.
const STRIPE_ID = /^[\w-]{1,255}$/

export interface PaymentsParts {
  secretKey: string
  /**
   * Several secrets may be given, separated by commas, so that one can be replaced without losing
   * an event.
   */
  webhookSecret: string
  /**
   * Another address with Stripe's API, such as `http://127.0.0.1:12111`; by default Stripe's own.
   */
  apiBase?: string | undefined
  log: Log
}

/**
 * Creates the access to payments at Stripe, through the official SDK and the API version it is
 * pinned to.
 */
export function createPayments({ secretKey, webhookSecret, apiBase, log }: PaymentsParts): Payments {
  const stripe = new Stripe(secretKey, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: NETWORK_RETRIES,
    telemetry: false,
    ...(apiBase === undefined ? {} : addressOf(apiBase)),
  })
  const isLive = /^\w+_live_/.test(secretKey)

  /** Calls Stripe; `noSuch` makes the refusal for a missing object. */
  const asked = async <T>(call: () => Promise<T>, noSuch: () => Refusal = noSuchPayment): Promise<T> => {
    try {
      return await call()
    } catch (error) {
      throw refusalOf(error, noSuch, log)
    }
  }
  const askedForPayment = async (call: () => Promise<Stripe.PaymentIntent>): Promise<Payment> =>
    paymentOf(await asked(call), isLive)

  return {
    create: (wish) => askedForPayment(() => makePayment(stripe, wish)),

    async retrieve(paymentIntentId) {
      mustBeId(paymentIntentId)
      return askedForPayment(() => stripe.paymentIntents.retrieve(paymentIntentId))
    },

    readWebhook: createWebhookReader({ stripe, webhookSecret, isLive, log }),

    cancel: (paymentIntentId) =>
      askedForPayment(() =>
        stripe.paymentIntents.cancel(paymentIntentId).catch((error: unknown) => {
          // It was paid, or is closed already.
          if (error instanceof Stripe.errors.StripeInvalidRequestError && error.payment_intent)
            return error.payment_intent
          throw error
        }),
      ),

    detailsOf: async (paymentIntentId) =>
      detailsOf(
        await asked(() => stripe.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge'] })),
      ),

    reversalsOf: (paymentIntentId) =>
      asked(async () => {
        const of = { payment_intent: paymentIntentId, limit: PAGE }
        const [refunds, disputes] = await Promise.all([
          all(stripe.refunds.list(of)),
          all(stripe.disputes.list(of)),
        ])
        return reversalsOf(refunds, disputes)
      }),

    refund: ({ paymentIntentId, refundId, amountCents }) =>
      asked(async () => {
        const wish = { payment_intent: paymentIntentId, amount: amountCents, metadata: { refundId } }
        const options = { idempotencyKey: `refund:${refundId}` }
        await stripe.refunds
          .create({ ...wish, reason: 'requested_by_customer' }, options)
          .catch(refusedRefund)
      }),

    since: (instant) =>
      asked(async () => {
        const from = Math.floor(instant / 1000)
        const [made, refunds, disputes] = await Promise.all([
          all(stripe.paymentIntents.list({ created: { gte: from }, limit: PAGE })),
          all(stripe.refunds.list({ created: { gte: from - STILL_MOVES_S }, limit: PAGE })),
          all(stripe.disputes.list({ created: { gte: from - STILL_MOVES_S }, limit: PAGE })),
        ])
        const paid = made.filter(({ status }) => status === 'succeeded')
        const moved = [...refunds, ...disputes].filter(
          ({ created, status }) => created >= from || mayMove(status),
        )
        const returned = moved.flatMap(({ payment_intent: of }) => idOf(of))
        return { paid: paid.map((intent) => paymentOf(intent, isLive)), returned: [...new Set(returned)] }
      }),

    makeCustomer: (userId) => asked(() => makeCustomer(stripe, userId)),

    cardsOf: (customerId) =>
      asked(
        async () => {
          const wish = { type: 'card', limit: CARDS } as const
          const { data } = await stripe.customers.listPaymentMethods(customerId, wish)
          return data.flatMap(savedCardOf)
        },
        () => new CustomerGone(),
      ),

    deleteCustomer: (customerId) => asked(() => unlessGone(stripe.customers.del(customerId))),

    forgetCard: (cardId) => asked(() => unlessGone(stripe.paymentMethods.detach(cardId))),
  }
}

/** Returns host, port and protocol of an address, as the SDK wants them. */
function addressOf(apiBase: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const { hostname, port, protocol } = new URL(apiBase)
  const secure = protocol === 'https:'
  return { host: hostname, port: port || (secure ? '443' : '80'), protocol: secure ? 'https' : 'http' }
}

/** Reads every page of a list. */
async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of list) found.push(each)
  return found
}

const AT_REST = new Set(['succeeded', 'won', 'lost', 'warning_closed'])

/**
 * Returns true where a refund or a dispute may have moved since it was made: a failed refund has.
 */
function mayMove(status: string | null): boolean {
  return !AT_REST.has(status ?? '')
}

function idOf(reference: string | { id: string } | null): string[] {
  if (reference === null) return []
  return [typeof reference === 'string' ? reference : reference.id]
}

function refusalOf(error: unknown, noSuch: () => Refusal, log: Log): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  if (isMissing(error)) return noSuch()
  const { type, code, statusCode, requestId } = error
  log.error({ type, code, statusCode, requestId, reason: error.message }, 'Stripe did not do what we asked')
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    return new Refusal('idempotency_mismatch', 'This payment was started with other details. Start again.')
  }
  return new Refusal(
    'payment_unavailable',
    'We cannot reach the payment service right now. Nothing was taken. Try again in a minute.',
  )
}

/**
 * Throws the refusal for a refund that Stripe will never make, such as one beyond what is left of a
 * payment.
 */
function refusedRefund(error: unknown): never {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error
  throw new Refusal('payment_mismatch', `Stripe refused the refund: ${error.message}`)
}

function mustBeId(paymentIntentId: string): void {
  if (!STRIPE_ID.test(paymentIntentId)) throw noSuchPayment()
}

/** Waits for a deletion; an object that is gone already counts as deleted. */
async function unlessGone(taking: Promise<unknown>): Promise<void> {
  await taking.catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/**
 * Returns true for Stripe's "no such object": 404 where the path names it, and 400 where a
 * parameter does.
 */
function isMissing(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeError)) return false
  return error.statusCode === 404 || error.code === 'resource_missing'
}

function noSuchPayment(): Refusal {
  return new Refusal('not_found', 'There is no such payment.')
}
