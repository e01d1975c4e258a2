/** Writes paid time as exactly as the charge beside it needs. */
import { type Billed, billedSeconds } from '../../shared/billed-time.ts'
import type { ChargeLine } from '../session/summary/figures.ts'
import { formatClock, formatSpan } from './format.ts'

/** Returns what a session had been billed up to one of its charges. */
export function billedBy(
  { rateCents }: Pick<Billed, 'rateCents'>,
  { billedMs, totalCents }: BilledLine,
): Billed {
  return { rateCents, billedMs, chargedCents: totalCents }
}

type BilledLine = Pick<ChargeLine, 'billedMs' | 'totalCents'>

/** Returns what follows the whole seconds: `".9"`, or nothing. */
export function fractionOf(billed: Billed): string {
  const [, decimals] = billedSeconds(billed).split('.')
  return decimals === undefined ? '' : `.${decimals}`
}

/** Returns a clock: `"03:34.9"`. */
export function formatBilledClock(billed: Billed & { durationSeconds?: number }): string {
  return `${formatClock(billed.durationSeconds ?? billed.billedMs / 1000)}${fractionOf(billed)}`
}

/** Returns a span: `"3 min 34.9 s"`. */
export function formatBilledSpan(billed: Billed): string {
  const fraction = fractionOf(billed)
  const whole = Math.floor(billed.billedMs / 1000)
  if (fraction === '') return formatSpan(whole)
  const minutes = Math.floor(whole / 60)
  return `${minutes === 0 ? '' : `${minutes} min `}${whole % 60}${fraction} s`
}
