/** Words failures, ends and pauses for the pages: what happened, what it cost, what to do. */
import { EMAIL_TAKEN, tooManyTries } from '../../shared/messages.ts'
import { formatCents } from '../../shared/money.ts'
import type { EndReason, PauseCause, SessionKind, SessionView } from '../../shared/protocol/session.ts'
import type { ReaderStatus } from '../../shared/protocol/views.ts'
import { DAY_MS } from '../../shared/time.ts'
import { formatDay, formatSpan, formatTime } from './format.ts'
import type { Failure } from './http.ts'

const FAILURES: Record<Failure['code'], string> = {
  invalid_input: 'Please check the marked fields.',
  not_logged_in: 'You are logged out. Log in to continue.',
  forbidden: 'You do not have access to this.',
  cross_site:
    'This request did not come from SoulSeer itself, so nothing was done. Reload the page and try again.',
  not_found: 'This no longer exists. Go back to your dashboard.',
  method_not_allowed: 'This page is out of date. Reload it and try again.',
  bad_credentials: 'Wrong email or password. Try again or reset your password.',
  proof_needed: 'Nothing was changed. Confirm that it is you to do this.',
  bad_token: 'This link has expired or was used before. Ask for a new one.',
  terms_changed:
    'Our terms have changed. Nothing was charged. Reload your dashboard to read and accept them.',
  email_taken: EMAIL_TAKEN,
  reader_unavailable:
    'This reader is no longer available. You were not charged. Choose another, or try again later.',
  already_in_session: 'You already have an open session. Return to it, or end it first.',
  insufficient_funds: 'Your balance does not cover the first minute. Add funds to start.',
  limit_reached: 'Your spending limit does not cover the first minute. Nothing was charged.',
  wrong_state: 'The session has changed since this page was loaded. Nothing was charged for this.',
  not_joined: 'This page is not part of the session yet. Reload it to join.',
  taken_over: 'This session is open in another tab or on another device. Reload this page to use it here.',
  account_frozen:
    'Your account is on hold, so nothing was charged. You can’t add funds or start sessions until it is lifted. Contact support.',
  twin_payment:
    'A payment of the same amount is under way in another window. To make a second payment, press the button again.',
  payment_mismatch: 'This payment does not match the request, so nothing was added. Start again.',
  payment_unavailable: 'The payment service is not responding. Nothing was taken. Try again in a minute.',
  idempotency_mismatch:
    'This payment was started with a different amount. Start again with the amount you want.',
  bad_signature: 'This message could not be verified, so nothing was done. Reload the page.',
  too_large: 'That is too much at once. Shorten it and try again.',
  address_too_long: 'This address is too long. Go back to your dashboard.',
  not_json: 'This page is out of date. Reload it and try again.',
  rate_limited: 'Too many attempts. Wait a moment, then try again.',
  busy: 'We are very busy. Try again in a few seconds.',
  storage_full: 'We cannot save anything right now. Try again later.',
  stopping: 'Short update, back in about a minute. Try again then.',
  internal: 'Something went wrong on our side. Try again.',
  passkey_unused: 'No passkey was used. Try again, or use your password.',
  passkey_known: 'This device already has a passkey for your account.',
  passkey_refused: 'This passkey is not known here. Use your password instead.',
  passkey_failed: 'This browser could not use a passkey here. Use your password instead.',
  offline: 'You are offline, or we cannot be reached. Check your connection and try again.',
}

/** The failures of any call, for a press that asks for a charge. */
const NOT_CHARGED: Partial<typeof FAILURES> = {
  busy: 'We are very busy. Nothing was charged. Try again in a few seconds.',
  storage_full: 'We cannot save anything right now, so nothing was charged. Try again later.',
  stopping: 'Short update, back in about a minute. Nothing was charged. Try again then.',
  internal: 'Something went wrong on our side. You are not being charged for this. Try again.',
  offline:
    'You are offline, or we cannot be reached. Nothing was charged. Check your connection and try again.',
}

/** For these the server sends the exact amounts, or the cause: each has several. */
const WITH_CAUSE: readonly Failure['code'][] = [
  'insufficient_funds',
  'limit_reached',
  'account_frozen',
  'forbidden',
  'not_found',
  'wrong_state',
  'bad_token',
  'reader_unavailable',
  'payment_mismatch',
  'rate_limited',
  'busy',
]

/** Returns the sentence for a failure, with what to do next. */
export function sayFailure({ code, detail, retryAfterSeconds }: Failure): string {
  if (detail && WITH_CAUSE.includes(code)) return detail
  if (code === 'rate_limited' && retryAfterSeconds) return tooManyTries(formatSpan(retryAfterSeconds))
  return FAILURES[code] ?? FAILURES.internal
}

/** Returns the same where money was about to move: it also says that none did. */
export function sayNotCharged(failure: Failure): string {
  const words = sayFailure(failure)
  return words === FAILURES[failure.code] ? (NOT_CHARGED[failure.code] ?? words) : words
}

/** Returns why a part of a page is missing: `"Your payments could not be loaded. …"` */
export function sayNotLoaded(what: string, failure: Failure): string {
  const next = failure.code === 'offline' ? 'Check your connection and try again.' : sayFailure(failure)
  return `${what} could not be loaded. ${next}`
}

/** Returns what is missing to call a reader. */
export function sayNeeds(rateCents: number, balanceCents: number): string {
  return `Needs ${formatCents(rateCents)} for the first minute. You have ${formatCents(balanceCents)}.`
}

export const READER_STATUS: Record<ReaderStatus, string> = {
  available: 'Available',
  busy: 'In a session',
  offline: 'Offline',
}

export const KIND: Record<SessionKind, string> = { video: 'Video', voice: 'Voice', chat: 'Chat' }

/** Words a state of the session for one of its two people. */
type Telling = (session: SessionView, iAmReader: boolean) => string

const ENDS: Record<EndReason, Telling> = {
  declined: (session, iAmReader) =>
    iAmReader
      ? 'You declined this request. Nothing was charged.'
      : `${session.readerName} could not take the session. You were not charged.`,
  cancelled: (session, iAmReader) =>
    iAmReader
      ? `Missed call: ${session.clientName} hung up before you answered. Nothing was charged.`
      : 'You cancelled the call. You were not charged.',
  missed: (session, iAmReader) =>
    iAmReader
      ? `Missed call: you did not answer ${session.clientName} in time. Nothing was charged.`
      : `${session.readerName} did not answer. You were not charged.`,
  never_connected: (_, iAmReader) =>
    iAmReader
      ? 'We could not connect the two of you. Nothing was charged.'
      : 'We could not connect the two of you. You were not charged. Another network often helps: Wi-Fi instead of mobile data, or the other way round.',
  client_ended: (session, iAmReader) =>
    iAmReader ? `${session.clientName} ended the session.` : 'You ended the session.',
  reader_ended: (session, iAmReader) =>
    iAmReader ? 'You ended the session.' : `${session.readerName} ended the session.`,
  out_of_funds: (session, iAmReader) =>
    iAmReader ? `${session.clientName}’s balance ran out.` : 'Your balance ran out, so the session ended.',
  limit_reached: (session, iAmReader) =>
    iAmReader
      ? `${session.clientName}’s time for this session ran out.`
      : 'The limit you set was reached, so the session ended.',
  connection_lost: () => 'The connection was lost for too long or too often. The lost time was not charged.',
  server_stopped: () =>
    'SoulSeer had to restart and the session could not continue. The lost time was not charged.',
  payment_reversed: (_, iAmReader) =>
    iAmReader
      ? 'The payment behind this session was reversed, so it ended.'
      : 'A payment into your balance was reversed, so the session ended.',
}

/** Returns why a session ended, for the person who reads it. */
export function sayEnd(session: SessionView, iAmReader: boolean): string {
  return session.endReason ? ENDS[session.endReason](session, iAmReader) : 'The session is still open.'
}

const PAUSES: Record<PauseCause, Telling> = {
  client_connection: (session, iAmReader) =>
    iAmReader ? `${session.clientName} lost connection.` : 'Your connection was lost.',
  reader_connection: (session, iAmReader) =>
    iAmReader ? 'Your connection was lost.' : `${session.readerName} lost connection.`,
  connection: () => 'The connection between you was lost.',
  client_left: (session, iAmReader) =>
    iAmReader ? `${session.clientName} closed the page.` : 'Your page was closed.',
  reader_left: (session, iAmReader) =>
    iAmReader ? 'Your page was closed.' : `${session.readerName} closed the page.`,
  server_stopped: () => 'SoulSeer is restarting.',
}

/** Returns why the meter is stopped, for the person who reads it. */
export function sayPause(cause: PauseCause, session: SessionView, iAmReader: boolean): string {
  return PAUSES[cause](session, iAmReader)
}

/** Returns the time since the client registered, in words: `"A client for 3 months."` */
export function sayClientFor(ms: number): string {
  const days = Math.floor(ms / DAY_MS)
  if (days < 1) return 'A new client: joined today.'
  const [count, unit] =
    days < 30
      ? [days, 'day']
      : days < 365
        ? [Math.floor(days / 30), 'month']
        : [Math.floor(days / 365), 'year']
  return `A client for ${count} ${unit}${count === 1 ? '' : 's'}.`
}

const WITHOUT_TALK: Partial<Record<EndReason, string>> = {
  declined: 'declined',
  cancelled: 'cancelled',
  missed: 'not answered',
  never_connected: 'never connected',
}

/**
 * Returns a past session in one short line: kind, when, and how it ended where it never started.
 */
export function sayDetails({ kind, requestedAt, endReason }: SessionView): string {
  const outcome = endReason && WITHOUT_TALK[endReason]
  const parts = [KIND[kind], `${formatDay(requestedAt)}, ${formatTime(requestedAt)}`, outcome]
  return parts.filter(Boolean).join(' · ')
}
