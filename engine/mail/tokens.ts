/** Makes and checks the tokens in the links of mails. No record and no log ever holds one. */
import { Refusal } from '../../domain/errors.ts'
import type { Mail, MailSwitch, MailTemplate } from '../../domain/mail.ts'
import { MAILS } from '../../domain/tables.ts'
import { isErased, type User } from '../../domain/user.ts'
import type { DataKey, Tx, View } from '../ports.ts'

const PURPOSE = 'mail'
const SWITCH_PURPOSE = 'mail-switch'

/** Returns the token of a mail's link. */
export function mailToken(dataKey: DataKey, mailId: string): string {
  return tokenOf(dataKey, PURPOSE, mailId)
}

/** Returns the id of the mail whose token it is; undefined for anything else. */
export function readMailToken(dataKey: DataKey, token: string): string | undefined {
  return read(dataKey, PURPOSE, token)
}

/**
 * Uses up the link of a mail, and returns the mail as it was before. Throws `bad_token` unless it is
 * of that template, unused and not expired, and its account is open.
 */
export function useMailToken(tx: Tx, mailId: string | undefined, template: MailTemplate): Mail {
  const { mail } = usable(tx, mailId, template)
  spend(tx, mail)
  return mail
}

/** Returns the user of a mail whose link could be used now. Throws as {@link useMailToken} does. */
export function mailUserOf(view: View, mailId: string | undefined, template: MailTemplate): User {
  return usable(view, mailId, template).user
}

function usable(view: View, mailId: string | undefined, template: MailTemplate): { mail: Mail; user: User } {
  const mail = mailId === undefined ? undefined : view.table(MAILS).get(mailId)
  if (!mail || mail.template !== template || !isUsable(mail, view.now)) throw badToken()
  const user = view.user(mail.userId)
  if (!user || user.closedAt !== undefined) throw badToken()
  return { mail, user }
}

/** Makes unused links of mails to a user void: all of them, or those that `isMeant` names. */
export function voidMailTokens(tx: Tx, userId: string, isMeant: (mail: Mail) => boolean = () => true): void {
  for (const mail of tx.table(MAILS).by('userId', userId)) {
    if (isUsable(mail, tx.now) && isMeant(mail)) spend(tx, mail)
  }
}

/** Returns the token by which a user switches a kind of mail off without logging in. */
export function switchToken(dataKey: DataKey, userId: string, kind: MailSwitch): string {
  return tokenOf(dataKey, SWITCH_PURPOSE, `${kind}.${userId}`)
}

/** Switches off what the token is for. Throws `bad_token`. */
export function useSwitchToken(tx: Tx, dataKey: DataKey, token: string): void {
  const [kind, ...rest] = read(dataKey, SWITCH_PURPOSE, token)?.split('.') ?? []
  const user = tx.user(rest.join('.'))
  if (kind !== 'session_receipt' || !user || isErased(user)) throw badToken()
  if (user.mailSwitches?.[kind] === false) return
  tx.putUser({ ...user, mailSwitches: { ...user.mailSwitches, [kind]: false } })
}

const isUsable = ({ expiresAt, usedAt }: Mail, now: number): boolean =>
  expiresAt !== undefined && usedAt === undefined && now < expiresAt

/** Marks a link as used. What the mail says of its user is needed no longer once it is final. */
function spend(tx: Tx, mail: Mail): void {
  const used = { ...mail, usedAt: tx.now }
  const { to: _, values: __, ...withoutPerson } = used
  tx.table(MAILS).put(mail.status === 'sent' ? withoutPerson : used)
}

const tokenOf = (dataKey: DataKey, purpose: string, text: string): string =>
  `${Buffer.from(text).toString('base64url')}.${dataKey.sign(purpose, text)}`

function read(dataKey: DataKey, purpose: string, token: string): string | undefined {
  const [encoded = '', signature = '', ...more] = token.split('.')
  const text = Buffer.from(encoded, 'base64url').toString()
  const isOne = more.length === 0 && signature !== '' && text !== ''
  return isOne && dataKey.verifies(purpose, text, signature) ? text : undefined
}

export const badToken = (words = 'This link has expired or was used before.') =>
  new Refusal('bad_token', words)
