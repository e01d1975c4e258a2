/**
 * Creates at Stripe what must be there once: a payment for each top-up, a customer for each client.
 */
import Stripe from 'stripe'
import { CustomerGone, Refusal } from '../../domain/errors.ts'
import type { PaymentWish } from '../../engine/ports.ts'
import { paymentInError } from './mapping.ts'

// Stripe forgets the key that finds a payment again after a day, at the earliest.
const KEY_LIVES_S = 2 * 86_400
const PAGE = 100

/**
 * Makes a payment, or finds the one that was made under the same top-up. Throws the refusals {@link
 * CustomerGone}, and `not_found` for a saved card that is gone.
 */
export async function makePayment(stripe: Stripe, wish: PaymentWish): Promise<Stripe.PaymentIntent> {
  try {
    const options = { idempotencyKey: `topup:${wish.topUpId}` }
    return await stripe.paymentIntents.create(paramsOf(wish), options)
  } catch (error) {
    const { receiptEmail, ...withoutReceipt } = wish
    if (receiptEmail !== undefined && isRefusedAddress(error)) return makePayment(stripe, withoutReceipt)
    const made = paymentInError(error) ?? (isUsedKey(error) ? await find(stripe, wish) : undefined)
    if (made) return made
    throw missingIn(error) ?? error
  }
}

function paramsOf(wish: PaymentWish): Stripe.PaymentIntentCreateParams {
  const { topUpId, userId, amountCents, receiptEmail, customerId, saveCard, charge } = wish
  return {
    amount: amountCents,
    currency: 'usd',
    description: 'SoulSeer balance',
    statement_descriptor_suffix: 'BALANCE',
    allowed_payment_method_types: ['card'],
    metadata: { topUpId, userId },
    ...(receiptEmail === undefined ? {} : { receipt_email: receiptEmail }),
    ...(customerId === undefined ? {} : { customer: customerId }),
    ...(saveCard ? { setup_future_usage: 'off_session' } : {}),
    ...(charge
      ? {
          payment_method: charge.cardId,
          confirm: true,
          ...(charge.isAway ? { off_session: true } : { use_stripe_sdk: true }),
        }
      : {}),
  }
}

function isRefusedAddress(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'email_invalid'
}

function isUsedKey(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeIdempotencyError
}

/**
 * Finds the payment made before under a key that was then used with other parameters: the address
 * of the receipt has changed, the customer was created again, or an earlier version of ours made
 * it.
 */
async function find(stripe: Stripe, wish: PaymentWish): Promise<Stripe.PaymentIntent | undefined> {
  const created = { gte: Math.floor(Date.now() / 1000) - KEY_LIVES_S }
  for await (const made of stripe.paymentIntents.list({ created, limit: PAGE })) {
    const { topUpId, userId } = made.metadata
    if (topUpId !== wish.topUpId || userId !== wish.userId) continue
    return made.amount === wish.amountCents ? made : undefined
  }
  return undefined
}

/**
 * Returns the refusal for a customer or a card that is not at Stripe any more; undefined for other
 * errors.
 */
function missingIn(error: unknown): Refusal | undefined {
  if (!(error instanceof Stripe.errors.StripeError) || error.code !== 'resource_missing') return undefined
  if (error.param === 'customer') return new CustomerGone()
  return new Refusal('not_found', 'This card is no longer saved.')
}

/** Creates a customer for a client, the same as long as it is not deleted at Stripe. */
export async function makeCustomer(stripe: Stripe, userId: string, after?: string): Promise<string> {
  const idempotencyKey = ['customer', userId, ...(after === undefined ? [] : [after])].join(':')
  const { id, lastResponse } = await stripe.customers.create({ metadata: { userId } }, { idempotencyKey })
  if (lastResponse.headers['idempotent-replayed'] !== 'true') return id
  // The key returns what was made under it, even when that has been deleted since.
  const { deleted } = await stripe.customers.retrieve(id)
  return deleted ? makeCustomer(stripe, userId, id) : id
}
