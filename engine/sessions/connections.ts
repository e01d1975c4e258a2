/**
 * Keeps who sits where in the calls of the open sessions, and moves each session by what its pages
 * report and prove.
 */
import type { Session } from '../../domain/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log, Store } from '../ports.ts'
import type { Charging } from './charging.ts'
import type { Gatherer } from './gathering.ts'
import type { Hearing } from './hearing.ts'
import { createHeartbeats, type Proof } from './heartbeats.ts'
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
   * Gives `holder` the seat of `userId`. A page that only reconnects takes it from no other page,
   * since it may have been taken over in the meantime. Throws the refusals `not_found`,
   * `forbidden`, `wrong_state`, `taken_over`, and `not_joined` when the page has gone in the
   * meantime.
   */
  join(sessionId: string, userId: string, holder: string, from?: Coming): Promise<Joined>
  /**
   * Records what the page reports of the call and what it proves; this is also its heartbeat.
   * Returns undefined where nothing changes. Rejects with the refusal `not_joined`.
   */
  report(sessionId: string, holder: string, state: RtcState, proof?: Proof): Promise<void> | undefined
  /** Returns how many milliseconds of connected time both pages have proven so far. */
  provenMs(sessionId: string): number
  /**
   * Returns the holder of the other seat, or undefined when it is free. Throws the refusal
   * `not_joined`.
   */
  peerOf(sessionId: string, holder: string): string | undefined
  /** Frees the seat if `holder` still has it; returns the holder of the other one. */
  leave(sessionId: string, holder: string, how: Leaving): { peer: string | undefined }
  /** Returns true where `holder` has a seat in the session. */
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
  const { act, store, clock, log, charging, seats, hearing, gatherer, heartbeatTimeoutMs } = parts
  const { calls } = seats
  const heartbeats = createHeartbeats({ clock, hearing, gatherer, heartbeatTimeoutMs })
  const plain = createPlainCalls({ act, clock, log, charging, hearing, heartbeats, heartbeatTimeoutMs })
  const proofs = createProofs({ act, clock, log, charging, seats, hearing, gatherer, heartbeatTimeoutMs })

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
    call.cancelAsk?.()
    for (const { done } of call.gatherings) done()
    calls.delete(sessionId)
  }

  return {
    join: createJoining({ store, clock, log, seats, gatherer, plain, proofs, callOf }),
    report: createReporting({ act, charging, seats, gatherer, heartbeats, plain, proofs }),
    leave: createLeaving({ clock, log, seats, plain, proofs }),

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
