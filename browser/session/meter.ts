/** Computes what the meter shows between two messages of the server. */
import type { ClockView } from '../../shared/protocol/session.ts'

/**
 * Holds what the server last said, and when that was on this page's own steady clock
 * (milliseconds).
 */
export interface Told {
  readonly running: boolean
  readonly billedMs: number
  readonly chargedCents: number
  /** The balance after `chargedCents`; a reader does not get it. */
  readonly balanceCents?: number
  /** The most that the client lets the session cost, if there is such a limit. */
  readonly limitCents?: number
  /** A session that ends before this much connected time costs nothing. */
  readonly freeUntilMs?: number
  /** The time that the money, or the client's limits, last from `billedMs` on. */
  readonly secondsLeft?: number
  readonly at: number
}

export interface MeterTerms {
  readonly rateCents: number
  readonly intervalMs: number
  /** The charge for the unfinished minute when either person hangs up. */
  readonly partialMinute: 'prorated' | 'free' | 'full'
}

export interface Shown {
  readonly seconds: number
  readonly chargedCents: number
  readonly balanceCents?: number
  readonly secondsLeft?: number
  /** The part of the running minute that has passed, 0 to 1. */
  readonly minutePart: number
}

export function toldBy(clock: ClockView, at: number): Told {
  const { running, billedMs, chargedCents, balanceCents, limitCents, freeUntilMs, secondsLeft } = clock
  return {
    running,
    billedMs,
    chargedCents,
    at,
    ...(balanceCents === undefined ? {} : { balanceCents }),
    ...(limitCents === undefined ? {} : { limitCents }),
    ...(freeUntilMs === undefined ? {} : { freeUntilMs }),
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  }
}

/**
 * Returns the time to the next charge and, where the balance is known, to the end of the money: in
 * milliseconds from `now`.
 */
export function aheadOf(told: Told, terms: MeterTerms, now: number): { dueInMs: number; endsInMs?: number } {
  const billedMs = billedAt(told, terms, now)
  const dueInMs = terms.intervalMs - (billedMs % terms.intervalMs)
  if (told.balanceCents === undefined) return { dueInMs }
  const byMoney = moneyEndsMs(told, terms) - billedMs
  if (told.secondsLeft === undefined) return { dueInMs, endsInMs: byMoney }
  // The server sends whole seconds, rounded down.
  const byTold = (told.secondsLeft + 1) * 1000 - (billedMs - told.billedMs)
  return { dueInMs, endsInMs: Math.min(byMoney, byTold) }
}

/**
 * Returns the meter as it was shown when the connection to the server was lost: it must not
 * continue by guessing, nor show money coming back.
 */
export function frozen(told: Told, terms: MeterTerms, now: number): Told {
  const { secondsLeft, balanceCents, ...rest } = told
  const billedMs = billedAt(told, terms, now)
  const shown = readMeter(told, terms, now)
  const left =
    secondsLeft === undefined ? {} : { secondsLeft: secondsLeft - (billedMs - told.billedMs) / 1000 }
  return {
    ...rest,
    ...left,
    ...(shown.balanceCents === undefined ? {} : { balanceCents: shown.balanceCents }),
    chargedCents: shown.chargedCents,
    running: false,
    billedMs,
    at: now,
  }
}

/**
 * Returns what to show at `now`. It is computed from what the server said and the time since then,
 * never by counting up; the cents are those of the whole second that is shown, so that timer and
 * charge always agree, and never more than the balance.
 */
export function readMeter(told: Told, terms: MeterTerms, now: number): Shown {
  const billedMs = billedAt(told, terms, now)
  const seconds = Math.floor(billedMs / 1000)
  // A minute that is charged in full is due from its first moment, before its first second is
  // shown.
  const shownMs = terms.partialMinute === 'full' ? billedMs : seconds * 1000
  const chargedCents = chargedAt(told, terms, shownMs)
  const minutePart = (billedMs % terms.intervalMs) / terms.intervalMs
  if (told.balanceCents === undefined) return { seconds, chargedCents, minutePart }
  return {
    seconds,
    chargedCents,
    minutePart,
    balanceCents: told.balanceCents - (chargedCents - told.chargedCents),
    secondsLeft: Math.max(0, Math.floor(leftMs(told, terms, billedMs) / 1000)),
  }
}

/**
 * Returns the milliseconds left. The server knows of limits that this page does not, and this page
 * of a top-up that the server's figure does not include yet.
 */
function leftMs(told: Told, terms: MeterTerms, billedMs: number): number {
  const byMoney = moneyEndsMs(told, terms) - billedMs
  if (told.secondsLeft === undefined) return byMoney
  return Math.min(byMoney, told.secondsLeft * 1000 - (billedMs - told.billedMs))
}

function billedAt(told: Told, terms: MeterTerms, now: number): number {
  if (!told.running) return told.billedMs
  const running = told.billedMs + Math.max(0, now - told.at)
  return Math.max(told.billedMs, Math.min(running, moneyEndsMs(told, terms)))
}

/** Returns the cents due if either person hung up at this moment: the meter may never show less. */
function chargedAt(told: Told, terms: MeterTerms, billedMs: number): number {
  if (!told.running || billedMs < (told.freeUntilMs ?? 0)) return told.chargedCents
  return Math.max(told.chargedCents, Math.min(owedAt(terms, billedMs), moneyOf(told)))
}

function owedAt({ rateCents, intervalMs, partialMinute }: MeterTerms, billedMs: number): number {
  const minutes = billedMs / intervalMs
  if (partialMinute === 'full') return rateCents * Math.ceil(minutes)
  if (partialMinute === 'free') return rateCents * Math.floor(minutes)
  return Math.floor((rateCents * billedMs) / intervalMs)
}

/** Returns the connected time that all the money pays for. */
function moneyEndsMs(told: Told, { rateCents, intervalMs }: MeterTerms): number {
  return Math.max(told.billedMs, Math.ceil((moneyOf(told) * intervalMs) / rateCents))
}

function moneyOf({ chargedCents, balanceCents, limitCents = Number.POSITIVE_INFINITY }: Told): number {
  if (balanceCents === undefined) return limitCents
  return Math.min(chargedCents + balanceCents, Math.max(chargedCents, limitCents))
}
