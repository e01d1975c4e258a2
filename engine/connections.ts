import { Refusal } from '../domain/errors.ts'
import { type LiveSession, type OpenSession, seatOf } from '../domain/session.ts'
import type { PauseCause, Role, RtcState } from '../shared/protocol.ts'
import type { Act } from './commit.ts'
import type { Announce } from './events.ts'
import type { Clock, Log, Store, Tx } from './ports.ts'
import type { Settlements, Silence } from './settlement.ts'

/** One of a session's two places, and what its page has told of the call. */
interface Seat {
  /** Which page holds it; a later page takes it over. */
  holder: string | undefined
  /** What that page calls itself, over all its sockets. */
  page?: string | undefined
  state: RtcState | 'unknown'
  beatAt: number
}

interface Call {
  readonly seats: Record<Role, Seat>
  /** Looks for silence. */
  readonly look: () => void
  cancelAlarm: (() => void) | undefined
  /** A pause that the disk had no room for: whatever settles next must heed it. */
  unwritten: Silence | undefined
}

export interface Joined {
  readonly session: OpenSession
  readonly role: Role
  /** The page that held the seat until now. */
  readonly displaced: string | undefined
  /** The page that holds the other seat. */
  readonly peer: string | undefined
}

/** Which page comes, by the name that it keeps over all its sockets, and whether it comes back. */
export interface Coming {
  readonly page?: string | undefined
  readonly again?: boolean | undefined
  /** Whether its connection is still open; asked when the session has been looked up. */
  readonly isThere?: () => boolean
}

/**
 * How a page went. One that was closed, or whose connection the server cut, was there until now; a silent one only until it was
 * last heard.
 */
export type Leaving = 'closed' | 'cut' | 'silent'

export interface Connections {
  /**
   * Gives `holder` the seat of `userId`. A page that only comes back takes it from no other page: it may not know that it
   * was taken over meanwhile. Throws the refusals `not_found`, `forbidden`, `wrong_state`, `taken_over`, and `not_joined` when
   * the page has gone meanwhile.
   */
  join(sessionId: string, userId: string, holder: string, from?: Coming): Promise<Joined>
  /**
   * Takes down what the page says of the call; also its heartbeat, with nothing to wait for where it changes nothing. Rejects
   * with the refusal `not_joined`.
   */
  report(sessionId: string, holder: string, state: RtcState): Promise<void> | undefined
  /** The page that holds the other seat, or undefined when nobody does. Throws the refusal `not_joined`. */
  peerOf(sessionId: string, holder: string): string | undefined
  /** Frees the seat if `holder` still has it; answers who holds the other one. */
  leave(sessionId: string, holder: string, how: Leaving): { peer: string | undefined }
  /** The last instant at which both were heard to be connected, while they are; else undefined. */
  lastGoodAt(sessionId: string): number | undefined
  isAnyoneThere(sessionId: string): boolean
  /** Returns whether `holder` has a seat in the session. */
  isSeated(sessionId: string, holder: string): boolean
  /**
   * Since when not both of a running session are connected, though nobody has written it down: one has not been heard
   * for the time-out, or the disk refused the pause. Undefined when both are.
   */
  silence(sessionId: string): Silence | undefined
  forget(sessionId: string): void
  stop(): void
}

/**
 * Who is connected when. The meter runs while both seats are held, both pages report `connected`, and both are heard
 * from within the heartbeat's time-out; anything else pauses it back to the last moment all of that was true.
 */
export function createConnections(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  settlements: Settlements
  heartbeatTimeoutMs: number
  /** Called after the session has started, paused or resumed. */
  onMoved: (sessionId: string) => void
}): Connections {
  const { act, store, clock, log, settlements, heartbeatTimeoutMs } = parts
  const calls = new Map<string, Call>()

  const callOf = (sessionId: string): Call => {
    const known = calls.get(sessionId)
    if (known) return known
    const call: Call = {
      seats: { client: emptySeat(), reader: emptySeat() },
      look: () => lookForSilence(sessionId, call),
      cancelAlarm: undefined,
      unwritten: undefined,
    }
    calls.set(sessionId, call)
    return call
  }

  const seatHeldBy = (sessionId: string, holder: string): { call: Call; role: Role } | undefined => {
    const call = calls.get(sessionId)
    const role = call && ROLES.find((role) => call.seats[role].holder === holder)
    return call && role && { call, role }
  }

  const heldSeat = (sessionId: string, holder: string): { call: Call; role: Role } => {
    const held = seatHeldBy(sessionId, holder)
    if (!held) throw new Refusal('not_joined', 'Join the session first: another page may have taken it over.')
    return held
  }

  const bothGood = (call: Call): boolean => ROLES.every((role) => isGood(call.seats[role]))

  const isGood = (seat: Seat): boolean =>
    seat.holder !== undefined && seat.state === 'connected' && clock.now() - seat.beatAt < heartbeatTimeoutMs

  const startWhenBothAreGood = async (sessionId: string, call: Call): Promise<void> => {
    if (!bothGood(call)) return
    const moved = await act((tx, tell) => {
      const open = tx.openSession(sessionId)
      const ready =
        open?.status === 'live' && call.unwritten ? pauseNow(tx, tell, open, call.unwritten) : open
      if (!bothGood(call) || (ready?.status !== 'accepted' && ready?.status !== 'paused')) return false
      settlements.start(tx, tell, ready)
      return true
    }, 'session')
    if (!moved) return
    call.unwritten = undefined
    parts.onMoved(sessionId)
    listenForSilence(call)
  }

  /** To be called before the seat changes: what it said until now decides how far the meter runs. */
  const pause = (sessionId: string, lastGoodAt: number, cause: PauseCause): void => {
    act((tx, tell) => {
      const open = tx.openSession(sessionId)
      if (open?.status !== 'live') return
      settlements.pause(tx, tell, open, lastGoodAt, cause)
    }, 'session')
      .then(() => parts.onMoved(sessionId))
      .catch((error) => {
        const call = calls.get(sessionId)
        if (call)
          call.unwritten ??= {
            heardAt: lastGoodAt,
            noticedAt: clock.now(),
            cause,
          }
        log.error({ err: error, sessionId }, 'a pause could not be written down')
      })
  }

  const pauseNow = (tx: Tx, tell: Announce, live: LiveSession, { heardAt, cause }: Silence) =>
    settlements.pause(tx, tell, live, heardAt, cause)

  const tryAtNextBeat = (call: Call, role: Role) => (error: unknown) => {
    call.seats[role].state = 'unknown'
    throw error
  }

  const change = async (sessionId: string, holder: string, state: RtcState): Promise<void> => {
    const { call, role } = heldSeat(sessionId, holder)
    const wasGood = bothGood(call)
    const isLost = call.seats[role].state === 'connected' && state !== 'connected'
    if (isLost) pause(sessionId, clock.now(), CONNECTION_OF[role])
    Object.assign(call.seats[role], { state, beatAt: clock.now() })
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
    else pause(sessionId, beatAt, CONNECTION_OF[silent])
  }

  return {
    async join(sessionId, userId, holder, { page, again, isThere = () => true } = {}) {
      // Found while the session is seen to be open: one that has ended meanwhile is not begun anew.
      const { open, role, call } = await store.read((view) => ({
        ...admit(view.openSession(sessionId), userId),
        call: callOf(sessionId),
      }))
      // Nobody would ever free the seat of a page that has gone.
      if (!isThere()) throw new Refusal('not_joined', 'The page has gone.')
      const { seats } = call
      const before = seats[role]
      const peer = seats[other(role)].holder
      if (before.holder === holder) return { session: open, role, displaced: undefined, peer }
      if (again && before.holder !== undefined && before.page !== page) {
        throw new Refusal('taken_over', 'This session goes on in another tab or device.')
      }
      if (before.state === 'connected') pause(sessionId, clock.now(), CONNECTION_OF[role])
      seats[role] = { holder, page, state: 'unknown', beatAt: clock.now() }
      return { session: open, role, displaced: before.holder, peer }
    },

    report(sessionId, holder, state) {
      const held = seatHeldBy(sessionId, holder)
      if (state !== 'connected' || !held || !bothGood(held.call)) return change(sessionId, holder, state)
      held.call.seats[held.role].beatAt = clock.now()
      return undefined
    },

    peerOf(sessionId, holder) {
      const { call, role } = heldSeat(sessionId, holder)
      return call.seats[other(role)].holder
    },

    leave(sessionId, holder, how) {
      const held = seatHeldBy(sessionId, holder)
      if (!held) return { peer: undefined }
      const { call, role } = held
      const { beatAt } = call.seats[role]
      const cause = how === 'closed' ? LEFT[role] : CONNECTION_OF[role]
      pause(sessionId, how === 'silent' ? beatAt : clock.now(), cause)
      call.seats[role] = emptySeat()
      return { peer: call.seats[other(role)].holder }
    },

    lastGoodAt(sessionId) {
      const call = calls.get(sessionId)
      return call && bothGood(call) ? call.seats[quieter(call)].beatAt : undefined
    },

    silence(sessionId) {
      const call = calls.get(sessionId)
      if (call?.unwritten) return call.unwritten
      if (!call || !ROLES.every((role) => call.seats[role].state === 'connected')) return undefined
      const silent = quieter(call)
      const heardAt = call.seats[silent].beatAt
      const noticedAt = heardAt + heartbeatTimeoutMs
      return noticedAt <= clock.now() ? { heardAt, noticedAt, cause: CONNECTION_OF[silent] } : undefined
    },

    isAnyoneThere(sessionId) {
      const call = calls.get(sessionId)
      return call !== undefined && ROLES.some((role) => call.seats[role].holder !== undefined)
    },

    isSeated: (sessionId, holder) => seatHeldBy(sessionId, holder) !== undefined,

    forget(sessionId) {
      calls.get(sessionId)?.cancelAlarm?.()
      calls.delete(sessionId)
    },

    stop() {
      for (const sessionId of [...calls.keys()]) this.forget(sessionId)
    },
  }
}

const ROLES = ['client', 'reader'] as const
const CONNECTION_OF = {
  client: 'client_connection',
  reader: 'reader_connection',
} as const
const LEFT = { client: 'client_left', reader: 'reader_left' } as const

const emptySeat = (): Seat => ({
  holder: undefined,
  state: 'unknown',
  beatAt: 0,
})

const other = (role: Role): Role => (role === 'client' ? 'reader' : 'client')

const quieter = ({ seats }: Call): Role => (seats.client.beatAt <= seats.reader.beatAt ? 'client' : 'reader')

function admit(open: OpenSession | undefined, userId: string): { open: OpenSession; role: Role } {
  if (!open) throw new Refusal('not_found', 'There is no such open session.')
  const role = seatOf(open, userId)
  if (!role) throw new Refusal('forbidden', 'This session belongs to two other people.')
  if (open.status === 'requested') throw new Refusal('wrong_state', 'The reader has not accepted yet.')
  return { open, role }
}
