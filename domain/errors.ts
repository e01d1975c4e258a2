/**
 * Defines the errors of the code: refusals, which are expected, and broken invariants, which are
 * not.
 */
import type { ErrorCode } from '../shared/protocol/errors.ts'

/**
 * An expected failure: a stable code for programs, a sentence that a user can act on, nothing
 * changed.
 */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly errors: { path: string; message: string }[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    more: { errors?: { path: string; message: string }[]; retryAfterSeconds?: number } = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.errors = more.errors
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

/**
 * The client's customer was deleted at Stripe, and the saved cards with it: a new one has to be
 * made.
 */
export class CustomerGone extends Refusal {
  constructor() {
    super('not_found', 'Your saved cards were removed at the payment service. Save a card again.')
  }
}

/**
 * The program's environment is unfit, and its operator can fix it: the message says how, and needs
 * no stack.
 */
export class OperatorError extends Error {
  override name = 'OperatorError'
}

/** A rule that must always hold was broken: the process must stop before it harms data. */
export class BrokenInvariant extends Error {
  override name = 'BrokenInvariant'
}

/** Throws a {@link BrokenInvariant} unless `condition` holds. */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new BrokenInvariant(rule)
}
