/** Who sits where in the calls of the open sessions, and what becomes of a session by what their pages say and prove. */
import type { Session } from '../../domain/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log, Store } from '../ports.ts'
import type { Charging } from './charging.ts'
import type { Gatherer } from './gathering.ts'
import type { Hearing } from './hearing.ts'
import { createBeats, type Proof } from './heartbeats.ts'
import { type Coming, createJoining, type Joined } from './joining.ts'
import { createLeaving } from './leaving.ts'
import { createPlainCalls } from './plain-calls.ts'
import { createProofs } from './proofs.ts'
import { createReporting } from './reporting.ts'
import {
  type Call,
  heldSeat,
  holderOf,
  isProving,
  type Leaving,
  newCall,
  other,
  provenMsOf,
  type SeatBook,
  seatHeldBy,
} from './seats.ts'

export type { Coming } from './joining.ts'
export type { Leaving } from './seats.ts'

export interface Connections {
  /**
   * Gives `holder` the seat of `userId`. A page that only comes back takes it from no other page: it may not know that it
   * was taken over meanwhile. Throws the refusals `not_found`, `forbidden`, `wrong_state`, `taken_over`, and `not_joined` when
   * the page has gone meanwhile.
   */
  join(sessionId: string, userId: string, holder: string, from?: Coming): Promise<Joined>
  /**
   * Takes down what the page says of the call, and what it proves; also its heartbeat, with nothing to wait for where it
   * changes nothing. Rejects with the refusal `not_joined`.
   */
  report(sessionId: string, holder: string, state: RtcState, proof?: Proof): Promise<void> | undefined
  /** How much connected time of the session both pages have proven so far. */
  provenMs(sessionId: string): number
  /** The page that holds the other seat, or undefined when nobody does. Throws the refusal `not_joined`. */
  peerOf(sessionId: string, holder: string): string | undefined
  /** Frees the seat if `holder` still has it; answers who holds the other one. */
  leave(sessionId: string, holder: string, how: Leaving): { peer: string | undefined }
  /** Returns whether `holder` has a seat in the session. */
  isSeated(sessionId: string, holder: string): boolean
  /** Takes note of a session that has changed. */
  note(session: Session): void
  forget(sessionId: string): void
  stop(): void
}

export function createConnections(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  charging: Charging
  seats: SeatBook
  hearing: Hearing
  gatherer: Gatherer
  heartbeatTimeoutMs: number
}): Connections {
  const { seats } = parts
  const { calls } = seats
  const beats = createBeats(parts)
  const plain = createPlainCalls({ ...parts, beats })
  const proofs = createProofs(parts)

  const callOf = (sessionId: string): Call => {
    const known = calls.get(sessionId)
    if (known) return known
    const call = newCall((each) =>
      isProving(each) ? proofs.look(sessionId, each) : plain.look(sessionId, each),
    )
    calls.set(sessionId, call)
    return call
  }

  const forget = (sessionId: string): void => {
    const call = calls.get(sessionId)
    if (!call) return
    call.cancelAlarm?.()
    for (const { done } of call.gatherings) done()
    calls.delete(sessionId)
  }

  return {
    join: createJoining({ ...parts, callOf, plain, proofs }),
    report: createReporting({ ...parts, beats, plain, proofs }),
    leave: createLeaving({ ...parts, plain, proofs }),

    provenMs(sessionId) {
      const call = calls.get(sessionId)
      return call ? provenMsOf(call) : 0
    },

    peerOf(sessionId, holder) {
      const { call, role } = heldSeat(seats, sessionId, holder)
      return holderOf(call.seats[other(role)])
    },

    isSeated: (sessionId, holder) => seatHeldBy(seats, sessionId, holder) !== undefined,

    note(session) {
      const call = calls.get(session.id)
      if (call) call.session = session
    },

    forget,

    stop() {
      for (const sessionId of [...calls.keys()]) forget(sessionId)
    },
  }
}
