/** Turns failures into responses and acknowledgements. */
import type { ErrorRequestHandler } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Log } from '../engine/ports.ts'
import type { ErrorCode, Problem } from '../shared/protocol/errors.ts'
import type { Ack } from '../shared/protocol/socket.ts'
import { notesOf } from './request-log.ts'

const STATUS: Record<ErrorCode, number> = {
  invalid_input: 400,
  bad_signature: 400,
  not_logged_in: 401,
  bad_credentials: 401,
  proof_needed: 403,
  bad_token: 400,
  terms_changed: 403,
  insufficient_funds: 402,
  forbidden: 403,
  cross_site: 403,
  account_frozen: 403,
  not_found: 404,
  method_not_allowed: 405,
  email_taken: 409,
  reader_unavailable: 409,
  already_in_session: 409,
  limit_reached: 409,
  wrong_state: 409,
  not_joined: 409,
  taken_over: 409,
  payment_mismatch: 409,
  idempotency_mismatch: 409,
  twin_payment: 409,
  too_large: 413,
  address_too_long: 414,
  not_json: 415,
  rate_limited: 429,
  internal: 500,
  payment_unavailable: 502,
  busy: 503,
  storage_full: 503,
  stopping: 503,
}

const TITLE: Partial<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

/**
 * The sender of what was refused, as far as it is known; the other fields go into the log as they
 * are.
 */
export interface Refused {
  readonly from?: string
  readonly userId?: string
  readonly [field: string]: unknown
}

/** Called for every refusal of a request or a socket event, for the log and the metrics. */
export type OnRefusal = (code: ErrorCode, about: Refused) => void

/**
 * Turns every failure of a request into its response; what was not expected is logged, and the
 * caller learns nothing of it.
 */
export function sendErrors(log: Log, onRefusal: OnRefusal): ErrorRequestHandler {
  return (error, req, res, next) => {
    const refusal = toRefusal(error)
    const about = { ...notesOf(req), method: req.method, path: req.path.slice(0, 100) }
    if (refusal.code === 'internal') log.error({ ...about, err: error }, 'a request failed')
    onRefusal(refusal.code, about)
    if (res.headersSent) return next(error)
    if (refusal.retryAfterSeconds !== undefined) res.set('Retry-After', String(refusal.retryAfterSeconds))
    const status = STATUS[refusal.code]
    res
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(problemOf(refusal, status)))
  }
}

function problemOf(refusal: Refusal, status: number): Problem {
  return {
    type: 'about:blank',
    title: TITLE[status] ?? 'Error',
    status,
    detail: refusal.message,
    code: refusal.code,
    ...(refusal.errors ? { errors: refusal.errors } : {}),
  }
}

/** Returns the acknowledgement of a socket event that failed. */
export function ackOf(error: unknown, log: Log, event: string): Ack & { ok: false } {
  const refusal = toRefusal(error)
  if (refusal.code === 'internal') log.error({ err: error, event }, 'a socket event failed')
  return { ok: false, error: { code: refusal.code, message: refusal.message } }
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  if (type === 'entity.too.large') return new Refusal('too_large', 'The request is too large.')
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new Refusal('not_json', 'Send the body as plain UTF-8 JSON.')
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Refusal('invalid_input', 'The request could not be read.', {
      errors: [{ path: '', message: 'not JSON' }],
    })
  }
  return new Refusal('internal', 'Something went wrong on our side. Try again; nothing was lost.')
}
