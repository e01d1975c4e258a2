/** Words each payment in the list. */
import { formatCents } from '../../shared/money.ts'
import type { AutoTopUpView, PaymentView } from '../../shared/protocol/views.ts'

/** Returns the status of a payment in a few words; pending is called pending. */
export function sayStatus(payment: PaymentView): string {
  const { status, amountCents, reversedCents = 0, disputed, declined } = payment
  if (disputed) return 'Disputed'
  if (reversedCents >= amountCents) return 'Refunded'
  if (reversedCents > 0) return `${formatCents(reversedCents)} refunded`
  if (status === 'succeeded') return 'Added'
  if (declined) return 'Declined, nothing taken'
  return status === 'pending' ? 'Pending' : 'Not paid'
}

/** Returns the same as a sentence, with the amount. */
export function sayOutcome(payment: PaymentView): string {
  const { amountCents, reversedCents = 0, status, disputed, declined } = payment
  const amount = formatCents(amountCents)
  if (disputed) return `${amount} was added. The bank is now reviewing it.`
  if (reversedCents >= amountCents) return `${amount} was added, and all of it was refunded.`
  if (reversedCents > 0) return `${amount} was added, and ${formatCents(reversedCents)} of it was refunded.`
  if (status === 'succeeded') return `${amount} was added to your balance.`
  if (declined) return `The bank declined ${amount}. Nothing was taken.`
  return status === 'pending'
    ? `${amount} is still being confirmed. It is added as soon as it clears.`
    : `${amount} was not paid, and nothing was taken.`
}

export function sayDebt(debtCents: number): string {
  return `${formatCents(debtCents)} of your payments was reversed after you had spent it. The next money you add pays this first.`
}

export const FROZEN =
  'Your account is on hold. Until that is settled you can’t add funds or start sessions. Your balance is safe. Contact support.'

export function sayAutomatic({
  amountCents,
  thresholdCents,
  dailyCapCents,
  resting,
  waiting,
}: AutoTopUpView): string {
  const what = `${formatCents(amountCents)} is added when your balance is at ${formatCents(thresholdCents)} or below, at most ${formatCents(dailyCapCents)} a day.`
  if (waiting)
    return `${what} It starts once your account is a day old and one of your payments has gone through.`
  return resting ? `${what} Paused: your bank declined the last charge. Add funds or turn it on again.` : what
}
