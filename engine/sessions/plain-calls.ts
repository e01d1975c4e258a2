/**
 * Runs and pauses the sessions between two pages of an earlier version, which prove nothing: the meter runs while both seats are held,
 * both pages report `connected`, and both are heard from within the heartbeat's time-out; anything else pauses it back to the last
 * moment all of that was true.
 */
import type { LiveSession } from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Clock, Log } from '../ports.ts'
import {
  absenceOf,
  type Call,
  CONNECTION_OF,
  type Leaving,
  other,
  quieter,
  ROLES,
  type Seat,
} from './calls.ts'
import type { Settlements, Silence } from './charging.ts'
import type { Beats } from './heartbeats.ts'

interface Held {
  readonly call: Call
  readonly role: Role
}

export interface PlainCalls {
  beat(sessionId: string, held: Held, state: RtcState): Promise<void> | undefined
  /** To be called before the seat changes: what its page said until now decides how far the meter runs. */
  leave(sessionId: string, held: Held, how: Leaving): void
  takeOver(sessionId: string, held: Held): void
  look(sessionId: string, call: Call): void
  lastGoodAt(call: Call): number | undefined
  silence(call: Call): Silence | undefined
}

export function createPlainCalls(parts: {
  act: Act
  clock: Clock
  log: Log
  settlements: Settlements
  beats: Beats
  heartbeatTimeoutMs: number
}): PlainCalls {
  const { act, clock, log, settlements, beats, heartbeatTimeoutMs } = parts

  const bothGood = (call: Call): boolean => ROLES.every((role) => isGood(call.seats[role]))

  const isGood = (seat: Seat): boolean =>
    seat.holder !== undefined && seat.state === 'connected' && clock.now() - seat.beatAt < heartbeatTimeoutMs

  const startWhenBothAreGood = async (sessionId: string, call: Call): Promise<void> => {
    if (!bothGood(call)) return
    const moved = await act((tx) => {
      const open = tx.openSession(sessionId)
      const ready = open?.status === 'live' && call.unwritten ? pauseNow(tx, open, call.unwritten) : open
      if (!bothGood(call) || (ready?.status !== 'accepted' && ready?.status !== 'paused')) return false
      settlements.start(tx, ready)
      return true
    }, 'session')
    if (!moved) return
    call.unwritten = undefined
    listenForSilence(call)
  }

  const pause = (sessionId: string, call: Call, lastGoodAt: number, cause: PauseCause): void => {
    act((tx) => {
      const open = tx.openSession(sessionId)
      if (open?.status !== 'live') return
      settlements.pause(tx, open, lastGoodAt, cause)
    }, 'session').catch((error) => {
      call.unwritten ??= { heardAt: lastGoodAt, noticedAt: clock.now(), cause }
      log.error({ err: error, sessionId }, 'a pause could not be written down')
    })
  }

  const pauseNow = (tx: TellingTx, live: LiveSession, { heardAt, cause }: Silence) =>
    settlements.pause(tx, live, heardAt, cause)

  const tryAtNextBeat = (call: Call, role: Role) => (error: unknown) => {
    call.seats[role].state = 'unknown'
    throw error
  }

  /** [B21] Whose connection it was where a page says that the call is interrupted: the other's, where that has missed a beat. */
  const lostBy = (call: Call, role: Role): Role =>
    clock.now() - call.seats[other(role)].beatAt > heartbeatTimeoutMs / 2 ? other(role) : role

  const change = async (sessionId: string, { call, role }: Held, state: RtcState): Promise<void> => {
    const wasGood = bothGood(call)
    const isLost = call.seats[role].state === 'connected' && state !== 'connected'
    if (isLost) pause(sessionId, call, clock.now(), CONNECTION_OF[lostBy(call, role)])
    beats.takeDown(call, role, state, undefined)
    if (!wasGood) await startWhenBothAreGood(sessionId, call).catch(tryAtNextBeat(call, role))
  }

  /** Wakes when the quieter of the two would have been silent for too long. */
  const listenForSilence = (call: Call): void => {
    call.cancelAlarm?.()
    call.cancelAlarm = clock.at(call.seats[quieter(call)].beatAt + heartbeatTimeoutMs, call.look)
  }

  const lookForSilence = (sessionId: string, call: Call): void => {
    const silent = quieter(call)
    const { beatAt } = call.seats[silent]
    if (clock.now() - beatAt < heartbeatTimeoutMs) listenForSilence(call)
    else pause(sessionId, call, beatAt, CONNECTION_OF[silent])
  }

  return {
    look: lookForSilence,

    beat(sessionId, held, state) {
      if (state !== 'connected' || !bothGood(held.call)) return change(sessionId, held, state)
      beats.takeDown(held.call, held.role, state, undefined)
      return undefined
    },

    leave(sessionId, { call, role }, how) {
      const lastGoodAt = how === 'silent' ? call.seats[role].beatAt : clock.now()
      pause(sessionId, call, lastGoodAt, absenceOf(role, how))
    },

    takeOver(sessionId, { call, role }) {
      if (call.seats[role].state !== 'connected') return
      pause(sessionId, call, clock.now(), CONNECTION_OF[role])
    },

    lastGoodAt: (call) => (bothGood(call) ? call.seats[quieter(call)].beatAt : undefined),

    silence(call) {
      if (!ROLES.every((role) => call.seats[role].state === 'connected')) return undefined
      const silent = quieter(call)
      const heardAt = call.seats[silent].beatAt
      const noticedAt = heardAt + heartbeatTimeoutMs
      return noticedAt <= clock.now() ? { heardAt, noticedAt, cause: CONNECTION_OF[silent] } : undefined
    },
  }
}
