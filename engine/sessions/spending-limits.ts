/** Sets the limits that clients put on their own spending, for a day or a session. */
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { isStarted, limit, type OpenSession } from '../../domain/session.ts'
import { changeDailyLimit, dailyLimit, dayBook } from '../../domain/spending.ts'
import { type Cents, cents } from '../../shared/money.ts'
import type { LimitsView } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import { openClientIn } from '../payments/top-up-records.ts'
import type { Store, View } from '../ports.ts'
import type { Charging } from './charging.ts'

export interface Limits {
  of(client: Client): Promise<LimitsView>
  /**
   * Sets the limit of a day. A lower one holds at once, in a running session too; a higher one, or
   * none (`undefined`), after a day.
   */
  setDaily(client: Client, limitCents: number | undefined): Promise<LimitsView>
  /** Sets where this session is to stop. Throws the refusals `not_found`, `forbidden`. */
  setForSession(client: Client, sessionId: string, limitCents: number | undefined): Promise<OpenSession>
}

/** Creates the spending limits. */
export function createLimits(parts: { act: Act; store: Store; charging: Charging }): Limits {
  const { act, store, charging } = parts

  const put = (tx: TellingTx, open: OpenSession): void =>
    isStarted(open) ? charging.refresh(tx, open) : tx.putSession(open)

  /**
   * [B2] Charges what is due before the limit changes: a limit never reaches back, however late
   * that is.
   */
  const chargeFirst = (tx: TellingTx, open: OpenSession | undefined): void => {
    if (open?.status === 'live') charging.chargeUpTo(tx, open, tx.now, 'tick')
  }

  return {
    of: ({ id }) => store.read((view) => viewLimits(mustBeClient(view, id), view.now)),

    setDaily: ({ id }, limitCents) =>
      act((tx) => {
        chargeFirst(tx, tx.openSessionOf(id))
        const client = mustBeClient(tx, id)
        const changed = { ...client, dailyLimit: changeDailyLimit(client, toCents(limitCents), tx.now) }
        tx.putUser(changed)
        const open = tx.openSessionOf(id)
        if (open) put(tx, open)
        return viewLimits(changed, tx.now)
      }),

    setForSession: ({ id }, sessionId, limitCents) =>
      act((tx) => {
        mustBeClientOf(tx.openSession(sessionId), id)
        chargeFirst(tx, tx.openSession(sessionId))
        const open = mustBeClientOf(tx.openSession(sessionId), id)
        const limited = limit(open, toCents(limitCents))
        put(tx, limited)
        return limited
      }),
  }
}

const toCents = (amount: number | undefined): Cents | undefined =>
  amount === undefined ? undefined : cents(amount)

function mustBeClient(view: View, id: string): Client {
  const client = view.user(id)
  if (client?.role !== 'client') throw new Refusal('forbidden', 'Only clients set limits.')
  return openClientIn(view, id)
}

function mustBeClientOf(open: OpenSession | undefined, id: string): OpenSession {
  if (!open) throw new Refusal('not_found', 'There is no such open session.')
  if (open.clientId !== id) throw new Refusal('forbidden', 'Only the session’s client can set its limit.')
  return open
}

function viewLimits(client: Client, at: number): LimitsView {
  const now = dailyLimit(client, at)
  const raise = client.dailyLimit?.raise
  const pending = raise && raise.from > at ? raise : undefined
  return {
    spentTodayCents: dayBook(client, at).spentCents,
    ...(now === undefined ? {} : { dailyLimitCents: now }),
    ...(pending
      ? {
          raise: {
            from: pending.from,
            ...(pending.cents === undefined ? {} : { dailyLimitCents: pending.cents }),
          },
        }
      : {}),
  }
}
