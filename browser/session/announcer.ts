/**
 * Words what a running session announces to screen readers, and when. The running numbers stay
 * silent.
 */
import { formatCents } from '../../shared/money.ts'
import type { Connection } from '../lib/connection.ts'
import { formatRate } from '../lib/format.ts'

/** Describes a session at one moment, as the page shows it. */
export interface Moment {
  readonly connection: Connection['state']
  readonly seconds: number
  readonly chargedCents: number
  readonly rateCents: number
  /** For the client only. */
  readonly secondsLeft?: number
}

export interface Utterance {
  readonly words: string
  /** Interrupts what is being spoken. */
  readonly atOnce: boolean
}

const SOON_SECONDS = 120
const LAST_SECONDS = 20
const TOLD_EVERY_SECONDS = 300

/**
 * Returns what the step from one moment to the next must announce; of two events at once, the one
 * about money.
 */
export function announce(before: Moment, now: Moment, withTime: boolean): Utterance | undefined {
  if (fellTo(LAST_SECONDS, before, now)) return { words: `${now.secondsLeft} seconds left.`, atOnce: true }
  if (fellTo(SOON_SECONDS, before, now)) return { words: 'About 2 minutes left.', atOnce: false }
  const words = changeOf(before, now) ?? (withTime ? timeOf(before, now) : undefined)
  return words === undefined ? undefined : { words, atOnce: false }
}

/**
 * Says whether the time left fell to a mark. A client who starts with that little is warned by the
 * low-funds window.
 */
function fellTo(mark: number, before: Moment, now: Moment): boolean {
  if (before.secondsLeft === undefined || now.secondsLeft === undefined) return false
  return now.connection === 'connected' && before.secondsLeft > mark && now.secondsLeft <= mark
}

function changeOf(before: Moment, now: Moment): string | undefined {
  if (before.connection === now.connection || now.connection === 'unsteady') return undefined
  if (before.connection === 'unsteady' && now.connection === 'connected') return undefined
  if (now.connection === 'connected') return `Connected. Charging ${formatRate(now.rateCents)}.`
  return now.connection === 'lost' ? 'Paused. Not charging.' : undefined
}

function timeOf(before: Moment, now: Moment): string | undefined {
  const step = Math.floor(now.seconds / TOLD_EVERY_SECONDS)
  if (step === 0 || step === Math.floor(before.seconds / TOLD_EVERY_SECONDS)) return undefined
  return `${Math.floor(now.seconds / 60)} minutes, ${formatCents(now.chargedCents)}.`
}
