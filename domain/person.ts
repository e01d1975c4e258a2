/** Describes what clients and readers have in common. */
import type { Cents } from '../shared/money.ts'
import type { Agreement } from './consent.ts'
import type { Login } from './login.ts'
import type { MailSwitch } from './mail.ts'
import type { Passkey } from './passkey.ts'

/** The operator who did something to an account, and the reason. */
export interface OperatorNote {
  readonly by: string
  readonly why: string
}

export interface Person {
  readonly id: string
  readonly name: string
  /** Lower case; each address has one account at most. */
  readonly email: string
  readonly passwordHash: string
  readonly createdAt: number
  readonly logins: readonly Login[]
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
