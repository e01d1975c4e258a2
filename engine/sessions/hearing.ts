/** Reports which pages are heard and connected at this moment, by the seat book and the clock. */
import type { LiveSession } from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Clock } from '../ports.ts'
import {
  absenceOf,
  bothProve,
  type Call,
  CONNECTION_OF,
  hearsNothing,
  isHeld,
  other,
  provenFrom,
  quieter,
  ROLES,
  recordOf,
  type Seat,
  type SeatBook,
  stateOf,
  wentOf,
} from './seats.ts'

/** A page that was asked for a heartbeat and has sent none for this long counts as gone. */
const UNANSWERED_MS = 900

export interface Hearing {
  /**
   * Returns true where the seat's page reports that it is connected, and was last heard within the
   * time-out.
   */
  isConnected(seat: Seat): boolean
  /** Returns true where that holds for both pages. */
  areConnected(call: Call): boolean
  /**
   * Returns the same, but counts no page as silent for time in which this process was suspended.
   */
  areConnectedAwake(call: Call): boolean
  lastHeard(seat: Seat): number
  /** Returns when the seat's page will have been silent for too long. */
  silentAt(call: Call, role: Role): number
  /** Returns true where any page is connected to the server, and so can be shown what happens. */
  isAnyoneHeard(call: Call): boolean
  /** Returns true where the meter of a running session must stop. */
  mustStop(call: Call): boolean
  /** Returns why the two are not connected now. */
  causeOf(call: Call, live: LiveSession): PauseCause
}

export function createHearing(parts: {
  seats: SeatBook
  clock: Clock
  heartbeatTimeoutMs: number
  /** Longest time for which a page that is not heard may go on proving what it received. */
  graceMs: number
}): Hearing {
  const { seats, clock, heartbeatTimeoutMs, graceMs } = parts

  const lastHeard = (seat: Seat): number => Math.max(recordOf(seat).beatAt, seats.awakeAt)

  const isHeard = (seat: Seat): boolean => {
    const [now, heardAt] = [clock.now(), lastHeard(seat)]
    const askedAt = seat.kind === 'proving' ? seat.askedAt : 0
    const isUnanswered = askedAt > heardAt && now - askedAt >= UNANSWERED_MS
    return isHeld(seat) && now - heardAt < heartbeatTimeoutMs && !isUnanswered
  }

  const isConnected = (seat: Seat, heardAt = recordOf(seat).beatAt): boolean =>
    stateOf(seat) === 'connected' && clock.now() - heardAt < heartbeatTimeoutMs

  /**
   * [B19] Returns the time-out of a page: while the other page goes on receiving from it, a page
   * that is not heard may still prove what it received.
   */
  const timeoutOf = (call: Call, role: Role): number => {
    const across = call.seats[other(role)]
    return bothProve(call) && isConnected(across, lastHeard(across)) ? graceMs : heartbeatTimeoutMs
  }

  const silentAt = (call: Call, role: Role): number => lastHeard(call.seats[role]) + timeoutOf(call, role)

  /**
   * Returns the cause for pages of an earlier version, which do not report the connection between
   * the two.
   */
  const causeBetween = (call: Call): PauseCause => {
    if (bothProve(call)) return 'connection'
    const role = ROLES.find((each) => stateOf(call.seats[each]) === 'interrupted') ?? quieter(call)
    return CONNECTION_OF[role]
  }

  return {
    isConnected: (seat) => isConnected(seat),
    areConnected: ({ seats }) => ROLES.every((role) => isConnected(seats[role])),
    areConnectedAwake: ({ seats }) => ROLES.every((role) => isConnected(seats[role], lastHeard(seats[role]))),
    lastHeard,
    silentAt,
    isAnyoneHeard: (call) => ROLES.some((role) => isHeard(call.seats[role])),

    mustStop: (call) =>
      ROLES.some((role) => {
        const seat = call.seats[role]
        const isGone = !isHeld(seat) && timeoutOf(call, role) === heartbeatTimeoutMs
        const isCut = stateOf(seat) === 'interrupted' || hearsNothing(seat)
        return isCut || isGone || silentAt(call, role) <= clock.now()
      }),

    causeOf(call, live) {
      if (seats.awakeAt > provenFrom(call, live.settledAt)) return 'server_stopped'
      const [one, another] = ROLES.filter((role) => !isHeard(call.seats[role]))
      if (one === undefined) return causeBetween(call)
      const role = another === undefined ? one : quieter(call)
      return absenceOf(role, wentOf(call.seats[role]))
    },
  }
}
