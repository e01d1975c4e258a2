/** Lists what a client sees of an account's money: sessions, top-ups, refunds and credits. */
import type { Client } from '../../domain/client.ts'
import type { EndedSession } from '../../domain/session.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { creditsOf, returnsOf } from '../payments/history.ts'

/** One movement of a client's money, or an attempt that failed. */
export interface ActivityEntry {
  readonly at: number
  readonly what: 'session' | 'top-up' | 'sent back' | 'credit'
  /** Id of the session or the top-up. */
  readonly id: string
  /** Cents added to the client's money; negative where it took some. */
  readonly cents: number
  readonly outcome: string
  /** The reader, or the card. */
  readonly with?: string
  readonly kind?: string
  readonly rateCents?: number
  readonly billedMs?: number
}

/**
 * Yields everything that moved a client's money, newest first; `sessions` must come newest first
 * too.
 */
export async function* activityOf(
  client: Client,
  sessions: AsyncIterable<EndedSession>,
): AsyncGenerator<ActivityEntry, void, undefined> {
  const payments = paymentsOf(client)
  let next = 0
  for await (const session of sessions) {
    for (; (payments[next]?.at ?? 0) > session.endedAt; next += 1) yield* payments.slice(next, next + 1)
    yield ofSession(session)
  }
  yield* payments.slice(next)
}

function paymentsOf(client: Client): ActivityEntry[] {
  const credits = creditsOf(client).map(
    (credit): ActivityEntry => ({ ...credit, what: 'credit', outcome: 'made good by SoulSeer' }),
  )
  return [...client.topUps.flatMap(ofTopUp), ...credits].sort((one, other) => other.at - one.at)
}

function ofTopUp(topUp: TopUp): ActivityEntry[] {
  const { id, createdAt, creditedAt = createdAt, amountCents, status, kind = 'form' } = topUp
  const card = topUp.card ?? topUp.declines?.at(-1)?.card
  const about = { id, kind, ...(card ? { with: `${card.brand} ${card.last4}` } : {}) }
  if (status !== 'succeeded') return [{ ...about, at: createdAt, what: 'top-up', cents: 0, outcome: status }]
  const back = returnsOf(topUp).map(
    ({ cents, at = creditedAt }): ActivityEntry => ({
      ...about,
      at,
      what: 'sent back',
      cents: -cents,
      outcome: 'taken from the balance',
    }),
  )
  return [{ ...about, at: creditedAt, what: 'top-up', cents: amountCents, outcome: 'added' }, ...back]
}

function ofSession(session: EndedSession): ActivityEntry {
  const { id, endedAt, readerName, kind, rateCents, billedMs, chargedCents, endReason } = session
  return {
    at: endedAt,
    what: 'session',
    id,
    with: readerName,
    kind,
    rateCents,
    billedMs,
    cents: -chargedCents,
    outcome: endReason,
  }
}
