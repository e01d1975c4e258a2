/**
 * Describes a payment at Stripe that belongs to no top-up of ours, or is not what was requested. It
 * is credited to no account.
 */
export interface UnmatchedPayment {
  readonly paymentIntentId: string
  readonly amountCents: number
  readonly currency: string
  /** Reason for which it does not match. */
  readonly why: string
  readonly at: number
  readonly userId?: string
  readonly topUpId?: string
}
