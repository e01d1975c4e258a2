/**
 * Decides what a client lets a session take: the limits that clients set, and the free seconds of a
 * short session.
 */
import { type Cents, cents } from '../shared/money.ts'
import type { SessionLasts } from '../shared/protocol/session.ts'
import { DAY_MS } from '../shared/time.ts'
import type { Funds, Terms } from './billing.ts'
import type { Client, DailyLimit, DayBook } from './client.ts'
import { draftOfClient } from './drafts.ts'
import type { OpenSession } from './session.ts'

/**
 * [B15] A raised or removed limit takes effect only after this time, so that it is not an impulse.
 */
const RAISE_AFTER_MS = DAY_MS
/** [B13] Most free sessions a day; without a bound they would add up to free hours. */
const FREE_SESSIONS_A_DAY = 2

export function dayBook(client: Client, at: number): DayBook {
  const day = Math.floor(at / DAY_MS)
  return client.dayBook?.day === day ? client.dayBook : { day, spentCents: cents(0), courtesies: 0 }
}

/**
 * [B15] Returns what the client may spend on the day of `at`; undefined where there is no limit.
 */
export function dailyLimit({ dailyLimit: limit }: Client, at: number): Cents | undefined {
  return limit?.raise && limit.raise.from <= at ? limit.raise.cents : limit?.cents
}

/** [B15] Returns the changed limit. A lower one holds at once, a higher one or none after a day. */
export function changeDailyLimit(client: Client, to: Cents | undefined, at: number): DailyLimit {
  const now = dailyLimit(client, at)
  const since = client.dailyLimit?.since
  const unchanged = { ...limitOf(now), ...(since === undefined ? {} : { since }) }
  if (to === now) return unchanged
  if (to !== undefined && (now === undefined || to < now)) return { ...limitOf(to), since: at }
  return { ...unchanged, raise: { ...limitOf(to), from: at + RAISE_AFTER_MS } }
}

/**
 * [B15] Returns the first instant after `after` at which what the client may spend changes: a
 * midnight of UTC, or when a raise takes effect. Infinity where there is no limit.
 */
export function nextTurn(client: Client, after: number): number {
  const raiseFrom = client.dailyLimit?.raise?.from ?? after
  const midnight = (Math.floor(after / DAY_MS) + 1) * DAY_MS
  const turns = raiseFrom > after ? [midnight, raiseFrom] : [midnight]
  return Math.min(Infinity, ...turns.filter((turn) => dailyLimit(client, turn - 1) !== undefined))
}

/**
 * [B15] Returns what counts against the limit at `at`. A limit does not apply before it was set:
 * what a session used on the day before counts on that day, which had no such limit.
 */
const spentUnderLimit = (client: Client, at: number): Cents =>
  dayBook(client, Math.max(at, client.dailyLimit?.since ?? at)).spentCents

/** Returns what an open session may still take of its client's balance. */
export function fundsFor(session: OpenSession, client: Client, at: number): Funds {
  const charged = 'chargedCents' in session ? session.chargedCents : 0
  const daily = dailyLimit(client, at)
  const bounds = [
    client.balanceCents,
    ...(session.limitCents === undefined ? [] : [session.limitCents - charged]),
    ...(daily === undefined ? [] : [daily - spentUnderLimit(client, at)]),
  ]
  return { balance: client.balanceCents, spendable: cents(Math.max(0, Math.min(...bounds))) }
}

const SHORT_MINUTES = 5
const MEDIUM_MINUTES = 15

/** Returns how long `spendable` lasts at a rate, as coarsely as a reader may know. */
export function lastsAt(spendable: Cents, rateCents: Cents): SessionLasts {
  const minutes = spendable / rateCents
  if (minutes < SHORT_MINUTES) return 'short'
  return minutes <= MEDIUM_MINUTES ? 'medium' : 'long'
}

export function mayBeFree(client: Client, at: number, terms: Terms): boolean {
  return terms.freeMs > 0 && dayBook(client, at).courtesies < FREE_SESSIONS_A_DAY
}

export function noteSpending(client: Client, spent: Cents, at: number): Client {
  const book = dayBook(client, at)
  const draft = draftOfClient(client)
  draft.dayBook = { ...book, spentCents: cents(book.spentCents + spent) }
  return draft
}

export function noteFreeSession(client: Client, at: number): Client {
  const book = dayBook(client, at)
  return { ...client, dayBook: { ...book, courtesies: book.courtesies + 1 } }
}

const limitOf = (to: Cents | undefined): { cents?: Cents } => (to === undefined ? {} : { cents: to })
