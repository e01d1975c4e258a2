/** Records how far a mail has come: each function is part of one commit. */
import type { Mail, MailStatus } from '../../domain/mail.ts'
import { MAILS } from '../../domain/tables.ts'
import { isErased, type User } from '../../domain/user.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/time.ts'
import type { MailOutcome, Tx, View } from '../ports.ts'
import { TEMPLATES } from './templates.ts'

const KEPT_MS = 30 * DAY_MS
const MOST_LOST_REPLIES = 2
const AFTER_LOST_REPLY_MS = 5 * MINUTE_MS
const RETRY_MS = [1, 5, 15, 30].map((minutes) => minutes * MINUTE_MS)
const LONGEST_RETRY_MS = HOUR_MS
const WORDS_MAX = 200
const ADDRESS_GONE = 'the address was deleted with the account before the mail could be sent'

/** A mail that is about to be sent. */
export interface Begun {
  readonly mail: Mail
  readonly user: User
  readonly to: string
}

/**
 * Marks that an attempt begins, so that a crash in the middle of it is known. Returns undefined
 * where the mail is not to be sent, or not any more. `farewell` is the address of an account that
 * was deleted.
 */
export function beginAttempt(tx: Tx, id: string, farewell: string | undefined): Begun | undefined {
  const mail = tx.table(MAILS).get(id)
  if (mail?.status !== 'queued' || mail.tryingSince !== undefined) return undefined
  const user = tx.user(mail.userId)
  if (!user || mail.usedAt !== undefined) {
    tx.table(MAILS).remove(id) // its link was made void
    return undefined
  }
  const to = mail.to ?? (isErased(user) ? farewell : user.email)
  const why = to === undefined ? ADDRESS_GONE : reasonAgainst(mail, user, to, tx.now)
  if (to === undefined || why !== undefined) {
    tx.table(MAILS).put(finished(mail, 'failed', why, tx.now))
    return undefined
  }
  tx.table(MAILS).put({ ...mail, tryingSince: tx.now })
  return { mail, user, to }
}

/** Records how an attempt ended. */
export function endAttempt(tx: Tx, { mail: { id }, to }: Begun, outcome: MailOutcome): void {
  const mail = tx.table(MAILS).get(id)
  if (mail?.status !== 'queued') return // the account was deleted meanwhile
  const user = tx.user(mail.userId)
  if (user?.email === to) noteAddress(tx, user, outcome)
  tx.table(MAILS).put(afterAttempt(mail, outcome, to, tx.now))
}

function afterAttempt(mail: Mail, outcome: MailOutcome, to: string, now: number): Mail {
  if (outcome.kind === 'sent') return finished(mail, 'sent', undefined, now)
  const words = plain(outcome.words, to)
  if (outcome.kind === 'unknown') return withLostReply(mail, words, now)
  const failures = (mail.failures ?? 0) + 1
  if (outcome.kind === 'refused' || isOverdue(mail, now))
    return finished({ ...mail, failures }, 'failed', words, now)
  const dueAt = now + (RETRY_MS[failures - 1] ?? LONGEST_RETRY_MS)
  return { ...withoutAttempt(mail), failures, words, dueAt }
}

/** Counts a reply as lost for every mail that was being sent when the last process ended. */
export function noteCrash(tx: Tx): void {
  const words = 'SoulSeer stopped while it was being sent'
  for (const mail of queuedIn(tx)) {
    if (mail.tryingSince !== undefined) tx.table(MAILS).put(withLostReply(mail, words, tx.now))
  }
}

/** Gives up mails that have waited for a day; `words` says what for. Returns whether there may be more. */
export function giveUpOverdue(tx: Tx, words: string, most: number): boolean {
  const overdue = [...queuedIn(tx)].filter(
    (mail) => mail.tryingSince === undefined && isOverdue(mail, tx.now),
  )
  for (const mail of overdue.slice(0, most)) {
    tx.table(MAILS).put(finished(mail, 'failed', plain(words, mail.to ?? ''), tx.now))
  }
  return overdue.length > most
}

/**
 * Removes mails that have been final for thirty days, and what mails say of a user once a link that
 * needed it has expired. Returns whether there may be more.
 */
export function cleanUp(tx: Tx, most: number): boolean {
  let changed = 0
  for (const mail of tx.table(MAILS).all()) {
    if (changed === most) return true
    if (mail.finalAt !== undefined && tx.now >= mail.finalAt + KEPT_MS) tx.table(MAILS).remove(mail.id)
    else if (isSpoken(mail) && !isLinkUsable(mail, tx.now)) tx.table(MAILS).put(withoutPerson(mail))
    else continue
    changed += 1
  }
  return false
}

/** Returns the mails to send now, most urgent first, and the instant at which the next is due. */
export function planOf(view: View) {
  // An attempt whose end could not be recorded is taken up by the next start.
  const waiting = [...queuedIn(view)].filter(({ tryingSince }) => tryingSince === undefined)
  const due = waiting.filter(({ dueAt = 0 }) => dueAt <= view.now)
  const later = waiting.flatMap(({ dueAt = 0 }) => (dueAt > view.now ? [dueAt] : []))
  // A user waits in front of the page for a link; a receipt has time.
  due.sort((one, other) => rankOf(one) - rankOf(other) || one.createdAt - other.createdAt)
  return { due: due.map(({ id }) => id), nextAt: later.length === 0 ? undefined : Math.min(...later) }
}

/** Returns a mail that is sent, or with which nothing more is tried without the operator. */
export function finished(mail: Mail, status: MailStatus, words: string | undefined, at: number): Mail {
  const { words: _, dueAt: __, failures, ...left } = withoutAttempt(mail)
  const final: Mail = {
    ...left,
    status,
    finalAt: at,
    ...(status === 'sent' || failures === undefined ? {} : { failures }),
    ...(words === undefined ? {} : { words }),
  }
  return status === 'sent' && !isLinkUsable(final, at) ? withoutPerson(final) : final
}

/** Removes the mails of a user who deletes the account, and with them the links in those sent. */
export function removeMailsOf(tx: Tx, userId: string): void {
  for (const { id } of [...tx.table(MAILS).by('userId', userId)]) tx.table(MAILS).remove(id)
}

const queuedIn = (view: View): Iterable<Mail> => view.table(MAILS).by('status', 'queued' satisfies MailStatus)

const rankOf = ({ template }: Mail): number => (TEMPLATES[template].isAskedFor ? 0 : 1)

function reasonAgainst({ template, expiresAt }: Mail, user: User, to: string, now: number) {
  if (expiresAt !== undefined && now >= expiresAt) return 'its link expired before it could be sent'
  const isRefused = user.emailRefusedAt !== undefined && to === user.email
  return isRefused && !TEMPLATES[template].isAskedFor ? 'the address was refused before' : undefined
}

/** Marks the user's address when it was refused, and no longer when it was accepted after all. */
function noteAddress(tx: Tx, user: User, outcome: MailOutcome): void {
  const { emailRefusedAt, ...accepted } = user
  if (outcome.kind === 'refused' && outcome.isAddress) tx.putUser({ ...user, emailRefusedAt: tx.now })
  else if (outcome.kind === 'sent' && emailRefusedAt !== undefined) tx.putUser(accepted)
}

function withLostReply(mail: Mail, words: string, now: number): Mail {
  const lostReplies = (mail.lostReplies ?? 0) + 1
  if (lostReplies >= MOST_LOST_REPLIES) return finished({ ...mail, lostReplies }, 'unsure', words, now)
  return { ...withoutAttempt(mail), lostReplies, words, dueAt: now + AFTER_LOST_REPLY_MS }
}

function isOverdue({ createdAt, againAt = createdAt }: Mail, now: number): boolean {
  return now >= againAt + DAY_MS
}

function isLinkUsable({ expiresAt, usedAt }: Mail, now: number): boolean {
  return expiresAt !== undefined && usedAt === undefined && now < expiresAt
}

/** Returns true for a sent mail that still says whom it went to, or what about. */
const isSpoken = ({ status, to, values }: Mail): boolean =>
  status === 'sent' && (to !== undefined || values !== undefined)

function withoutPerson(mail: Mail): Mail {
  const { to: _, values: __, words: ___, ...left } = mail
  return left
}

function withoutAttempt(mail: Mail): Mail {
  const { tryingSince: _, ...left } = mail
  return left
}

const CONTROL = /\p{Cc}+/gu

/** Returns a mail server's words in one line, without the address that they often repeat. */
function plain(words: string, to: string): string {
  const line = words.replace(CONTROL, ' ')
  const shown = to === '' ? line : line.replaceAll(to, 'the address')
  return shown.replace(/[^\s<>()@,;:]+@[^\s<>()@,;:]+/g, 'an address').slice(0, WORDS_MAX)
}
