/** What the list of payments says of each. */
import { formatCents } from '../shared/money.ts'
import type { AutoTopUpView, PaymentView } from '../shared/protocol.ts'

/** Where a payment stands, in a few words; pending is said as pending. */
export function sayStatus(payment: PaymentView): string {
  const { status, amountCents, reversedCents = 0, disputed, declined } = payment
  if (disputed) return 'Disputed'
  if (reversedCents >= amountCents) return 'Refunded'
  if (reversedCents > 0) return `${formatCents(reversedCents)} refunded`
  if (status === 'succeeded') return 'Added'
  if (declined) return 'Declined, nothing taken'
  return status === 'pending' ? 'Pending' : 'Not paid'
}

export function sayDebt(debtCents: number): string {
  return `${formatCents(debtCents)} of your payments was taken back after you had spent it. What you add next pays that first.`
}

export const FROZEN =
  'A payment of yours is in question at the bank. Until that is settled no session can begin. Your balance stays yours.'

export function sayAutomatic({ amountCents, thresholdCents, dailyCapCents, resting }: AutoTopUpView): string {
  const what = `${formatCents(amountCents)} is added when your balance is at ${formatCents(thresholdCents)} or below, at most ${formatCents(dailyCapCents)} a day.`
  return resting
    ? `${what} It rests, because the bank refused the last one: add funds once, or switch it on again.`
    : what
}
