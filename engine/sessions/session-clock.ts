/** Sends both people of a session its clock, and the client a prompt when the money runs low. */
import * as billing from '../../domain/billing.ts'
import { isStarted, type OpenSession, type StartedSession } from '../../domain/session.ts'
import type { ClockView } from '../../shared/protocol/session.ts'
import type { TellingTx } from '../commit.ts'
import type { View } from '../ports.ts'
import { fundsOf } from './charge-up-to.ts'
import type { Evidence } from './evidence.ts'

export interface SessionClock {
  /**
   * [B18] Returns how far a session may be charged at `at`: a running one no further than both
   * pages have proven.
   */
  provenAt(started: StartedSession, at: number): number
  /** Returns a session's meter as its client may see it. */
  clockOf(view: View, open: OpenSession): ClockView
  tellClock(tx: TellingTx, started: StartedSession): void
  /** Sends the low-funds prompt where it is due, and returns the session that has noted it. */
  prompt<S extends StartedSession>(tx: TellingTx, started: S, at: number): S
}

export function createSessionClock(parts: {
  terms: billing.Terms
  evidence: Pick<Evidence, 'provenUntil'>
}): SessionClock {
  const { terms, evidence } = parts

  const provenAt = (started: StartedSession, at: number): number =>
    started.status === 'live' ? Math.min(at, evidence.provenUntil(started)) : at

  const clockOf = (view: View, open: OpenSession): ClockView => {
    const funds = fundsOf(view, open)
    if (!isStarted(open)) return billing.clockBefore(open, funds, terms)
    return billing.clockView(open, provenAt(open, view.now), funds, terms)
  }

  return {
    provenAt,
    clockOf,
    tellClock: (tx, started) => tx.tell({ type: 'clock', session: started, clock: clockOf(tx, started) }),

    prompt(tx, started, at) {
      const funds = fundsOf(tx, started, at)
      const { prompted, due } = billing.prompting(started, at, funds, terms)
      const balanceCents = billing.runningBalance(started, at, funds, terms)
      const secondsLeft = Math.floor(billing.msLeft(started, at, funds, terms) / 1000)
      if (due) tx.tell({ type: 'low', session: started, balanceCents, secondsLeft })
      const isSame = prompted.funds === started.prompted.funds && prompted.minute === started.prompted.minute
      return isSame ? started : { ...started, prompted }
    },
  }
}
