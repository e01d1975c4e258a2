import type { PaymentMethod } from './customers.ts'
import type { PaymentIntent } from './intent.ts'

/** Stripe's error object, as far as the SDK and our pages read it. */
export interface StripeError {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  decline_code?: string
  param?: string
  /** The charge that was tried, and the card. */
  charge?: string
  payment_method?: PaymentMethod
  payment_intent?: PaymentIntent
}

/** A refusal in Stripe's own form: the HTTP status and the error object that goes with it. */
export class StripeFault extends Error {
  override name = 'StripeFault'
  readonly status: number
  readonly error: StripeError

  constructor(status: number, error: StripeError) {
    super(error.message)
    this.status = status
    this.error = error
  }
}

/** 400: the request is wrong as it stands. */
export function badRequest(message: string, code: string, param?: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    message,
    code,
    ...(param === undefined ? {} : { param }),
  })
}

export function notThere(kind: string, id: string): StripeFault {
  return new StripeFault(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param: kind === 'payment_intent' ? 'intent' : kind,
  })
}
