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
import { type Cents, cents } from '../shared/money.ts'
import type { EndReason, PauseCause } from '../shared/protocol.ts'
import type { Announce } from './events.ts'
import type { Tx, View } from './ports.ts'

export interface Settlements {
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
    const settlement = billing.settle(open, to, walletOf(tx, open), how, terms)
    let number = open.charges.length
    for (const step of settlement.steps) {
      number += 1
      tx.post(
        entry(`charge:${open.id}:${number}`, `wallet:${open.clientId}`, cents(step.charge.cents), [
          { account: `earnings:${open.readerId}`, cents: step.readerCents },
          { account: 'house', cents: cents(step.charge.cents - step.readerCents) },
        ]),
      )
      const { charge, chargedCents, earnedCents, walletCents } = step
      tell({
        type: 'charged',
        session: settlement.session,
        charge,
        chargedCents,
        earnedCents,
        balanceCents: walletCents,
      })
    }
    if (settlement.steps.length > 0) {
      tell({ type: 'balance', userId: open.clientId, balanceCents: settlement.walletCents })
    }
    return settlement
  }

  const prompt = <S extends StartedSession>(tx: Tx, tell: Announce, live: S): S => {
    const wallet = walletOf(tx, live)
    const { prompted, due } = billing.prompting(live, tx.now, wallet, terms)
    const balanceCents = billing.runningBalance(live, tx.now, wallet, terms)
    const secondsLeft = Math.floor(billing.msLeft(live, tx.now, wallet, terms) / 1000)
    if (due) tell({ type: 'low', session: live, balanceCents, secondsLeft })
    return { ...live, prompted }
  }

  const finish = (tx: Tx, tell: Announce, settled: OpenSession, reason: EndReason): EndedSession => {
    const ended = session.end(settled, reason, tx.now)
    tx.putSession(ended)
    tell({ type: 'updated', session: ended })
    tell({ type: 'ended', session: ended })
    const reader = tx.user(ended.readerId)
    const available = reader?.role === 'reader' && reader.available
    tell({ type: 'reader-status', readerId: ended.readerId, status: available ? 'available' : 'offline' })
    return ended
  }

  const tellClock = (tx: Tx, tell: Announce, started: StartedSession): void =>
    tell({ type: 'clock', session: started, at: tx.now, balanceCents: walletOf(tx, started) })

  return {
    advance(tx, tell, live, to, how) {
      const settlement = settle(tx, tell, live, to, how)
      if (settlement.ranDry) return finish(tx, tell, settlement.session, 'out_of_funds')
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
      if (settlement.ranDry) return finish(tx, tell, settlement.session, 'out_of_funds')
      const paused = session.pause(settlement.session, cause, tx.now)
      tx.putSession(paused)
      tell({ type: 'updated', session: paused })
      tellClock(tx, tell, paused)
      return paused
    },

    start(tx, tell, ready) {
      const live = ready.status === 'paused' ? session.resume(ready, tx.now) : session.start(ready, tx.now)
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
      return finish(tx, tell, settlement.session, settlement.ranDry ? 'out_of_funds' : reason)
    },
  }
}

/** The balance of an open session's client. */
export function walletOf(view: View, { clientId }: OpenSession): Cents {
  const client = view.user(clientId)
  invariant(client?.role === 'client', `the client ${clientId} of an open session is missing`)
  return client.balanceCents
}
