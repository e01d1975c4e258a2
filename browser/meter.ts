/** What the meter shows between two messages of the server. */
import type { ClockView } from '../shared/protocol.ts'

/** What the server last told, and when that was on this page's own steady clock (milliseconds). */
export interface Told {
  readonly running: boolean
  readonly billedMs: number
  readonly chargedCents: number
  /** What the wallet held after `chargedCents`; the reader is not told. */
  readonly balanceCents?: number
  readonly at: number
}

export interface MeterTerms {
  readonly rateCents: number
  readonly intervalMs: number
}

export interface Shown {
  readonly seconds: number
  readonly chargedCents: number
  readonly balanceCents?: number
  readonly secondsLeft?: number
  /** How much of the running minute has passed, 0 to 1. */
  readonly minutePart: number
}

export function toldBy(clock: ClockView, at: number): Told {
  const { running, billedMs, chargedCents, balanceCents } = clock
  return { running, billedMs, chargedCents, at, ...(balanceCents === undefined ? {} : { balanceCents }) }
}

/** The meter as it stood when the connection to the server was lost: it must not go on by guessing. */
export function frozen(told: Told, terms: MeterTerms, now: number): Told {
  return { ...told, running: false, billedMs: billedAt(told, terms, now), at: now }
}

/**
 * What to show at `now`. Computed from what was told and the time since then, never by counting up; the cents are
 * those of the whole second that is shown, so that timer and charge always agree, and never more than there is.
 */
export function readMeter(told: Told, terms: MeterTerms, now: number): Shown {
  const billedMs = billedAt(told, terms, now)
  const seconds = Math.floor(billedMs / 1000)
  const chargedCents = chargedAt(told, terms, seconds * 1000)
  const minutePart = (billedMs % terms.intervalMs) / terms.intervalMs
  if (told.balanceCents === undefined) return { seconds, chargedCents, minutePart }
  return {
    seconds,
    chargedCents,
    minutePart,
    balanceCents: told.balanceCents - (chargedCents - told.chargedCents),
    secondsLeft: Math.floor((moneyEndsMs(told, terms) - billedMs) / 1000),
  }
}

function billedAt(told: Told, terms: MeterTerms, now: number): number {
  if (!told.running) return told.billedMs
  const running = told.billedMs + Math.max(0, now - told.at)
  return Math.max(told.billedMs, Math.min(running, moneyEndsMs(told, terms)))
}

function chargedAt(told: Told, { rateCents, intervalMs }: MeterTerms, billedMs: number): number {
  if (!told.running) return told.chargedCents
  const owed = Math.floor((rateCents * billedMs) / intervalMs)
  return Math.max(told.chargedCents, Math.min(owed, moneyOf(told)))
}

/** The connected time that all the money pays for. */
function moneyEndsMs(told: Told, { rateCents, intervalMs }: MeterTerms): number {
  return Math.max(told.billedMs, Math.ceil((moneyOf(told) * intervalMs) / rateCents))
}

function moneyOf({ chargedCents, balanceCents }: Told): number {
  return balanceCents === undefined ? Number.POSITIVE_INFINITY : chargedCents + balanceCents
}
