/**
 * Charges, pauses and ends the auditor's sessions: each line of a receipt, by the rules of
 * docs/BILLING.md.
 */
import {
  type Books,
  clientOf,
  costOf,
  instantOf,
  leftFor,
  type Meeting,
  MINUTE_MS,
  meterAt,
  type Settings,
  settledMs,
  zeroOf,
} from './books.ts'
import { dayOf, nextTurn, spend, walletOf } from './purse.ts'

/**
 * The reason for a charge: the session goes on; a person hung up; it is cut short; there is nothing
 * left to take.
 */
export type Why = 'on the way' | 'hung up' | 'cut' | 'dry'

/**
 * Charges up to `ms`: each whole minute as it was completed, then what the unfinished one costs.
 */
export function settleTo(settings: Settings, books: Books, meeting: Meeting, ms: number, why: Why): void {
  for (let turn = turnOf(books, meeting); turn <= instantOf(meeting, ms); turn = turnOf(books, meeting)) {
    chargeTo(settings, books, meeting, ms - (instantOf(meeting, ms) - (turn - 1)), 'on the way')
  }
  chargeTo(settings, books, meeting, ms, why)
}

/**
 * Returns the next instant at which what its client may spend changes by the clock alone: what is
 * used by then counts before.
 */
export function turnOf(books: Books, meeting: Meeting): number {
  return nextTurn(clientOf(books, meeting), instantOf(meeting, settledMs(meeting)) + 1)
}

function chargeTo(settings: Settings, books: Books, meeting: Meeting, ms: number, why: Why): void {
  for (let whole = nextMinute(settledMs(meeting)); whole < ms; whole += MINUTE_MS) {
    charge(settings, books, meeting, whole, costOf(meeting, whole))
  }
  charge(settings, books, meeting, ms, dueAt(settings, meeting, ms, why))
  meeting.postedMs = ms
}

const nextMinute = (ms: number): number => (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS

/** Returns the total that must have been paid when the meter is charged up to `ms`. */
function dueAt({ partialMinute }: Settings, meeting: Meeting, ms: number, why: Why): number {
  const whole = costOf(meeting, Math.floor(ms / MINUTE_MS) * MINUTE_MS)
  const used = costOf(meeting, ms)
  if (why === 'dry' || partialMinute === 'prorated') return used
  if (partialMinute === 'free' || why === 'on the way') return whole
  return why === 'hung up' ? costOf(meeting, Math.ceil(ms / MINUTE_MS) * MINUTE_MS) : used
}

function charge(settings: Settings, books: Books, meeting: Meeting, ms: number, dueCents: number): void {
  if (meeting.startsFree && ms < settings.freeMs) return
  const at = instantOf(meeting, ms)
  const cents = Math.min(dueCents - meeting.paidCents, leftFor(books, meeting, at))
  if (cents <= 0) return
  meeting.paidCents += cents
  meeting.lines.push({ ms, cents, at })
  spend(clientOf(books, meeting), cents, at)
}

/** Charges the whole minutes that have been completed by `at`; they stay. */
export function post(settings: Settings, books: Books, meeting: Meeting, at: number): void {
  const whole = Math.floor(meterAt(books, meeting, at) / MINUTE_MS) * MINUTE_MS
  if (whole > settledMs(meeting)) settleTo(settings, books, meeting, whole, 'on the way')
}

const FREE_SESSIONS_A_DAY = 2

/** Returns true if one of today's free sessions is left. */
export function startsFree(settings: Settings, books: Books, { clientId }: Meeting): boolean {
  const given = [...books.meetings.values()].filter(
    (meeting) =>
      meeting.clientId === clientId &&
      meeting.phase === 'over' &&
      wasFree(settings, meeting) &&
      dayOf(meeting.overAt) === dayOf(books.now),
  )
  return settings.freeMs > 0 && given.length < FREE_SESSIONS_A_DAY
}

export const wasFree = ({ freeMs }: Settings, { startsFree, billedMs }: Meeting): boolean =>
  startsFree && billedMs < freeMs

/** Checks whether it ended because its connection was lost once too often. */
export const isWornOut = ({ maxInterruptions }: Settings, { interruptions, reason }: Meeting): boolean =>
  reason === 'connection_lost' && interruptions > maxInterruptions

export function finish(books: Books, meeting: Meeting, reason: string): void {
  meeting.billedMs = settledMs(meeting)
  meeting.phase = 'over'
  meeting.reason = reason
  meeting.overAt = books.now
}

/** Ends the session: there is nothing left of its client's money, or of what its client allows. */
export function runDry(settings: Settings, books: Books, meeting: Meeting, at = books.now): void {
  settleTo(settings, books, meeting, Math.max(settledMs(meeting), zeroOf(books, meeting, at)), 'dry')
  const isEmpty = walletOf(clientOf(books, meeting)) === 0
  finish(books, meeting, isEmpty ? 'out_of_funds' : 'limit_reached')
}

/**
 * Stops the clock at `good`, or where there is nothing left, but takes back nothing that has been
 * charged.
 */
export function pauseAt(
  settings: Settings,
  books: Books,
  meeting: Meeting,
  pause: { good: number; noticedAt: number; by: 'people' | 'server' },
): void {
  const good = Math.max(pause.good, instantOf(meeting, settledMs(meeting)))
  const ms = meterAt(books, meeting, good)
  if (ms >= zeroOf(books, meeting, good)) {
    runDry(settings, books, meeting, good)
    return
  }
  settleTo(settings, books, meeting, ms, 'on the way')
  stopAt(meeting, ms)
  meeting.interruptions += 1
  if (pause.by === 'people' && meeting.interruptions > settings.maxInterruptions) {
    settleTo(settings, books, meeting, ms, 'cut')
    finish(books, meeting, 'connection_lost')
    return
  }
  meeting.phase = 'paused'
  meeting.pausedBy = pause.by
  meeting.deadline = pause.noticedAt + settings.graceMs
}

export function stopAt(meeting: Meeting, ms: number): void {
  meeting.since = instantOf(meeting, ms)
  meeting.billedMs = ms
}
