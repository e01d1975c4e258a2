/** Words the earnings that the chart shows. */
import { formatCents } from '../../shared/money.ts'
import type { EarningsDay, EarningsView } from '../../shared/protocol/views.ts'
import { formatCalendarDay } from '../lib/format.ts'

/** Returns a sentence about the last seven days and how they compare with the seven before. */
export function sayWeek({ weekCents, weekBeforeCents }: EarningsView): string {
  const difference = weekCents - weekBeforeCents
  const week = `${formatCents(weekCents)} in the last 7 days`
  if (difference === 0) return `${week}, the same as in the 7 before.`
  return `${week}, ${difference > 0 ? 'up' : 'down'} ${formatCents(Math.abs(difference))}.`
}

/** Returns the words for one day of the chart: `"Sun, Nov 22: $12.50 in 2 sessions"`. */
export function sayDay({ day, cents, sessions }: EarningsDay): string {
  if (sessions === 0) return `${formatCalendarDay(day)}: no sessions`
  return `${formatCalendarDay(day)}: ${formatCents(cents)} in ${sessions === 1 ? '1 session' : `${sessions} sessions`}`
}
