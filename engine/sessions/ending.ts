/** Ends sessions: charges what is due, records the reason, and frees the reader. */
import type * as billing from '../../domain/billing.ts'
import type { EndedSession, OpenSession, StartedSession } from '../../domain/session.ts'
import * as session from '../../domain/session.ts'
import { noteFreeSession } from '../../domain/spending.ts'
import { noteUnbilled, unbilledIn } from '../../domain/unbilled.ts'
import type { EndReason } from '../../shared/protocol/session.ts'
import type { TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import { type ChargeUpTo, clientOf } from './charge-up-to.ts'
import type { Evidence } from './evidence.ts'
import type { SessionClock } from './session-clock.ts'

/** A session that ends within this time of the last proof ends there, without a pause. */
const UNPROVEN_END_MS = 1_000

export interface Ending {
  /** Charges a session that has started up to `at`, and ends it. */
  close(tx: TellingTx, open: StartedSession, reason: EndReason, at?: number): EndedSession
  /** Ends a session that is charged, or has not started. */
  finish(tx: TellingTx, charged: OpenSession, reason: EndReason, at?: number): EndedSession
  /**
   * Ends a session that may take no more money: the balance is gone, or a limit of the client's is
   * reached.
   */
  runDry(tx: TellingTx, charged: StartedSession): EndedSession
}

export function createEnding(parts: {
  terms: billing.Terms
  evidence: Pick<Evidence, 'causeOf' | 'sentMsOf'>
  sessionClock: SessionClock
  chargeUpTo: ChargeUpTo
}): Ending {
  const { terms, evidence, sessionClock, chargeUpTo } = parts

  const finish: Ending['finish'] = (tx, charged, reason, at = tx.now) => {
    const ended = {
      ...session.end(charged, reason, at),
      ...(session.isStarted(charged) ? { balanceAfterCents: clientOf(tx, charged).balanceCents } : {}),
    }
    tx.putSession(ended)
    if (ended.chargedCents > 0) {
      queueMail(tx, { userId: ended.clientId, template: 'session_receipt', event: ended.id, values: {} })
    }
    if (session.isStarted(charged) && charged.courtesy && ended.billedMs < terms.freeMs) {
      tx.putUser(noteFreeSession(clientOf(tx, charged), tx.now))
    }
    const sentBeforeMs = session.isStarted(charged) ? (charged.sentMs ?? 0) : 0
    const unbilledMs = unbilledIn(Math.max(evidence.sentMsOf(ended.id), sentBeforeMs), ended.billedMs)
    if (unbilledMs > 0) tx.putUser(noteUnbilled(clientOf(tx, charged), unbilledMs, tx.now))
    tx.tell({ type: 'updated', session: ended })
    tx.tell({ type: 'ended', session: ended, ...(unbilledMs > 0 ? { unbilledMs } : {}) })
    const reader = tx.user(ended.readerId)
    const available = reader?.role === 'reader' && reader.available
    const status = available ? 'available' : 'offline'
    tx.tell({ type: 'reader-status', readerId: ended.readerId, status })
    return ended
  }

  const runDry: Ending['runDry'] = (tx, charged) =>
    finish(tx, charged, clientOf(tx, charged).balanceCents > 0 ? 'limit_reached' : 'out_of_funds')

  /**
   * Returns where a session that is charged ends: at the last proof, or in a pause that began
   * there.
   */
  const endOf = (charged: StartedSession, at: number): [StartedSession, number] => {
    if (charged.status === 'paused') return [charged, Math.max(at, charged.pausedAt)]
    if (charged.settledAt >= at) return [charged, charged.settledAt]
    if (at - charged.settledAt <= UNPROVEN_END_MS) return [charged, charged.settledAt]
    return [session.pause(charged, evidence.causeOf(charged), at), at]
  }

  return {
    finish,
    runDry,

    close(tx, open, reason, at = tx.now) {
      const how = reason === 'client_ended' || reason === 'reader_ended' ? 'hangup' : 'cut'
      const settlement = chargeUpTo(tx, open, sessionClock.provenAt(open, at), how)
      if (settlement.ranDry) return runDry(tx, settlement.session)
      const [charged, endedAt] = endOf(settlement.session, at)
      return finish(tx, charged, reason, endedAt)
    },
  }
}
