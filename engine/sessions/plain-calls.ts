/**
 * Runs and pauses the sessions between two pages of an earlier version, which prove nothing. The
 * meter runs while both seats are held, both pages report `connected`, and both are heard within
 * the heartbeat's time-out; anything else pauses it as of the last moment at which all of that was
 * true.
 */
import type { LiveSession } from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Clock, Log } from '../ports.ts'
import type { Charging } from './charging.ts'
import type { Hearing } from './hearing.ts'
import type { Heartbeats } from './heartbeats.ts'
import {
  absenceOf,
  type Call,
  CONNECTION_OF,
  type HeldBy,
  isHeld,
  type Leaving,
  other,
  quieter,
  recordOf,
  type Silence,
  stateOf,
} from './seats.ts'

export interface PlainCalls {
  beat(sessionId: string, held: HeldBy, state: RtcState): Promise<void> | undefined
  /**
   * Charges before a seat changes: what its page reported until now decides how far the meter runs.
   */
  leave(sessionId: string, held: HeldBy, how: Leaving): void
  takeOver(sessionId: string, held: Pick<HeldBy, 'call' | 'role'>): void
  look(sessionId: string, call: Call): void
}

export function createPlainCalls(parts: {
  act: Act
  clock: Clock
  log: Log
  charging: Charging
  hearing: Hearing
  heartbeats: Heartbeats
  heartbeatTimeoutMs: number
}): PlainCalls {
  const { act, clock, log, charging, hearing, heartbeats, heartbeatTimeoutMs } = parts

  const startWhenConnected = async (sessionId: string, call: Call): Promise<void> => {
    if (!hearing.areConnected(call)) return
    const moved = await act((tx) => {
      const open = tx.openSession(sessionId)
      const ready = open?.status === 'live' && call.unwritten ? pauseNow(tx, open, call.unwritten) : open
      if (!hearing.areConnected(call) || (ready?.status !== 'accepted' && ready?.status !== 'paused'))
        return false
      charging.start(tx, ready)
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
      charging.pause(tx, open, lastGoodAt, cause)
    }, 'session').catch((error) => {
      call.unwritten ??= { heardAt: lastGoodAt, noticedAt: clock.now(), cause }
      log.error({ err: error, sessionId }, 'a pause could not be recorded')
    })
  }

  const pauseNow = (tx: TellingTx, live: LiveSession, { heardAt, cause }: Silence) =>
    charging.pause(tx, live, heardAt, cause)

  const tryAtNextBeat = (call: Call, role: Role) => (error: unknown) => {
    const seat = call.seats[role]
    if (isHeld(seat)) call.seats[role] = { ...seat, state: 'unknown' }
    throw error
  }

  /**
   * [B21] Returns whose connection was lost where a page reports an interrupted call: the other's,
   * where that has missed a heartbeat.
   */
  const lostBy = (call: Call, role: Role): Role =>
    clock.now() - recordOf(call.seats[other(role)]).beatAt > heartbeatTimeoutMs / 2 ? other(role) : role

  const change = async (sessionId: string, { call, role }: HeldBy, state: RtcState): Promise<void> => {
    const wasConnected = hearing.areConnected(call)
    const isLost = stateOf(call.seats[role]) === 'connected' && state !== 'connected'
    if (isLost) pause(sessionId, call, clock.now(), CONNECTION_OF[lostBy(call, role)])
    heartbeats.takeDown(call, role, state, undefined)
    if (!wasConnected) await startWhenConnected(sessionId, call).catch(tryAtNextBeat(call, role))
  }

  /** Wakes when the quieter of the two would have been silent for too long. */
  const listenForSilence = (call: Call): void => {
    call.cancelAlarm?.()
    call.cancelAlarm = clock.at(recordOf(call.seats[quieter(call)]).beatAt + heartbeatTimeoutMs, call.look)
  }

  const lookForSilence = (sessionId: string, call: Call): void => {
    const silent = quieter(call)
    const { beatAt } = recordOf(call.seats[silent])
    if (clock.now() - beatAt < heartbeatTimeoutMs) listenForSilence(call)
    else pause(sessionId, call, beatAt, CONNECTION_OF[silent])
  }

  return {
    look: lookForSilence,

    beat(sessionId, held, state) {
      if (state !== 'connected' || !hearing.areConnected(held.call)) return change(sessionId, held, state)
      heartbeats.takeDown(held.call, held.role, state, undefined)
      return undefined
    },

    leave(sessionId, { call, role }, how) {
      const lastGoodAt = how === 'silent' ? recordOf(call.seats[role]).beatAt : clock.now()
      pause(sessionId, call, lastGoodAt, absenceOf(role, how))
    },

    takeOver(sessionId, { call, role }) {
      if (stateOf(call.seats[role]) !== 'connected') return
      pause(sessionId, call, clock.now(), CONNECTION_OF[role])
    },
  }
}
