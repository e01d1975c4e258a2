/** Holds what users agree to, in the words that the page shows and the record keeps. */
import { formatCents } from './money.ts'

/**
 * Names the terms and the privacy policy in force, by the day they were written. A new version is
 * put before every user at their next visit.
 */
export const TERMS_VERSION = '2026-11-29'

export const SAVE_CARD_CONSENT = 'Save this card for my next top-ups. I can remove it at any time.'

interface AutoTopUpAmounts {
  readonly amountCents: number
  readonly thresholdCents: number
  readonly dailyCapCents: number
}

export function autoTopUpConsent({ amountCents, thresholdCents, dailyCapCents }: AutoTopUpAmounts): string {
  const [amount, threshold, cap] = [amountCents, thresholdCents, dailyCapCents].map(formatCents)
  return (
    `Charge ${amount} to my default card each time my balance is at ${threshold} or below, or covers no more ` +
    `than two minutes of a session, up to ${cap} a day. I can turn this off at any time.`
  )
}
