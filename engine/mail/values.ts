/** Declares the values of each template: those in its record, and those of what it is about. */
import type { MailTemplate } from '../../domain/mail.ts'

type None = Readonly<Record<string, never>>

/** The browser that did it, such as "Firefox on Windows". */
type Device = { readonly device?: string }

/** Values in the record of a mail. */
export type StoredValues = {
  readonly confirm_email: None
  /** The operator who handed the link over, and why; absent where it was mailed. */
  readonly reset_password: { readonly by?: string; readonly why?: string }
  /** After a mailed link, `passkeys` names those that still log in. */
  readonly password_changed: Device & { readonly passkeys?: string }
  /** Goes to the address that is in force, which was confirmed then, and can undo the change. */
  readonly email_changing: { readonly newEmail: string; readonly confirmedAt: number }
  /** Goes to the former address; `because` where the one before it took the change back. */
  readonly email_changed: { readonly newEmail: string; readonly because?: 'undone' }
  readonly passkey_added: Device & { readonly name: string }
  readonly passkey_removed: Device & { readonly name: string }
  readonly new_device: Device
  readonly topup_receipt: { readonly balanceCents: number }
  /** Its event is the session's id. */
  readonly session_receipt: None
  readonly auto_topup: {
    readonly balanceCents: number
    readonly thresholdCents: number
    readonly dailyCapCents: number
  }
  readonly auto_topup_on: {
    /** The words that the client agreed to. */
    readonly consent: string
    readonly last4: string
    readonly amountCents: number
    readonly thresholdCents: number
    readonly dailyCapCents: number
  }
  readonly account_closed: None
  readonly account_frozen: { readonly because: 'operator' | 'dispute' }
  readonly account_deleted: None
}

/** A top-up, as its record says. */
export interface TopUpFacts {
  readonly topUpId: string
  readonly amountCents: number
  readonly creditedAt: number
  readonly card?: string
}

/** A session, as its record says. */
export interface SessionFacts {
  readonly sessionId: string
  readonly readerId: string
  readonly readerName: string
  readonly kind: string
  readonly startedAt: number
  readonly billedMs: number
  readonly rateCents: number
  readonly chargedCents: number
  readonly balanceCents: number
  /** Length of a billed minute. */
  readonly intervalMs: number
}

/** Values that a template gets when the mail is written. */
export type Facts = {
  readonly [T in MailTemplate]: StoredValues[T] &
    (T extends 'topup_receipt' | 'auto_topup'
      ? TopUpFacts
      : T extends 'session_receipt'
        ? SessionFacts
        : object)
}
