/** Builds Stripe's errors. */
import type { StripeError } from './objects.ts'

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

/** Returns a 400: the request is invalid. */
export function badRequest(message: string, code: string, param?: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    message,
    code,
    ...(param === undefined ? {} : { param }),
  })
}

/** Returns a 404: the path names an object that does not exist. */
export function notThere(kind: string, id: string): StripeFault {
  const { error } = noSuch(kind, id, kind === 'payment_intent' ? 'intent' : kind)
  return new StripeFault(404, error)
}

/** Returns a 400: a parameter names an object that does not exist. */
export function noSuch(kind: string, id: string, param: string): StripeFault {
  return badRequest(`No such ${kind}: '${id}'`, 'resource_missing', param)
}
