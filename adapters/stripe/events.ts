/** Reads Stripe's webhooks: checks their signature, and finds the payment that each is about. */
import Stripe from 'stripe'
import { Refusal } from '../../domain/errors.ts'
import type { Log, Payments, WebhookEvent } from '../../engine/ports.ts'
import { declineOf } from './mapping.ts'

/**
 * Reads webhooks signed with any of the secrets in `webhookSecret`, which are separated by commas.
 */
export function createWebhookReader(parts: {
  stripe: Stripe
  webhookSecret: string
  /**
   * True where this site takes real money: a test event must not reach it, nor the other way round.
   */
  isLive: boolean
  log: Log
}): Payments['readWebhook'] {
  const { stripe, isLive, log } = parts
  const secrets = parts.webhookSecret.split(',').map((secret) => secret.trim())
  return (body, signature) => {
    const event = readEvent(stripe, body, signature, secrets, log)
    const { id: eventId, type, api_version: version } = event
    if (event.livemode === !isLive) {
      log.warn({ type, eventId }, 'a webhook of the other mode, test or live, was ignored')
      return { type, paymentIntentId: undefined }
    }
    if (version !== Stripe.API_VERSION) {
      log.info({ type, eventId, version }, 'a webhook of another API version than ours')
    }
    const webhookEvent = webhookEventOf(event)
    reportFraud(webhookEvent, log)
    return webhookEvent
  }
}

/**
 * Returns the event, if it was signed with any of our secrets. Throws the refusal `bad_signature`.
 */
function readEvent(
  stripe: Stripe,
  body: Buffer,
  signature: string,
  secrets: readonly string[],
  log: Log,
): Stripe.Event {
  let reason = ''
  for (const secret of secrets) {
    try {
      const event = stripe.webhooks.constructEvent(body, signature, secret)
      if (isObject(event?.data?.object)) return event
      reason = 'no event'
    } catch (error) {
      reason = reasonOf(error)
    }
  }
  log.warn({ reason }, 'a webhook was refused')
  throw new Refusal('bad_signature', 'This is not signed by Stripe for this site.')
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function reportFraud({ type, paymentIntentId }: WebhookEvent, log: Log): void {
  if (!type.startsWith('radar.early_fraud_warning.')) return
  log.error({ type, paymentIntentId }, 'a bank reports a payment as fraud: a dispute may follow')
}

/**
 * Returns what the engine needs of an event. The payment inside the event is ignored: it may be
 * old, or of another API version. A try that failed is taken from it, since the payment may have
 * moved on since.
 */
function webhookEventOf(event: Stripe.Event): WebhookEvent {
  const { type } = event
  const object = event.data.object as { id?: string; payment_intent?: string | { id: string } | null }
  if (type.startsWith('payment_intent.')) {
    const decline =
      type === 'payment_intent.payment_failed' ? declineOf(object as Stripe.PaymentIntent) : undefined
    return { type, paymentIntentId: object.id, ...(decline ? { decline } : {}) }
  }
  const { payment_intent: intent } = object
  const paymentIntentId = typeof intent === 'string' ? intent : intent?.id
  return { type, paymentIntentId, ...(isReversal(type) ? { isReversal: true } : {}) }
}

function isReversal(type: string): boolean {
  return type === 'charge.refunded' || /^(charge\.)?(refund|dispute)\./.test(type)
}

// The SDK's longer explanations repeat the header, which is of no use in a log.
function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unreadable'
}
