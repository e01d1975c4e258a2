/** Moves the money that a session has used, by the rules of the meter. */
import * as billing from '../../domain/billing.ts'
import type { Client } from '../../domain/client.ts'
import { invariant } from '../../domain/errors.ts'
import { entry } from '../../domain/ledger.ts'
import { type OpenSession, pausedSince, type StartedSession } from '../../domain/session.ts'
import { fundsFor, nextTurn, noteSpending } from '../../domain/spending.ts'
import { cents } from '../../shared/money.ts'
import type { TellingTx } from '../commit.ts'
import type { Tx, View } from '../ports.ts'

/**
 * [B2] Posts what is due up to an instant and announces it, without looking at what the rest of the
 * commit must do. Where the client's allowance changed in the meantime (at midnight, say), what was
 * used before that is charged before it, however late that is noticed.
 */
export type ChargeUpTo = <S extends StartedSession>(
  tx: TellingTx,
  open: S,
  to: number,
  how: billing.Settling,
) => billing.Settlement<S>

export function createChargeUpTo(terms: billing.Terms): ChargeUpTo {
  const chargeStretch: ChargeUpTo = (tx, open, to, how) => {
    const { spendable } = fundsOf(tx, open, settlingAt(open, to))
    const settlement = billing.settle(open, to, spendable, how, terms)
    for (const [index, step] of settlement.steps.entries()) {
      post(tx, open, open.charges.length + index + 1, step)
      const { charge, chargedCents, earnedCents } = step
      tx.putUser(noteSpending(clientOf(tx, open), cents(charge.cents), charge.at))
      const { balanceCents } = clientOf(tx, open)
      tx.tell({
        type: 'charged',
        session: settlement.session,
        charge,
        chargedCents,
        earnedCents,
        balanceCents,
      })
    }
    if (settlement.steps.length > 0) {
      tx.tell({ type: 'balance', userId: open.clientId, balanceCents: clientOf(tx, open).balanceCents })
    }
    return settlement
  }

  const chargeUpTo: ChargeUpTo = (tx, open, to, how) => {
    const turn = turnOf(tx, open)
    if (turn > to) return chargeStretch(tx, open, to, how)
    const before = chargeStretch(tx, open, turn - 1, 'partial')
    return before.ranDry ? before : chargeUpTo(tx, before.session, to, how)
  }

  return chargeUpTo
}

/**
 * Returns what a session may take of its client's balance at `at`, or at the view's own instant.
 */
export function fundsOf(view: View, open: OpenSession, at = view.now): billing.Funds {
  return fundsFor(open, clientOf(view, open), at)
}

/**
 * Returns the instant of the next scheduled change of the client's allowance, counted from where a
 * running session is charged; Infinity where there is none.
 */
export function turnOf(view: View, open: OpenSession): number {
  return open.status === 'live' ? nextTurn(clientOf(view, open), open.settledAt + 1) : Infinity
}

export function clientOf(view: View, { clientId }: OpenSession): Client {
  const client = view.user(clientId)
  invariant(client?.role === 'client', `the client ${clientId} of an open session is missing`)
  return client
}

/**
 * Returns the instant up to which to charge: nothing is taken back, and a paused meter does not
 * move.
 */
function settlingAt(started: StartedSession, to: number): number {
  return started.status === 'live' ? Math.max(to, started.settledAt) : pausedSince(started)
}

function post(tx: Tx, { id, clientId, readerId }: OpenSession, number: number, step: billing.Step): void {
  const amount = cents(step.charge.cents)
  tx.post(
    entry(`charge:${id}:${number}`, `wallet:${clientId}`, amount, [
      { account: `earnings:${readerId}`, cents: step.readerCents },
      { account: 'house', cents: cents(amount - step.readerCents) },
    ]),
  )
}
