import type { ErrorCode } from '../shared/protocol/errors.ts'

/** A failure we expect: a stable code for programs, a sentence a person can act on, nothing changed. */
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

/** The client's customer was deleted at the payment service, and the saved cards with it: a new one has to be made. */
export class CustomerGone extends Refusal {
  constructor() {
    super('not_found', 'Your saved cards were removed at the payment service. Save a card again.')
  }
}

/** What surrounds the program is not as it must be, and its operator can mend it: the message says how, and needs no stack. */
export class OperatorError extends Error {
  override name = 'OperatorError'
}

/** A rule that must hold did not: the process must stop before it harms data. */
export class BrokenInvariant extends Error {
  override name = 'BrokenInvariant'
}

/** Throws a {@link BrokenInvariant} unless `condition` holds. */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new BrokenInvariant(rule)
}
