/** Brings sessions up to what both pages have proven, inside a commit. [B18] to [B20] */
import { billable, type Span } from '../../domain/proof.ts'
import {
  type EndedSession,
  type LiveSession,
  type OpenSession,
  type PausedSession,
  pausedSince,
} from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { TellingTx } from '../commit.ts'
import type { Clock } from '../ports.ts'
import type { Charging } from './charging.ts'
import type { Hearing } from './hearing.ts'
import { type Call, commonOf, provenFrom } from './seats.ts'

/** [B20] Bounds how far back the meter resumes after a pause that the pages were shown. */
const RESUME_WITHIN_MS = 1_000

export interface CatchUp {
  /**
   * Charges an open session up to what has been proven. `cause` is given where the session must
   * pause now, and says why.
   */
  bringUp(tx: TellingTx, call: Call, open: OpenSession, cause?: PauseCause): void
  /**
   * Returns what a session whose meter does not run can do now: go on, or wait for one of two
   * connected pages to prove it.
   */
  nextStep(call: Call): 'moves' | 'waits' | undefined
}

export function createCatchUp(parts: { clock: Clock; charging: Charging; hearing: Hearing }): CatchUp {
  const { clock, charging, hearing } = parts

  const spansFor = (call: Call, open: OpenSession): Span[] => {
    const common = commonOf(call)
    if (open.status === 'live') return common
    const againFrom = hearing.areConnectedAwake(call) ? clock.now() - RESUME_WITHIN_MS : undefined
    return billable(common, { shownAt: open.status === 'paused' ? call.shownAt : 0, againFrom })
  }

  const pause = (tx: TellingTx, call: Call, live: LiveSession, at: number, cause?: PauseCause) => {
    // A page that has lost the server is shown the pause when it is back.
    call.shownAt = hearing.isAnyoneHeard(call) ? tx.now : undefined
    return charging.pause(tx, live, at, cause ?? hearing.causeOf(call, live))
  }

  /** Runs the meter over each stretch that both pages have proven beyond `settledAt`. */
  const run = (
    tx: TellingTx,
    call: Call,
    open: OpenSession,
    spans: readonly Span[],
  ): OpenSession | EndedSession => {
    let moved: OpenSession | EndedSession = open
    let provenAt = open.status === 'live' ? provenFrom(call, open.settledAt) : 0
    for (const span of spans) {
      if (moved.status === 'live' && span.from > provenAt) moved = pause(tx, call, moved, provenAt)
      const isCounted: boolean = span !== spans.at(-1) && span.until <= stoppedSince(moved)
      moved = isCounted ? moved : startIn(tx, moved, span)
      provenAt = Math.max(provenAt, span.until)
    }
    return moved
  }

  const startIn = (tx: TellingTx, open: OpenSession | EndedSession, { from, until }: Span) => {
    if (open.status !== 'accepted' && open.status !== 'paused') return open
    const since = stoppedSince(open)
    return until >= since ? charging.start(tx, open, Math.max(from, since)) : open
  }

  /**
   * [B19] Moves the start of the pause: proof that came late shows that both were connected for
   * longer.
   */
  const extend = (tx: TellingTx, paused: PausedSession, spans: readonly Span[]) => {
    const span = spans.find((each) => isLateProof(paused, each))
    return span ? charging.extend(tx, paused, span.until) : paused
  }

  const bringUp = (tx: TellingTx, call: Call, open: OpenSession, cause?: PauseCause): void => {
    const spans = spansFor(call, open)
    const extended = open.status === 'paused' ? extend(tx, open, spans) : open
    if (extended.status === 'ended') return
    // By the pause as it was: extended, it ends where the newest proof does, and nothing would be new.
    const staysStopped = extended.status !== 'live' && !isProvenNow(call, open, spans)
    const moved = staysStopped ? extended : run(tx, call, extended, spans)
    if (moved.status === 'live' && (cause ?? hearing.mustStop(call))) pause(tx, call, moved, tx.now, cause)
  }

  /** Returns true where both are connected now, by what they have proven. */
  const isProvenNow = (call: Call, open: OpenSession, spans: readonly Span[]): boolean => {
    const until = spans.at(-1)?.until ?? 0
    // Proof from before a pause does not end it.
    const isNew = open.status === 'paused' ? until > stoppedSince(open) : until >= stoppedSince(open)
    return hearing.areConnectedAwake(call) && isNew && until >= clock.now() - RESUME_WITHIN_MS
  }

  return {
    bringUp,

    nextStep(call) {
      const { session } = call
      if (session?.status !== 'accepted' && session?.status !== 'paused') return undefined
      const spans = spansFor(call, session)
      const isLate = session.status === 'paused' && spans.some((span) => isLateProof(session, span))
      if (!hearing.areConnectedAwake(call)) return isLate ? 'moves' : undefined
      return isLate || isProvenNow(call, session, spans) ? 'moves' : 'waits'
    },
  }
}

/** Returns the instant from which the meter of a session that does not run has not run. */
function stoppedSince(open: OpenSession | EndedSession): number {
  if (open.status === 'paused') return pausedSince(open)
  return open.status === 'accepted' ? open.acceptedAt : Infinity
}

function isLateProof(paused: PausedSession, { from, until }: Span): boolean {
  const since = pausedSince(paused)
  return from <= since && since < until
}
