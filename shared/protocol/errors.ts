/**
 * Defines how the server refuses: the codes that programs read, and the form that every refusal
 * has.
 */

export type ErrorCode =
  | 'invalid_input'
  | 'not_logged_in'
  | 'forbidden'
  | 'cross_site'
  | 'not_found'
  | 'method_not_allowed'
  | 'bad_credentials'
  | 'proof_needed'
  | 'bad_token'
  | 'terms_changed'
  | 'email_taken'
  | 'reader_unavailable'
  | 'already_in_session'
  | 'insufficient_funds'
  | 'limit_reached'
  | 'account_frozen'
  | 'wrong_state'
  | 'not_joined'
  | 'taken_over'
  | 'payment_mismatch'
  | 'payment_unavailable'
  | 'twin_payment'
  | 'idempotency_mismatch'
  | 'bad_signature'
  | 'too_large'
  | 'address_too_long'
  | 'not_json'
  | 'rate_limited'
  | 'busy'
  | 'storage_full'
  | 'stopping'
  | 'internal'

/** RFC 9457 problem details, with a stable `code` for programs and a `detail` for people. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  errors?: { path: string; message: string }[]
}
