import Stripe from 'stripe'
import { Refusal } from '../domain/errors.ts'
import type { Log, Payment, PaymentNotice, Payments } from '../engine/ports.ts'

// A page waits for the answer, and the SDK's own default of 80 s is longer than anybody does.
const TIMEOUT_MS = 10_000
const NETWORK_RETRIES = 2
// Whatever a page sends as an id becomes part of a path, so it may hold nothing that a path understands.
const PAYMENT_ID = /^[\w-]{1,255}$/

export interface PaymentsParts {
  secretKey: string
  webhookSecret: string
  /** Another address that speaks Stripe's API, such as `http://127.0.0.1:12111`; Stripe's own when left out. */
  apiBase?: string | undefined
  log: Log
}

/** Payments at Stripe, through the official SDK and the API version it is pinned to. */
export function createPayments({ secretKey, webhookSecret, apiBase, log }: PaymentsParts): Payments {
  const stripe = new Stripe(secretKey, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: NETWORK_RETRIES,
    telemetry: false,
    ...(apiBase === undefined ? {} : addressOf(apiBase)),
  })

  return {
    create: ({ topUpId, userId, amountCents }) =>
      asked(log, () =>
        stripe.paymentIntents.create(
          {
            amount: amountCents,
            currency: 'usd',
            description: 'SoulSeer balance',
            automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
            metadata: { topUpId, userId },
          },
          { idempotencyKey: `topup:${topUpId}` },
        ),
      ),

    async retrieve(paymentIntentId) {
      if (!PAYMENT_ID.test(paymentIntentId)) throw unknownPayment()
      return asked(log, () => stripe.paymentIntents.retrieve(paymentIntentId))
    },

    readNotice(body, signature) {
      try {
        return noticeOf(stripe.webhooks.constructEvent(body, signature, webhookSecret))
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'a webhook was refused')
        throw new Refusal('bad_signature', 'This is not signed by Stripe for this site.')
      }
    },
  }
}

/** Host, port and protocol of an address, as the SDK wants them. */
function addressOf(apiBase: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const { hostname, port, protocol } = new URL(apiBase)
  const secure = protocol === 'https:'
  return { host: hostname, port: port || (secure ? '443' : '80'), protocol: secure ? 'https' : 'http' }
}

async function asked(log: Log, call: () => Promise<Stripe.PaymentIntent>): Promise<Payment> {
  try {
    return paymentOf(await call())
  } catch (error) {
    throw refusalOf(error, log)
  }
}

function paymentOf(intent: Stripe.PaymentIntent): Payment {
  return {
    id: intent.id,
    status: statusOf(intent.status),
    amountReceivedCents: intent.amount_received,
    currency: intent.currency,
    clientSecret: intent.client_secret ?? '',
    topUpId: intent.metadata?.topUpId,
    userId: intent.metadata?.userId,
  }
}

function statusOf(status: Stripe.PaymentIntent.Status): Payment['status'] {
  if (status === 'succeeded') return 'succeeded'
  return status === 'canceled' ? 'failed' : 'pending'
}

function refusalOf(error: unknown, log: Log): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  if (error.statusCode === 404) return unknownPayment()
  const { type, code, statusCode, requestId } = error
  log.error({ type, code, statusCode, requestId, reason: error.message }, 'Stripe did not do what we asked')
  return new Refusal(
    'payment_unavailable',
    'We cannot reach the payment service right now. Nothing was taken. Try again in a minute.',
  )
}

function unknownPayment(): Refusal {
  return new Refusal('not_found', 'There is no such payment.')
}

/** The event's own account of the payment is left aside: it may be old, or of another API version. */
function noticeOf(event: Stripe.Event): PaymentNotice {
  const isPayment = event.type.startsWith('payment_intent.')
  const { id } = event.data.object as { id?: string }
  return { type: event.type, paymentIntentId: isPayment ? id : undefined }
}

// The SDK's longer explanations repeat the header, which is of no use in a log.
function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unreadable'
}
