/** What every commit that touches a running session shares: money moves by the meter's rules, and by these alone. */
import * as billing from '../../domain/billing.ts'
import type { Client } from '../../domain/client.ts'
import { invariant } from '../../domain/errors.ts'
import { entry } from '../../domain/ledger.ts'
import type {
  EndedSession,
  LiveSession,
  OpenSession,
  PausedSession,
  StartedSession,
} from '../../domain/session.ts'
import * as session from '../../domain/session.ts'
import { fundsFor, mayHaveCourtesy, nextTurn, noteCourtesy, noteSpending } from '../../domain/spending.ts'
import { noteUnbilled, unbilledIn } from '../../domain/unbilled.ts'
import { cents } from '../../shared/money.ts'
import type { ClockView, EndReason, PauseCause } from '../../shared/protocol/session.ts'
import type { TellingTx } from '../commit.ts'
import type { Tx, View } from '../ports.ts'

export interface Settlements {
  /** Where a session's meter stands, as its client may see it. */
  clockOf(view: View, started: StartedSession): ClockView
  /** Settles to `to`, prompts when due, and ends the session when the money is gone. */
  advance(tx: TellingTx, live: LiveSession, to: number, how: billing.Settling): StartedSession | EndedSession
  /** After the client's wallet has moved: prompts anew where that is due, and tells both how long the money lasts. */
  refresh(tx: TellingTx, started: StartedSession): void
  pause(tx: TellingTx, live: LiveSession, lastGoodAt: number, cause: PauseCause): PausedSession | EndedSession
  /** Sets the meter going from `at` on; from the instant of the commit where it is left out. */
  start(tx: TellingTx, ready: session.AcceptedSession | PausedSession, at?: number): LiveSession
  /** [B19] A late proof shows that both were connected for longer than the pause says: it begins at `until`. */
  extend(tx: TellingTx, paused: PausedSession, until: number): PausedSession | EndedSession
  /** Ends it as of `at`, when somebody asked for it; as of the instant of the commit where that is left out. */
  end(tx: TellingTx, open: OpenSession, reason: EndReason, at?: number | undefined): EndedSession
}

/** What is known of the two pages of a running session. */
export interface Evidence {
  /** [B18] How far both have proven to be connected, from where the meter stands; Infinity where neither page proves anything. */
  provenUntil(live: LiveSession): number
  /** Why they are not connected now. */
  causeOf(live: LiveSession): PauseCause
  /** [B22] How long the reader's pages say that they have sent to the client. */
  sentMsOf(sessionId: string): number
}

const NO_EVIDENCE: Evidence = { provenUntil: () => Infinity, causeOf: () => 'connection', sentMsOf: () => 0 }

/** A session that ends within this time of the last proof ends there, without a pause. */
const UNPROVEN_END_MS = 1_000

/** Somebody in a running session was last heard at `heardAt`; whoever is awake notices at `noticedAt`. */
export interface Silence {
  readonly heardAt: number
  readonly noticedAt: number
  readonly cause: PauseCause
}

/**
 * `silenceOf` tells of a silence that is due to be noticed: a process that was held up must not bill it. A connection that
 * is lost more than `maxInterruptions` times ends the session.
 */
export function createSettlements(
  terms: billing.Terms,
  silenceOf: (sessionId: string) => Silence | undefined = () => undefined,
  maxInterruptions: number = session.MAX_INTERRUPTIONS,
  evidence: Evidence = NO_EVIDENCE,
): Settlements {
  /** [B18] Nothing is settled beyond what both pages have proven. */
  const proven = (open: StartedSession, at: number): number =>
    open.status === 'live' ? Math.min(at, evidence.provenUntil(open)) : at

  /**
   * [B2] Posts what is due and tells of it, without looking at what the rest of the commit must do. What was used before
   * the client's allowance changed by itself counts before, however late anybody looks.
   */
  const settle = <S extends StartedSession>(
    tx: TellingTx,
    open: S,
    to: number,
    how: billing.Settling,
  ): billing.Settlement<S> => {
    const turn = turnOf(tx, open)
    if (turn > to) return settleStretch(tx, open, to, how)
    const before = settleStretch(tx, open, turn - 1, 'partial')
    return before.ranDry ? before : settle(tx, before.session, to, how)
  }

  const settleStretch = <S extends StartedSession>(
    tx: TellingTx,
    open: S,
    to: number,
    how: billing.Settling,
  ) => {
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

  const prompt = <S extends StartedSession>(tx: TellingTx, started: S, at = tx.now): S => {
    const funds = fundsOf(tx, started, at)
    const { prompted, due } = billing.prompting(started, at, funds, terms)
    const balanceCents = billing.runningBalance(started, at, funds, terms)
    const secondsLeft = Math.floor(billing.msLeft(started, at, funds, terms) / 1000)
    if (due) tx.tell({ type: 'low', session: started, balanceCents, secondsLeft })
    if (prompted.funds === started.prompted.funds && prompted.minute === started.prompted.minute)
      return started
    return { ...started, prompted }
  }

  const finish = (tx: TellingTx, settled: OpenSession, reason: EndReason, at = tx.now): EndedSession => {
    const ended = {
      ...session.end(settled, reason, at),
      ...(session.isStarted(settled) ? { balanceAfterCents: clientOf(tx, settled).balanceCents } : {}),
    }
    tx.putSession(ended)
    if (session.isStarted(settled) && settled.courtesy && ended.billedMs < terms.courtesyMs) {
      tx.putUser(noteCourtesy(clientOf(tx, settled), tx.now))
    }
    const unbilledMs = unbilledIn(evidence.sentMsOf(ended.id), ended.billedMs)
    if (unbilledMs > 0) tx.putUser(noteUnbilled(clientOf(tx, settled), unbilledMs, tx.now))
    tx.tell({ type: 'updated', session: ended })
    tx.tell({ type: 'ended', session: ended, ...(unbilledMs > 0 ? { unbilledMs } : {}) })
    const reader = tx.user(ended.readerId)
    const available = reader?.role === 'reader' && reader.available
    tx.tell({ type: 'reader-status', readerId: ended.readerId, status: available ? 'available' : 'offline' })
    return ended
  }

  /** Settles a session that has begun up to this instant, and ends it. */
  const close = (tx: TellingTx, open: StartedSession, reason: EndReason, at = tx.now): EndedSession => {
    const how = reason === 'client_ended' || reason === 'reader_ended' ? 'hangup' : 'cut'
    const settlement = settle(tx, open, proven(open, at), how)
    if (settlement.ranDry) return runDry(tx, settlement.session)
    const [settled, endedAt] = endOf(settlement.session, at)
    return finish(tx, settled, reason, endedAt)
  }

  /** Where a session that is settled ends: at the last proof, or in a pause that began there. */
  const endOf = (settled: StartedSession, at: number): [StartedSession, number] => {
    if (settled.status === 'paused') return [settled, Math.max(at, settled.pausedAt)]
    if (settled.settledAt >= at) return [settled, settled.settledAt]
    if (at - settled.settledAt <= UNPROVEN_END_MS) return [settled, settled.settledAt]
    return [session.pause(settled, evidence.causeOf(settled), at), at]
  }

  /** There is no money left that the session may take: the balance is gone, or a limit of the client's is reached. */
  const runDry = (tx: TellingTx, settled: StartedSession): EndedSession =>
    finish(tx, settled, clientOf(tx, settled).balanceCents > 0 ? 'limit_reached' : 'out_of_funds')

  const tellClock = (tx: TellingTx, started: StartedSession): void =>
    tx.tell({ type: 'clock', session: started, clock: clockOf(tx, started) })

  const clockOf = (view: View, started: StartedSession): ClockView =>
    billing.clockView(started, proven(started, view.now), fundsOf(view, started), terms)

  const advance = (tx: TellingTx, live: LiveSession, to: number, how: billing.Settling) => {
    const until = proven(live, to)
    const settlement = settle(tx, live, until, how)
    if (settlement.ranDry) return runDry(tx, settlement.session)
    const next = prompt(tx, settlement.session, until)
    tx.putSession(next)
    if (next.chargedCents > live.chargedCents) tellClock(tx, next)
    return next
  }

  const pause = (tx: TellingTx, live: LiveSession, lastGoodAt: number, cause: PauseCause) => {
    const settlement = settle(tx, live, proven(live, lastGoodAt), 'partial')
    if (settlement.ranDry) return runDry(tx, settlement.session)
    const paused = session.pause(settlement.session, cause, tx.now)
    const isLost = cause !== 'server_stopped' && session.interruptions(paused) > maxInterruptions
    if (isLost) return close(tx, paused, 'connection_lost') // [B17]
    tx.putSession(paused)
    tx.tell({ type: 'updated', session: paused })
    tellClock(tx, paused)
    return paused
  }

  /** [B2] A silence that is noticed late is treated as if somebody had been awake to notice it in time. */
  const noticed = <S extends OpenSession>(tx: TellingTx, open: S): S | PausedSession | EndedSession => {
    const silence = open.status === 'live' ? silenceOf(open.id) : undefined
    if (!silence || open.status !== 'live') return open
    const advanced = advance(tx, open, silence.noticedAt - 1, 'tick')
    return advanced.status === 'live' ? pause(tx, advanced, silence.heardAt, silence.cause) : advanced
  }

  const begin = (tx: Tx, accepted: session.AcceptedSession, at: number): LiveSession => {
    const client = clientOf(tx, accepted)
    const live = session.start(accepted, at, mayHaveCourtesy(client, at, terms))
    return { ...live, balanceBeforeCents: client.balanceCents }
  }

  /** [B19] One that has been shown to go on from where its pause began was not interrupted at all. */
  const resume = (paused: PausedSession, at: number, isProven: boolean): LiveSession =>
    isProven && at <= session.pausedSince(paused) ? session.goOn(paused) : session.resume(paused, at)

  return {
    clockOf,

    advance(tx, live, to, how) {
      const open = noticed(tx, live)
      return open.status === 'live' ? advance(tx, open, to, how) : open
    },

    refresh(tx, started) {
      const next = prompt(tx, started, proven(started, tx.now))
      tx.putSession(next)
      tellClock(tx, next)
    },

    pause(tx, live, lastGoodAt, cause) {
      const open = noticed(tx, live)
      return open.status === 'live' ? pause(tx, open, lastGoodAt, cause) : open
    },

    start(tx, ready, provenAt) {
      const at = provenAt ?? tx.now
      const isProven = provenAt !== undefined
      const live = ready.status === 'paused' ? resume(ready, at, isProven) : begin(tx, ready, at)
      const next = prompt(tx, live, at)
      tx.putSession(next)
      tx.tell({ type: 'updated', session: next })
      tellClock(tx, next)
      return next
    },

    extend(tx, paused, until) {
      const settlement = settle(tx, session.goOn(paused), until, 'partial')
      if (settlement.ranDry) return runDry(tx, settlement.session)
      const next = session.pause(settlement.session, session.pauseCause(paused), paused.pausedAt)
      tx.putSession(next)
      tx.tell({ type: 'updated', session: next })
      tellClock(tx, next)
      return next
    },

    end(tx, given, reason, at = tx.now) {
      const open = noticed(tx, given)
      if (open.status === 'ended') return open
      return session.isStarted(open) ? close(tx, open, reason, at) : finish(tx, open, reason)
    },
  }
}

/** What a session may take of its client's balance at an instant: that of the view where none is given. */
export function fundsOf(view: View, open: OpenSession, at = view.now): billing.Funds {
  return fundsFor(open, clientOf(view, open), at)
}

/** When the client's allowance next changes by itself, reckoned from where a running meter is settled; else Infinity. */
export function turnOf(view: View, open: OpenSession): number {
  return open.status === 'live' ? nextTurn(clientOf(view, open), open.settledAt + 1) : Infinity
}

/** The instant to which a settlement comes: nothing is taken back, and what a pause has stopped stays where it stopped. */
function settlingAt(started: StartedSession, to: number): number {
  return started.status === 'live' ? Math.max(to, started.settledAt) : session.pausedSince(started)
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
