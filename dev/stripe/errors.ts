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

/** 400: the request is wrong as it stands. */
export function badRequest(message: string, code: string, param?: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    message,
    code,
    ...(param === undefined ? {} : { param }),
  })
}

/** What the path names does not exist. */
export function notThere(kind: string, id: string): StripeFault {
  const { error } = noSuch(kind, id, kind === 'payment_intent' ? 'intent' : kind)
  return new StripeFault(404, error)
}

/** What a parameter names does not exist: the request is wrong, and its path is not. */
export function noSuch(kind: string, id: string, param: string): StripeFault {
  return badRequest(`No such ${kind}: '${id}'`, 'resource_missing', param)
}
