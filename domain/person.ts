/** Describes what clients and readers have in common. */
import type { Cents } from '../shared/money.ts'
import { DAY_MS } from '../shared/time.ts'
import type { Agreement } from './consent.ts'
import type { KnownDevice, Login } from './login.ts'
import type { MailSwitch } from './mail.ts'
import type { Passkey } from './passkey.ts'

/** The operator who did something to an account, and the reason. */
export interface OperatorNote {
  readonly by: string
  readonly why: string
}

/** An address that an account has asked for, and that has not been confirmed. */
export interface PendingEmail {
  readonly email: string
  /** Instant at which it was asked for. */
  readonly at: number
}

export interface Person {
  readonly id: string
  readonly name: string
  /** Lower case; each address has one account at most. */
  readonly email: string
  readonly passwordHash: string
  readonly createdAt: number
  readonly logins: readonly Login[]
  /** Browsers that were logged in; absent for accounts of earlier builds, which know none. */
  readonly devices?: readonly KnownDevice[]
  /** Comes in force in place of the address once it is confirmed. */
  readonly pendingEmail?: PendingEmail
  /** Instant at which the user proved to receive mail at the address. */
  readonly emailConfirmedAt?: number
  /** Instant at which a mail server refused the address for good. */
  readonly emailRefusedAt?: number
  /** Mails that the user has switched off; one that is absent is sent. */
  readonly mailSwitches?: Readonly<Partial<Record<MailSwitch, false>>>
  readonly passkeys?: readonly Passkey[]
  /** The terms last accepted; accounts from before 2026-11-29 may have accepted none. */
  readonly agreed?: Agreement
  /** Instant from which the account is closed to its owner. */
  readonly closedAt?: number
  /** The operator who closed it, and why; absent where the owner deleted it. */
  readonly closedBy?: OperatorNote
  /** Money that its owner gave up by deleting it; it stays in the books, under the id. */
  readonly gaveUpCents?: Cents
}

// Shorter than the link by which the former address can undo the change, which must outlive it.
const PENDING_MS = DAY_MS

/** Returns the instant from which a pending address can no longer be confirmed. */
const pendingUntil = ({ at }: PendingEmail): number => at + PENDING_MS

/** Returns the address that can still be confirmed; undefined without one. */
export function pendingAt({ pendingEmail }: Person, now: number): string | undefined {
  return pendingEmail && now < pendingUntil(pendingEmail) ? pendingEmail.email : undefined
}

/** Returns what a user's own pages say of the address, and of the mails to it. */
export function viewAddress(person: Person) {
  const { emailConfirmedAt, emailRefusedAt, pendingEmail, mailSwitches } = person
  return {
    ...(emailConfirmedAt === undefined ? {} : { emailConfirmed: true as const }),
    ...(emailRefusedAt === undefined ? {} : { emailRefused: true as const }),
    ...(mailSwitches?.session_receipt === false ? { sessionReceipts: false as const } : {}),
    ...(pendingEmail && {
      pendingEmail: { email: pendingEmail.email, expiresAt: pendingUntil(pendingEmail) },
    }),
  }
}
