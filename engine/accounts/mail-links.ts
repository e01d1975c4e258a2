/** Bounds the mails with links that one account or one address gets, makes links void, and reports a password that one has set. */
import type { Mail, MailTemplate } from '../../domain/mail.ts'
import { MAILS } from '../../domain/tables.ts'
import type { User } from '../../domain/user.ts'
import { HOUR_MS } from '../../shared/time.ts'
import type { TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import { voidMailTokens } from '../mail/tokens.ts'
import type { Caller, Tx, View } from '../ports.ts'
import { deviceIn } from './devices.ts'

/** Returns when the mails of a template were queued for a user in the last hour. */
export function sentLately(view: View, userId: string, template: MailTemplate): readonly number[] {
  return [...view.table(MAILS).by('userId', userId)]
    .filter((mail) => mail.template === template && mail.createdAt > view.now - HOUR_MS)
    .map(({ createdAt }) => createdAt)
}

/** Returns how many mails of a template went to an address in the last hour, for any account. */
export function sentTo(view: View, email: string, template: MailTemplate): number {
  const mails = [...view.table(MAILS).by('to', email)]
  return mails.filter((mail) => mail.template === template && mail.createdAt > view.now - HOUR_MS).length
}

/**
 * Makes every link of a user void but the ones by which an earlier address undoes its change:
 * an intruder who has taken the account over could otherwise make them void.
 */
export function voidLinks(tx: Tx, user: User): void {
  voidMailTokens(tx, user.id, (mail) => !undoesChangeOf(mail, user))
}

/** Mails the user that a mailed link has set a new password, with the passkeys that still log in. */
export function announceNewPassword(
  tx: TellingTx,
  { id: userId, passkeys = [] }: User,
  caller: Caller,
  event: string,
): void {
  const values = { ...deviceIn(caller), passkeys: passkeys.map(({ name }) => name).join(', ') }
  queueMail(tx, { userId, template: 'password_changed', event, values })
}

/** Returns true for a link that would give the account back to an earlier address. */
const undoesChangeOf = ({ template, to }: Mail, { email }: User): boolean =>
  template === 'email_changing' && to !== email

/**
 * Returns true where an address has an account, or had one until lately and can still take the
 * change back. `userId`'s own do not count.
 */
export function isTaken(view: View, email: string, userId?: string): boolean {
  const holder = view.userByEmail(email)
  if (holder) return holder.id !== userId
  return [...view.table(MAILS).by('to', email)].some(
    (mail) =>
      mail.userId !== userId &&
      mail.template === 'email_changing' &&
      mail.usedAt === undefined &&
      view.now < (mail.expiresAt ?? 0),
  )
}
