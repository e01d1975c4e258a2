/** What every commit that touches a running session shares: money moves by the meter's rules, and by these alone. */
import * as billing from '../domain/billing.ts'
import { invariant } from '../domain/errors.ts'
import { entry } from '../domain/ledger.ts'
import type {
  EndedSession,
  LiveSession,
  OpenSession,
  PausedSession,
  StartedSession,
} from '../domain/session.ts'
import * as session from '../domain/session.ts'
import { fundsFor, mayHaveCourtesy, noteCourtesy, noteSpending } from '../domain/spending.ts'
import type { Client } from '../domain/user.ts'
import { cents } from '../shared/money.ts'
import type { ClockView, EndReason, PauseCause } from '../shared/protocol.ts'
import type { Announce } from './events.ts'
import type { Tx, View } from './ports.ts'

export interface Settlements {
  /** Where a session's meter stands, as its client may see it. */
  clockOf(view: View, started: StartedSession): ClockView
  /** Settles to `to`, prompts when due, and ends the session when the money is gone. */
  advance(
    tx: Tx,
    tell: Announce,
    live: LiveSession,
    to: number,
    how: billing.Settling,
  ): LiveSession | EndedSession
  /** After the client's wallet has moved: prompts anew where that is due, and tells both how long the money lasts. */
  refresh(tx: Tx, tell: Announce, started: StartedSession): void
  pause(
    tx: Tx,
    tell: Announce,
    live: LiveSession,
    lastGoodAt: number,
    cause: PauseCause,
  ): PausedSession | EndedSession
  start(tx: Tx, tell: Announce, ready: session.AcceptedSession | PausedSession): LiveSession
  end(tx: Tx, tell: Announce, open: OpenSession, reason: EndReason): EndedSession
}

export function createSettlements(terms: billing.Terms): Settlements {
  /** Posts what is due and tells of it, without looking at what the rest of the commit must do. */
  const settle = <S extends StartedSession>(
    tx: Tx,
    tell: Announce,
    open: S,
    to: number,
    how: billing.Settling,
  ) => {
    const settlement = billing.settle(open, to, fundsOf(tx, open).spendable, how, terms)
    for (const [index, step] of settlement.steps.entries()) {
      post(tx, open, open.charges.length + index + 1, step)
      const { charge, chargedCents, earnedCents } = step
      const { balanceCents } = clientOf(tx, open)
      tell({ type: 'charged', session: settlement.session, charge, chargedCents, earnedCents, balanceCents })
    }
    if (settlement.steps.length > 0) {
      const spent = cents(settlement.session.chargedCents - open.chargedCents)
      tx.putUser(noteSpending(clientOf(tx, open), spent, tx.now))
      tell({ type: 'balance', userId: open.clientId, balanceCents: clientOf(tx, open).balanceCents })
    }
    return settlement
  }

  const prompt = <S extends StartedSession>(tx: Tx, tell: Announce, started: S): S => {
    const funds = fundsOf(tx, started)
    const { prompted, due } = billing.prompting(started, tx.now, funds, terms)
    const balanceCents = billing.runningBalance(started, tx.now, funds, terms)
    const secondsLeft = Math.floor(billing.msLeft(started, tx.now, funds, terms) / 1000)
    if (due) tell({ type: 'low', session: started, balanceCents, secondsLeft })
    return { ...started, prompted }
  }

  const finish = (tx: Tx, tell: Announce, settled: OpenSession, reason: EndReason): EndedSession => {
    const ended = session.end(settled, reason, tx.now)
    tx.putSession(ended)
    if (session.isStarted(settled) && settled.courtesy && ended.billedMs < terms.courtesyMs) {
      tx.putUser(noteCourtesy(clientOf(tx, settled), tx.now))
    }
    tell({ type: 'updated', session: ended })
    tell({ type: 'ended', session: ended })
    const reader = tx.user(ended.readerId)
    const available = reader?.role === 'reader' && reader.available
    tell({ type: 'reader-status', readerId: ended.readerId, status: available ? 'available' : 'offline' })
    return ended
  }

  /** There is no money left that the session may take: the balance is gone, or a limit of the client's is reached. */
  const runDry = (tx: Tx, tell: Announce, settled: StartedSession): EndedSession =>
    finish(tx, tell, settled, clientOf(tx, settled).balanceCents > 0 ? 'limit_reached' : 'out_of_funds')

  const tellClock = (tx: Tx, tell: Announce, started: StartedSession): void =>
    tell({ type: 'clock', session: started, clock: clockOf(tx, started) })

  const clockOf = (view: View, started: StartedSession): ClockView =>
    billing.clockView(started, view.now, fundsOf(view, started), terms)

  return {
    clockOf,

    advance(tx, tell, live, to, how) {
      const settlement = settle(tx, tell, live, to, how)
      if (settlement.ranDry) return runDry(tx, tell, settlement.session)
      const next = prompt(tx, tell, settlement.session)
      tx.putSession(next)
      if (settlement.steps.length > 0) tellClock(tx, tell, next)
      return next
    },

    refresh(tx, tell, started) {
      const next = prompt(tx, tell, started)
      tx.putSession(next)
      tellClock(tx, tell, next)
    },

    pause(tx, tell, live, lastGoodAt, cause) {
      const settlement = settle(tx, tell, live, lastGoodAt, 'partial')
      if (settlement.ranDry) return runDry(tx, tell, settlement.session)
      const paused = session.pause(settlement.session, cause, tx.now)
      tx.putSession(paused)
      tell({ type: 'updated', session: paused })
      tellClock(tx, tell, paused)
      return paused
    },

    start(tx, tell, ready) {
      const live =
        ready.status === 'paused'
          ? session.resume(ready, tx.now)
          : session.start(ready, tx.now, mayHaveCourtesy(clientOf(tx, ready), tx.now, terms))
      const next = prompt(tx, tell, live)
      tx.putSession(next)
      tell({ type: 'updated', session: next })
      tellClock(tx, tell, next)
      return next
    },

    end(tx, tell, open, reason) {
      if (!session.isStarted(open)) return finish(tx, tell, open, reason)
      const how = reason === 'client_ended' || reason === 'reader_ended' ? 'hangup' : 'cut'
      const settlement = settle(tx, tell, open, tx.now, how)
      if (open.status === 'live' && settlement.ranDry) return runDry(tx, tell, settlement.session)
      return finish(tx, tell, settlement.session, reason)
    },
  }
}

/** What a session may take of its client's balance at the instant of the view. */
export function fundsOf(view: View, open: OpenSession): billing.Funds {
  return fundsFor(open, clientOf(view, open), view.now)
}

function clientOf(view: View, { clientId }: OpenSession): Client {
  const client = view.user(clientId)
  invariant(client?.role === 'client', `the client ${clientId} of an open session is missing`)
  return client
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
