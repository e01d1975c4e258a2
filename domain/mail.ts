/** Defines the record of a mail: what it is about, what became of it, and who may be sent which. */

export type MailTemplate =
  | 'confirm_email'
  | 'reset_password'
  | 'password_changed'
  | 'email_changing'
  | 'email_changed'
  | 'passkey_added'
  | 'passkey_removed'
  | 'new_device'
  | 'topup_receipt'
  | 'session_receipt'
  | 'auto_topup'
  | 'auto_topup_on'
  | 'account_closed'
  | 'account_frozen'
  | 'account_deleted'

/** The mails that a user can switch off. */
export type MailSwitch = 'session_receipt'

/**
 * `queued` waits to be sent; `unsure` was handed over twice without a response, and waits for the
 * operator. The others are final, until the operator sends a failed one again.
 */
export type MailStatus = 'queued' | 'sent' | 'failed' | 'unsure'

/** Values that a template needs and no other record has. */
export type MailValues = Readonly<Record<string, string | number>>

export interface Mail {
  /** The template and the event that the mail is about, so that one event never queues two. */
  readonly id: string
  readonly userId: string
  readonly template: MailTemplate
  /** The address; absent where it is the user's at the time of sending. */
  readonly to?: string
  readonly values?: MailValues
  readonly status: MailStatus
  readonly createdAt: number
  /** Instant at which the operator had it sent again, which begins another day of attempts. */
  readonly againAt?: number
  /** Instant of the next attempt, where one has failed. */
  readonly dueAt?: number
  /** Attempts that have failed. */
  readonly failures?: number
  /** An attempt that began and whose end is not on record. */
  readonly tryingSince?: number
  /** Attempts after which it is unknown whether the mail server has taken the mail. */
  readonly lostReplies?: number
  /** The mail server's last response, without addresses. */
  readonly words?: string
  /** Instant from which the status is final, or waits for the operator. */
  readonly finalAt?: number
  /** Instant at which the mail's link stops working; only where the template has a link. */
  readonly expiresAt?: number
  /** Instant at which the link was used, or was made void. */
  readonly usedAt?: number
}

/** Returns the id of the mail about an event. */
export const mailIdOf = (template: MailTemplate, event: string): string => `${template}.${event}`

/** Returns the event that a mail is about. */
export const eventOf = ({ id, template }: Pick<Mail, 'id' | 'template'>): string =>
  id.slice(template.length + 1)

// The mail's Message-ID contains the id as it is.
const PLAIN_ID = /^[a-z_]+\.[A-Za-z0-9_-][A-Za-z0-9_.-]*$/

/** Returns what is wrong with a record about to be written, or undefined. */
export function checkMail({ id, template, status, finalAt }: Mail): string | undefined {
  if (!PLAIN_ID.test(id) || !id.startsWith(`${template}.`)) return 'its id does not name its template'
  return (status === 'queued') === (finalAt === undefined) ? undefined : 'it is final and not, at once'
}
