/**
 * Stripe's objects as the stand-in keeps them: the pinned SDK's own types, so that the compiler
 * refuses one without a field that Stripe always sends. Where the SDK allows an id or the whole
 * object, the stand-in keeps the id.
 */
import { randomBytes } from 'node:crypto'
import type Stripe from 'stripe'

export type Status = 'requires_payment_method' | 'requires_action' | 'succeeded' | 'canceled'

export interface PaymentIntent extends Stripe.PaymentIntent {
  client_secret: string
  customer: string | null
  latest_charge: string | null
  status: Status
}

export interface Charge extends Stripe.Charge {
  payment_intent: string
}

export interface Refund extends Stripe.Refund {
  charge: string
  payment_intent: string
  status: 'pending' | 'succeeded' | 'failed'
}

export interface Dispute extends Stripe.Dispute {
  payment_intent: string
}

/** A card, typed in or saved. */
export interface PaymentMethod extends Stripe.PaymentMethod {
  customer: string | null
}

export type Customer = Stripe.Customer
export type DeletedCustomer = Stripe.DeletedCustomer
export type BalanceTransaction = Stripe.BalanceTransaction
export type ListOf<T> = Stripe.ApiList<T>

/** The body of an error; `last_payment_error` of a payment has it without the payment. */
export interface StripeError extends Stripe.PaymentIntent.LastPaymentError {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  payment_intent?: PaymentIntent
}

export const NO_BILLING_DETAILS = { address: null, email: null, name: null, phone: null, tax_id: null }

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`
}

export function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
