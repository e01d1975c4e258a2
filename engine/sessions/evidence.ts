/** Reports what the pages of a running session have proven, as charging and the meter need it. */
import type { LiveSession } from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { Clock } from '../ports.ts'
import type { Hearing } from './hearing.ts'
import {
  type Call,
  CONNECTION_OF,
  isHeld,
  isProving,
  provenFrom,
  quieter,
  ROLES,
  recordOf,
  type SeatBook,
  type Silence,
  stateOf,
} from './seats.ts'

export interface Evidence {
  /**
   * [B18] Returns the instant up to which both have proven to be connected, without a gap from
   * `settledAt`; Infinity where neither page proves anything.
   */
  provenUntil(live: LiveSession): number
  /** Returns why the two are not connected now. */
  causeOf(live: LiveSession): PauseCause
  /** [B22] Returns how many milliseconds the reader's pages report to have sent to the client. */
  sentMsOf(sessionId: string): number
  /**
   * Returns since when the two of a running session are not connected where no commit has recorded
   * it yet: one page has been silent for the time-out, or the disk refused the pause. Undefined
   * when both are connected.
   */
  silence(sessionId: string): Silence | undefined
  /**
   * Returns the last instant at which both were known to be connected, while they are; else
   * undefined.
   */
  lastConfirmedAt(sessionId: string): number | undefined
  /** Returns true where a page holds any seat of the session. */
  isAnyoneThere(sessionId: string): boolean
}

export function createEvidence(parts: {
  seats: SeatBook
  clock: Clock
  hearing: Hearing
  heartbeatTimeoutMs: number
}): Evidence {
  const { clock, hearing, heartbeatTimeoutMs } = parts
  const { calls } = parts.seats

  /** [B2] Returns the silence between two pages that prove nothing. */
  const plainSilence = (call: Call): Silence | undefined => {
    if (!ROLES.every((role) => stateOf(call.seats[role]) === 'connected')) return undefined
    const silent = quieter(call)
    const heardAt = recordOf(call.seats[silent]).beatAt
    const noticedAt = heardAt + heartbeatTimeoutMs
    return noticedAt <= clock.now() ? { heardAt, noticedAt, cause: CONNECTION_OF[silent] } : undefined
  }

  return {
    provenUntil(live) {
      const call = calls.get(live.id)
      return call && isProving(call) ? provenFrom(call, live.settledAt) : Infinity
    },

    causeOf(live) {
      const call = calls.get(live.id)
      return call ? hearing.causeOf(call, live) : 'connection'
    },

    sentMsOf(sessionId) {
      const call = calls.get(sessionId)
      return call ? recordOf(call.seats.reader).sentMs : 0
    },

    silence(sessionId) {
      const call = calls.get(sessionId)
      if (call?.unwritten) return call.unwritten
      return call && !isProving(call) ? plainSilence(call) : undefined
    },

    lastConfirmedAt(sessionId) {
      const call = calls.get(sessionId)
      if (!call) return undefined
      const { session } = call
      if (isProving(call)) return session?.status === 'live' ? provenFrom(call, session.settledAt) : undefined
      return hearing.areConnected(call) ? recordOf(call.seats[quieter(call)]).beatAt : undefined
    },

    isAnyoneThere(sessionId) {
      const call = calls.get(sessionId)
      return call !== undefined && ROLES.some((role) => isHeld(call.seats[role]))
    },
  }
}
