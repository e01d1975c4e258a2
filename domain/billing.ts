/**
 * Computes the charges of a session by the rules of the meter, numbered as in docs/BILLING.md. Pure
 * functions.
 */
import { type Cents, cents } from '../shared/money.ts'
import type { Charge, ClockView } from '../shared/protocol/session.ts'
import { draftOf } from './drafts.ts'
import {
  type LiveSession,
  type OpenSession,
  type Prompted,
  pauseCause,
  pausedSince,
  type StartedSession,
} from './session.ts'

export type PartialMinute = 'prorated' | 'free' | 'full'

/** Terms that the operator sets for every session. */
export interface Terms {
  /** Length of a billed minute. */
  readonly intervalMs: number
  readonly partialMinute: PartialMinute
  /** Balance at which the client is prompted. */
  readonly lowFundsCents: number
  /** Platform's share of each charge. */
  readonly feePercent: number
  /** A session with less connected time than this is free, a few times a day; 0 for never. */
  readonly freeMs: number
}

/**
 * Balance of a client, and how much of it this session may still take, which a limit of the
 * client's can lower.
 */
export interface Funds {
  readonly balance: Cents
  readonly spendable: Cents
}

/** [B1] Returns the cents owed after `billedMs` of connected time. */
export function owed(rateCents: Cents, billedMs: number, intervalMs: number): Cents {
  return cents(Math.floor((rateCents * billedMs) / intervalMs))
}

/** Returns the least connected time, in milliseconds, at which a session owes `amount`. */
export function timeToOwe(rateCents: Cents, amount: number, intervalMs: number): number {
  return Math.ceil((amount * intervalMs) / rateCents)
}

/**
 * [B5] Returns the connected time, in milliseconds, at which the session has used all money that it
 * may take.
 */
export function zeroMs(session: StartedSession, spendable: Cents, terms: Terms): number {
  return timeToOwe(session.rateCents, session.chargedCents + spendable, terms.intervalMs)
}

/** [B9] Returns the reader's cents of everything charged so far; the rest is the platform's. */
export function readerShare(chargedCents: Cents, feePercent: number): Cents {
  return cents(chargedCents - Math.floor((chargedCents * feePercent) / 100))
}

/**
 * Returns the connected time of a session at `at`, in milliseconds: never past the end of the
 * money, never running while paused.
 */
export function meterMs(session: StartedSession, at: number, spendable: Cents, terms: Terms): number {
  if (session.status === 'paused') return session.billedMs
  const elapsedMs = Math.max(0, at - session.settledAt)
  return Math.max(session.billedMs, Math.min(session.billedMs + elapsedMs, zeroMs(session, spendable, terms)))
}

/**
 * End of a charge. `tick`: at a whole minute. `partial`: at a pause or a top-up, with the time used
 * so far. `hangup`: a user ended the session, so the unfinished minute costs what the terms say.
 * `cut`: neither user ended it, and the unfinished minute costs at most the time used.
 */
export type Settling = 'tick' | 'partial' | 'hangup' | 'cut'

export interface Step {
  readonly charge: Charge
  readonly chargedCents: Cents
  readonly earnedCents: Cents
  /** Reader's part of this charge; the rest of it is the platform's. */
  readonly readerCents: Cents
  readonly spendableCents: Cents
}

export interface Settlement<S extends StartedSession> {
  readonly session: S
  readonly steps: readonly Step[]
  readonly spendableCents: Cents
  /** [B5] The session is live and has no money left that it may take: it must end now. */
  readonly ranDry: boolean
}

/**
 * [B2] Returns what is due of a session at the instant `to`, given what it may still take: what is
 * owed less what has been posted, so that late, repeated and missed charges all come to the same
 * total. A `to` before the last charge changes nothing.
 */
export function settle<S extends StartedSession>(
  session: S,
  to: number,
  spendable: Cents,
  how: Settling,
  terms: Terms,
): Settlement<S> {
  const end = meterMs(session, to, spendable, terms)
  const ranDry = session.status === 'live' && end >= zeroMs(session, spendable, terms)
  const settledTo = how === 'tick' && !ranDry ? lastWholeMinute(end, session, terms) : end
  const isFree = session.courtesy && settledTo < terms.freeMs // [B13]
  const points = isFree ? [] : chargePoints(session.billedMs, settledTo, terms)
  const due = points.map((ms) => ({ ms, cents: dueAt(session, ms, ms === settledTo, ranDry, how, terms) }))
  const steps = post(session, due, spendable, terms)
  const last = steps.at(-1)
  const settled = draftOf(session)
  if (settled.status === 'live') settled.settledAt = instantOf(session, settledTo)
  settled.billedMs = settledTo
  if (last) {
    settled.chargedCents = last.chargedCents
    settled.earnedCents = last.earnedCents
    settled.charges = [...session.charges, ...steps.map((step) => step.charge)]
  }
  return {
    session: settled as S,
    steps,
    spendableCents: last?.spendableCents ?? spendable,
    ranDry,
  }
}

/**
 * Returns the instant at which the meter of a session was, or will be without interruption, at
 * `ms`.
 */
function instantOf(session: StartedSession, ms: number): number {
  const settledAt = session.status === 'live' ? session.settledAt : pausedSince(session)
  return settledAt + (ms - session.billedMs)
}

function lastWholeMinute(ms: number, session: StartedSession, terms: Terms): number {
  return Math.max(session.billedMs, Math.floor(ms / terms.intervalMs) * terms.intervalMs)
}

/** Returns the whole minutes in (from, to], and `to` itself. */
function chargePoints(from: number, to: number, { intervalMs }: Terms): number[] {
  const points: number[] = []
  for (let ms = (Math.floor(from / intervalMs) + 1) * intervalMs; ms <= to; ms += intervalMs) points.push(ms)
  if (points.at(-1) !== to) points.push(to)
  return points
}

/** Returns what must have been posted in total once the meter is at `ms`. */
function dueAt(
  session: StartedSession,
  ms: number,
  isLast: boolean,
  ranDry: boolean,
  how: Settling,
  terms: Terms,
): Cents {
  const { rateCents } = session
  const exact = owed(rateCents, ms, terms.intervalMs)
  if (!isLast || ranDry || terms.partialMinute === 'prorated') return exact
  if (terms.partialMinute === 'full' && how === 'hangup') {
    return cents(rateCents * Math.ceil(ms / terms.intervalMs))
  }
  if (terms.partialMinute === 'full' && how === 'cut') return exact
  return cents(rateCents * Math.floor(ms / terms.intervalMs))
}

function post(
  session: StartedSession,
  due: readonly { ms: number; cents: Cents }[],
  spendable: Cents,
  terms: Terms,
): Step[] {
  const steps: Step[] = []
  let { chargedCents, earnedCents } = session
  let spendableCents = spendable
  for (const point of due) {
    const amount = cents(Math.min(point.cents - chargedCents, spendableCents))
    if (amount <= 0) continue
    chargedCents = cents(chargedCents + amount)
    spendableCents = cents(spendableCents - amount)
    // Never less than before: a session without a share of its own may have started under another.
    const share = readerShare(chargedCents, session.feePercent ?? terms.feePercent)
    const earned = cents(Math.max(earnedCents, share))
    const readerCents = cents(earned - earnedCents)
    earnedCents = earned
    steps.push({
      charge: chargeOf(session, point.ms, amount, terms),
      chargedCents,
      earnedCents,
      readerCents,
      spendableCents,
    })
  }
  return steps
}

function chargeOf(session: StartedSession, ms: number, amount: Cents, { intervalMs }: Terms): Charge {
  return {
    minute: Math.max(1, Math.ceil(ms / intervalMs)),
    billedMs: ms,
    cents: amount,
    at: instantOf(session, ms),
  }
}

// ---------------------------------------------------------------- the running balance

/** [B6] Returns the balance less what the running minute has used. */
export function runningBalance(session: StartedSession, at: number, funds: Funds, terms: Terms): Cents {
  const used = owed(session.rateCents, meterMs(session, at, funds.spendable, terms), terms.intervalMs)
  return cents(Math.max(0, funds.balance - Math.max(0, used - session.chargedCents)))
}

/**
 * Returns how long the money lasts from `at`, in milliseconds of connected time; 0 where a limit
 * has been exceeded.
 */
export function msLeft(session: StartedSession, at: number, { spendable }: Funds, terms: Terms): number {
  return Math.max(0, zeroMs(session, spendable, terms) - meterMs(session, at, spendable, terms))
}

export interface Prompting {
  readonly prompted: Prompted
  /** True when a prompt is due now. */
  readonly due: boolean
}

/**
 * [B7] Returns which low-funds prompts are due: one when the running balance falls to the low-funds
 * mark, and one when less than a minute is left. Each is due again only after the balance has been
 * above its mark.
 */
export function prompting(session: StartedSession, at: number, funds: Funds, terms: Terms): Prompting {
  const prompted: Prompted = {
    funds: runningBalance(session, at, funds, terms) <= terms.lowFundsCents,
    minute: msLeft(session, at, funds, terms) < terms.intervalMs,
  }
  const due = (prompted.funds && !session.prompted.funds) || (prompted.minute && !session.prompted.minute)
  return { prompted, due }
}

/**
 * Returns the next instant at which a live session needs attention: a whole minute, a prompt, or
 * the end of the money.
 */
export function nextWake(session: LiveSession, funds: Funds, terms: Terms): number {
  const { intervalMs, lowFundsCents } = terms
  const zero = zeroMs(session, funds.spendable, terms)
  const marks = [zero, (Math.floor(session.billedMs / intervalMs) + 1) * intervalMs]
  if (!session.prompted.funds) {
    const toSpend = session.chargedCents + funds.balance - lowFundsCents
    marks.push(timeToOwe(session.rateCents, Math.max(0, toSpend), intervalMs))
  }
  if (!session.prompted.minute) marks.push(zero - intervalMs + 1)
  const nextMs = Math.max(session.billedMs, Math.min(...marks))
  return instantOf(session, nextMs)
}

/** Returns the meter as the client may see it; the reader must not see what reveals the balance. */
export function clockView(session: StartedSession, at: number, funds: Funds, terms: Terms): ClockView {
  return {
    sessionId: session.id,
    running: session.status === 'live',
    billedMs: meterMs(session, at, funds.spendable, terms),
    chargedCents: session.chargedCents,
    ...(session.status === 'paused' ? { cause: pauseCause(session) } : {}),
    secondsLeft: Math.floor(msLeft(session, at, funds, terms) / 1000),
    balanceCents: funds.balance,
    ...(session.limitCents === undefined ? {} : { limitCents: session.limitCents }),
    ...(session.courtesy && session.billedMs < terms.freeMs ? { freeUntilMs: terms.freeMs } : {}),
  }
}

/** Returns the meter of a session whose two people are not connected yet, as its client may see it. */
export function clockBefore(session: OpenSession, funds: Funds, terms: Terms): ClockView {
  const { id, rateCents, limitCents } = session
  return {
    sessionId: id,
    running: false,
    billedMs: 0,
    chargedCents: 0,
    secondsLeft: Math.floor(timeToOwe(rateCents, funds.spendable, terms.intervalMs) / 1000),
    balanceCents: funds.balance,
    ...(limitCents === undefined ? {} : { limitCents }),
  }
}

/**
 * Returns true where a client with this much may start at this rate: for one whole minute at least.
 */
export function canAfford(wallet: Cents, rateCents: Cents): boolean {
  return wallet >= rateCents
}
