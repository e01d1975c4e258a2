/** Defines the outcomes of applying a payment. */
import type { TopUpStatus } from '../../shared/protocol/views.ts'
import type { Payment } from '../ports.ts'

/**
 * Outcome of applying a payment: `unknown` matches no account, `mismatch` was paid but is not what
 * we requested.
 */
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
 * Brings our record of a payment to what Stripe says of it now, and credits it if it succeeded:
 * once, however often it is called. `ownerId` is the client whose record to look at; without it,
 * the one in the payment's metadata.
 */
export type ApplyPayment = (payment: Payment, ownerId?: string) => Promise<Outcome>
