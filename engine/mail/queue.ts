/** Queues mails, each in the commit of what it is about. */
import { type Mail, type MailTemplate, mailIdOf } from '../../domain/mail.ts'
import { MAILS } from '../../domain/tables.ts'
import { isErased, type User } from '../../domain/user.ts'
import type { TellingTx } from '../commit.ts'
import { TEMPLATES } from './templates.ts'
import type { StoredValues } from './values.ts'

/** A mail to queue; `event` names what it is about, once and for all. */
export interface MailWish<T extends MailTemplate> {
  readonly userId: string
  readonly template: T
  readonly event: string
  readonly values: StoredValues[T]
  /** The address, where it is not the user's. */
  readonly to?: string
}

/**
 * Queues a mail. Does nothing where that event has queued it before, or where the state of the
 * account or its switches forbid the template.
 */
export function queueMail<T extends MailTemplate>(tx: TellingTx, wish: MailWish<T>): void {
  const { userId, template, values } = wish
  const id = mailIdOf(template, wish.event)
  const user = tx.user(userId)
  if (!user || tx.table(MAILS).get(id) || !mayGet(user, wish)) return
  const { link } = TEMPLATES[template]
  // A link is for one address, whatever the user's is by the time it is sent.
  const to = wish.to ?? (link ? user.email : undefined)
  const mail: Mail = {
    id,
    userId,
    template,
    ...(to === undefined ? {} : { to }),
    ...(Object.keys(values).length === 0 ? {} : { values }),
    status: 'queued',
    createdAt: tx.now,
    ...(link ? { expiresAt: tx.now + link.lifeMs } : {}),
  }
  tx.table(MAILS).put(mail)
  tx.tell({ type: 'mail-queued' })
}

/** Returns true where the user may be sent that mail now. */
function mayGet(user: User, { template, to }: MailWish<MailTemplate>): boolean {
  const { needsConfirmed, isAskedFor, isForClosed, canBeSwitchedOff } = TEMPLATES[template]
  if (isErased(user)) return false
  if (user.closedAt !== undefined && !isForClosed) return false
  if (needsConfirmed && user.emailConfirmedAt === undefined) return false
  if (canBeSwitchedOff && user.mailSwitches?.[canBeSwitchedOff] === false) return false
  // A mail that the user asks for tries the address again: the refusal may have been a mistake.
  return user.emailRefusedAt === undefined || isAskedFor || (to !== undefined && to !== user.email)
}

/**
 * Queues the last mail to a user whom this commit deletes. Its address is in memory alone: where the
 * process ends before the mail is sent, the operator sees that it was not.
 */
export function queueFarewell(tx: TellingTx, { id: userId, email: to }: Pick<User, 'id' | 'email'>): void {
  const template = 'account_deleted'
  const mailId = mailIdOf(template, userId)
  tx.table(MAILS).put({ id: mailId, userId, template, status: 'queued', createdAt: tx.now })
  tx.tell({ type: 'mail-queued', farewell: { mailId, to } })
}
