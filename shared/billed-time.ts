/** Writes the paid time so exactly that it multiplies out to the charge. */
import { formatCents } from './money.ts'
import { MINUTE_MS } from './time.ts'

export interface Billed {
  readonly rateCents: number
  readonly billedMs: number
  readonly chargedCents: number
  /** Length of a billed minute; 60 seconds by default. */
  readonly intervalMs?: number | undefined
}

const DECIMALS = [1, 2, 3]

/**
 * Returns the seconds: whole where they are, else cut off after as few decimals as the charge can
 * be computed from.
 */
export function billedSeconds(billed: Billed): string {
  const { billedMs } = billed
  if (billedMs % 1000 === 0) return String(billedMs / 1000)
  const enough = DECIMALS.find(
    (decimals) => owedAt(billed, cutOff(billedMs, decimals)) === billed.chargedCents,
  )
  const decimals = enough ?? 1
  return (cutOff(billedMs, decimals) / 1000).toFixed(decimals)
}

/** Returns how a charge is computed, for a person with a calculator. */
export function sayCalculation(billed: Billed): string {
  const { rateCents, billedMs, chargedCents, intervalMs = MINUTE_MS } = billed
  const rate = formatCents(rateCents)
  if (isTimeTimesRate(billed)) {
    return `${billedSeconds(billed)} s ÷ ${intervalMs / 1000} s × ${rate}, rounded down to the cent`
  }
  const started = Math.ceil(billedMs / intervalMs)
  if (chargedCents === rateCents * started)
    return `${started} minute${started === 1 ? '' : 's'} started × ${rate}`
  const whole = Math.floor(billedMs / intervalMs)
  if (chargedCents === 0) return 'not charged: it was too short'
  if (chargedCents === rateCents * whole) return `${whole} whole minute${whole === 1 ? '' : 's'} × ${rate}`
  return 'all that could be spent'
}

/** Returns true where the charge is the rate times the time, rounded down to the cent. */
export function isTimeTimesRate(billed: Billed): boolean {
  return billed.chargedCents === owedAt(billed, billed.billedMs)
}

function owedAt({ rateCents, intervalMs = MINUTE_MS }: Billed, ms: number): number {
  return Math.floor((rateCents * ms) / intervalMs)
}

function cutOff(ms: number, decimals: number): number {
  const step = 10 ** (3 - decimals)
  return Math.floor(ms / step) * step
}
