/** What came of a payment that was looked at. */
import type { TopUpStatus } from '../../shared/protocol/views.ts'
import type { Payment } from '../ports.ts'

/** What came of looking at a payment: `unknown` is nobody's, `mismatch` was paid but is not what we asked for. */
export type Outcome =
  | {
      readonly kind: 'known'
      readonly status: TopUpStatus
      readonly balanceCents: number
      readonly declined: boolean
    }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'unknown' }

/**
 * Brings our record of a payment to what Stripe says of it now, and credits it if it succeeded: once, whoever
 * asks and however often. `ownerId` is whose record to look at; what Stripe noted about it when left out.
 */
export type ApplyPayment = (payment: Payment, ownerId?: string) => Promise<Outcome>
