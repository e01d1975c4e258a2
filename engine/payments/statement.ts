/** Writes the operator's statement of a client: every movement of the balance, oldest first. */
import type { Client, DayBook } from '../../domain/client.ts'
import type { Session } from '../../domain/session.ts'
import { type TopUp, takenElsewhereCents } from '../../domain/top-up.ts'
import { formatCents, NO_CENTS } from '../../shared/money.ts'
import { DAY_MS } from '../../shared/time.ts'

interface Line {
  readonly at: number
  /** Change of the client's balance less the debt. */
  readonly cents: number
  readonly words: string
}

/**
 * Returns everything that moved a client's balance, oldest first, with the sum that must be the
 * balance less the debt.
 */
export function statementOf(client: Client, sessions: readonly Session[]): string {
  const lines = [
    ...client.topUps.flatMap(linesOfTopUp),
    ...(client.adjustments ?? []).map(({ at, kind, by, why, cents = 0 }) => ({
      at,
      cents,
      words: `${kind} by ${by}: ${why}`,
    })),
    ...sessions.flatMap(linesOfSession),
  ].sort((one, other) => one.at - other.at)
  let sum = 0
  const written = lines.map(({ at, cents, words }) => {
    sum += cents
    return `${new Date(at).toISOString()}  ${amount(cents)}  ${amount(sum)}  ${words}`
  })
  return [...written, ...closing(client, sum)].join('\n')
}

function linesOfTopUp(topUp: TopUp): Line[] {
  const { amountCents, createdAt, creditedAt = createdAt, status, paymentIntentId = 'no payment' } = topUp
  const kind = topUp.kind ?? 'form'
  const tried = `top-up ${formatCents(amountCents)} (${kind}), ${paymentIntentId}, ${status}`
  if (status !== 'succeeded') return [{ at: createdAt, cents: 0, words: tried }]
  const refunds = topUp.refunds ?? []
  const elsewhere = takenElsewhereCents(topUp)
  return [
    { at: creditedAt, cents: amountCents, words: tried },
    ...refunds.map(({ at, cents, status: outcome, by, why }) => ({
      at,
      cents: outcome === 'failed' ? 0 : -cents,
      words: `refund ${formatCents(cents)} of ${paymentIntentId}, ${outcome}, by ${by}: ${why}`,
    })),
    ...(elsewhere === 0
      ? []
      : [{ at: creditedAt, cents: -elsewhere, words: `taken back of ${paymentIntentId} at Stripe` }]),
  ]
}

function linesOfSession(session: Session): Line[] {
  if (!('charges' in session)) return []
  const { id, readerName, charges } = session
  const words = (minute: number) => `session ${id} with ${readerName}, minute ${minute}`
  return charges.map(({ at, cents, minute }) => ({ at, cents: -cents, words: words(minute) }))
}

function closing({ balanceCents, debtCents = NO_CENTS, email, id, dayBook }: Client, sum: number): string[] {
  const held = balanceCents - debtCents
  const debt = debtCents > 0 ? `, debt ${formatCents(debtCents)}` : ''
  const agrees = sum === held ? 'agrees' : `DISAGREES with ${formatCents(held)}`
  return [
    ...unbilledOn(dayBook),
    `${email} (${id}): balance ${formatCents(balanceCents)}${debt}; the lines sum to ${formatCents(sum)}: ${agrees}`,
  ]
}

/** [B22] Returns a line with the day's unbilled time, where there was any. */
function unbilledOn(book: DayBook | undefined): string[] {
  if (!book?.unbilledMs) return []
  const day = new Date(book.day * DAY_MS).toISOString().slice(0, 10)
  return [`on ${day}, ${Math.ceil(book.unbilledMs / 1000)} s of media reached the client unbilled`]
}

function amount(cents: number): string {
  return formatCents(cents).padStart(12)
}
