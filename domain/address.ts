/** Says which address of an account is in force, and which one waits to be confirmed. */
import { DAY_MS } from '../shared/time.ts'

/** An address that an account has asked for, and that has not been confirmed. */
export interface PendingEmail {
  readonly email: string
  /** Instant at which it was asked for. */
  readonly at: number
}

// Shorter than the link by which the former address can undo the change, which must outlive it.
const PENDING_MS = DAY_MS

/** Returns the instant from which a pending address can no longer be confirmed. */
export const pendingUntil = ({ at }: PendingEmail): number => at + PENDING_MS

/** What a person's record says of the address. */
interface Addressed {
  readonly emailConfirmedAt?: number
  readonly emailRefusedAt?: number
  readonly pendingEmail?: PendingEmail
}

/** Returns the address that can still be confirmed; undefined without one. */
export function pendingAt({ pendingEmail }: Addressed, now: number): string | undefined {
  return pendingEmail && now < pendingUntil(pendingEmail) ? pendingEmail.email : undefined
}

/** Returns what a user's own pages say of the address. */
export function viewAddress({ emailConfirmedAt, emailRefusedAt, pendingEmail }: Addressed) {
  return {
    ...(emailConfirmedAt === undefined ? {} : { emailConfirmed: true as const }),
    ...(emailRefusedAt === undefined ? {} : { emailRefused: true as const }),
    ...(pendingEmail && {
      pendingEmail: { email: pendingEmail.email, expiresAt: pendingUntil(pendingEmail) },
    }),
  }
}
