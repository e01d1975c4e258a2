/**
 * Holds what every commit that touches a running session shares: money moves by the meter's rules
 * alone.
 */
import type * as billing from '../../domain/billing.ts'
import type {
  EndedSession,
  LiveSession,
  OpenSession,
  PausedSession,
  StartedSession,
} from '../../domain/session.ts'
import * as session from '../../domain/session.ts'
import { mayBeFree } from '../../domain/spending.ts'
import type { ClockView, EndReason, PauseCause } from '../../shared/protocol/session.ts'
import type { TellingTx } from '../commit.ts'
import type { View } from '../ports.ts'
import { clientOf, createChargeUpTo } from './charge-up-to.ts'
import { createEnding } from './ending.ts'
import type { Evidence } from './evidence.ts'
import { createSessionClock } from './session-clock.ts'

export interface Charging {
  /** Returns a session's meter as its client may see it. */
  clockOf(view: View, open: OpenSession): ClockView
  /** Charges up to `to`, prompts when due, and ends the session when the money is gone. */
  chargeUpTo(
    tx: TellingTx,
    live: LiveSession,
    to: number,
    how: billing.Settling,
  ): StartedSession | EndedSession
  /**
   * Prompts again where that is due, and sends both how long the money lasts, after the client's
   * wallet has moved.
   */
  refresh(tx: TellingTx, started: StartedSession): void
  pause(tx: TellingTx, live: LiveSession, lastGoodAt: number, cause: PauseCause): PausedSession | EndedSession
  /** Starts the meter at `at`, or at the instant of the commit. */
  start(tx: TellingTx, ready: session.AcceptedSession | PausedSession, at?: number): LiveSession
  /**
   * [B19] Moves the start of a pause to `until`: a late proof shows that both were connected for
   * longer.
   */
  extend(tx: TellingTx, paused: PausedSession, until: number): PausedSession | EndedSession
  /** Ends the session as of `at`, the instant at which a user asked for it, or as of the commit. */
  end(tx: TellingTx, open: OpenSession, reason: EndReason, at?: number | undefined): EndedSession
}

export interface ChargingParts {
  terms: billing.Terms
  /** [B17] Bounds how often a connection may be lost; beyond it the session ends. */
  maxInterruptions: number
  /**
   * Proof of the pages, and a silence that is due to be noticed: a process that was held up must
   * not bill it.
   */
  evidence: Pick<Evidence, 'provenUntil' | 'causeOf' | 'sentMsOf' | 'silence'>
}

export function createCharging(parts: ChargingParts): Charging {
  const { terms, maxInterruptions, evidence } = parts
  const chargeUpTo = createChargeUpTo(terms)
  const sessionClock = createSessionClock(parts)
  const { close, finish, runDry } = createEnding({ terms, evidence, sessionClock, chargeUpTo })
  const { clockOf, prompt, provenAt, tellClock } = sessionClock

  const advance: Charging['chargeUpTo'] = (tx, live, to, how) => {
    const until = provenAt(live, to)
    const settlement = chargeUpTo(tx, live, until, how)
    if (settlement.ranDry) return runDry(tx, settlement.session)
    const next = prompt(tx, settlement.session, until)
    tx.putSession(next)
    if (next.chargedCents > live.chargedCents) tellClock(tx, next)
    return next
  }

  const put = <S extends StartedSession>(tx: TellingTx, changed: S): S => {
    tx.putSession(changed)
    tx.tell({ type: 'updated', session: changed })
    tellClock(tx, changed)
    return changed
  }

  const pause: Charging['pause'] = (tx, live, lastGoodAt, cause) => {
    const settlement = chargeUpTo(tx, live, provenAt(live, lastGoodAt), 'partial')
    if (settlement.ranDry) return runDry(tx, settlement.session)
    const paused = session.pause(settlement.session, cause, tx.now)
    const isLost = cause !== 'server_stopped' && session.interruptions(paused) > maxInterruptions
    return isLost ? close(tx, paused, 'connection_lost') : put(tx, paused) // [B17]
  }

  /** [B2] Treats a silence that is noticed late as if it had been noticed in time. */
  const noticed = <S extends OpenSession>(tx: TellingTx, open: S): S | PausedSession | EndedSession => {
    const silence = open.status === 'live' ? evidence.silence(open.id) : undefined
    if (!silence || open.status !== 'live') return open
    const advanced = advance(tx, open, silence.noticedAt - 1, 'tick')
    return advanced.status === 'live' ? pause(tx, advanced, silence.heardAt, silence.cause) : advanced
  }

  const begin = (tx: TellingTx, accepted: session.AcceptedSession, at: number): LiveSession => {
    const client = clientOf(tx, accepted)
    const live = session.start(accepted, at, mayBeFree(client, at, terms))
    return { ...live, balanceBeforeCents: client.balanceCents }
  }

  return {
    clockOf,

    chargeUpTo(tx, live, to, how) {
      const open = noticed(tx, live)
      return open.status === 'live' ? advance(tx, open, to, how) : open
    },

    refresh(tx, started) {
      const next = prompt(tx, started, provenAt(started, tx.now))
      tx.putSession(next)
      tellClock(tx, next)
    },

    pause(tx, live, lastGoodAt, cause) {
      const open = noticed(tx, live)
      return open.status === 'live' ? pause(tx, open, lastGoodAt, cause) : open
    },

    start(tx, ready, shownAt) {
      const at = shownAt ?? tx.now
      const live = ready.status === 'paused' ? resume(ready, at, shownAt !== undefined) : begin(tx, ready, at)
      return put(tx, prompt(tx, live, at))
    },

    extend(tx, paused, until) {
      const settlement = chargeUpTo(tx, session.goOn(paused), until, 'partial')
      if (settlement.ranDry) return runDry(tx, settlement.session)
      return put(tx, session.pause(settlement.session, session.pauseCause(paused), paused.pausedAt))
    },

    end(tx, given, reason, at = tx.now) {
      const open = noticed(tx, given)
      if (open.status === 'ended') return open
      return session.isStarted(open) ? close(tx, open, reason, at) : finish(tx, open, reason)
    },
  }
}

/**
 * [B19] Resumes the session. One that is proven to go on from the start of its pause was not
 * interrupted at all.
 */
const resume = (paused: PausedSession, at: number, isProven: boolean): LiveSession =>
  isProven && at <= session.pausedSince(paused) ? session.goOn(paused) : session.resume(paused, at)
