import { Refusal } from '../domain/errors.ts'
import { hear, isOvertaken, type Readings, takeWord } from '../domain/proof.ts'
import { type LiveSession, type OpenSession, pauseCause, type Session, seatOf } from '../domain/session.ts'
import { UNBILLED_MS, unbilledAllowed } from '../domain/unbilled.ts'
import type { PauseCause, Role, RtcState } from '../shared/protocol.ts'
import {
  absenceOf,
  type Call,
  CONNECTION_OF,
  hasGap,
  isProving,
  type Leaving,
  newCall,
  other,
  provenFrom,
  provenMsOf,
  quieter,
  ROLES,
  type Seat,
  seatLeft,
  seatOfHolder,
  seatTaken,
} from './calls.ts'
import type { Act } from './commit.ts'
import type { Announce } from './events.ts'
import { createGatherer } from './gathering.ts'
import type { Clock, Log, Store, Tx } from './ports.ts'
import { createProofs } from './proofs.ts'
import type { Settlements, Silence } from './settlement.ts'

export type { Leaving } from './calls.ts'

export interface Joined {
  readonly session: OpenSession
  readonly role: Role
  /** The page that held the seat until now. */
  readonly displaced: string | undefined
  /** The page that holds the other seat. */
  readonly peer: string | undefined
  /** The most that any page of this seat has reported to have sent. */
  readonly sentMs: number
  /** [B22] How much more than what has been proven the page may send. */
  readonly unbilledMs: number
}

/** Which page comes, by the name that it keeps over all its sockets, and whether it comes back. */
export interface Coming {
  readonly page?: string | undefined
  readonly again?: boolean | undefined
  /** Whether its connection is still open; asked when the session has been looked up. */
  readonly isThere?: () => boolean
}

/** What a page proves with a beat, and how long it has sent media or chat. */
export interface Proof extends Readings {
  readonly sentMs?: number | undefined
}

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
  /** [B18] How far both pages have proven to be connected, from where the meter stands; Infinity where neither proves anything. */
  provenUntil(live: LiveSession): number
  /** How long the reader's pages say that they have sent media or chat. */
  sentMsOf(sessionId: string): number
  /** Why the two are not connected now. */
  causeOf(live: LiveSession): PauseCause
  /**
   * Asks the pages of a running session for what they have received until now, and resolves when they have answered, after a
   * second at the latest, with the instant at which it asked; at once with undefined where neither proves anything.
   */
  gather(sessionId: string): Promise<number | undefined>
  /** Calls `wake` once both have proven to be connected up to `instant`; returns the way to call it off. */
  whenProven(sessionId: string, instant: number, wake: () => void): () => void
  /** Takes note of a session that has changed. */
  note(session: Session): void
  forget(sessionId: string): void
  stop(): void
}

/** [B22] A session ends when its pauses, with a page waiting in them, are longer than this and than the time billed. */
const LONGEST_WAIT_MS = 60_000

/**
 * Who is connected when. Between pages that prove what they receive, see {@link createProofs}. Otherwise the meter runs while
 * both seats are held, both pages report `connected`, and both are heard from within the heartbeat's time-out; anything else
 * pauses it back to the last moment all of that was true.
 */
export function createConnections(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  settlements: Settlements
  heartbeatTimeoutMs: number
  /** How long a page that is not heard may go on proving what it received. */
  graceMs: number
  /** Asks a page for a beat at once. */
  ask: (sessionId: string, holder: string) => void
  /** Called after the session has started, paused, resumed or ended. */
  onMoved: (sessionId: string) => void
}): Connections {
  const { act, store, clock, log, settlements, heartbeatTimeoutMs } = parts
  const calls = new Map<string, Call>()
  const gatherer = createGatherer({ clock, send: parts.ask })
  const proofs = createProofs({ ...parts, gatherer, timeoutMs: heartbeatTimeoutMs })

  const callOf = (sessionId: string): Call => {
    const known = calls.get(sessionId)
    if (known) return known
    const call = newCall((each) =>
      isProving(each) ? proofs.look(sessionId, each) : lookForSilence(sessionId, each),
    )
    calls.set(sessionId, call)
    return call
  }

  const seatHeldBy = (sessionId: string, holder: string): { call: Call; role: Role } | undefined => {
    const call = calls.get(sessionId)
    const role = call && seatOfHolder(call, holder)
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

  /** [B21] Whose connection it was where a page says that the call is interrupted: the other's, where that has missed a beat. */
  const lostBy = (call: Call, role: Role): Role =>
    clock.now() - call.seats[other(role)].beatAt > heartbeatTimeoutMs / 2 ? other(role) : role

  const change = async (sessionId: string, holder: string, state: RtcState): Promise<void> => {
    const { call, role } = heldSeat(sessionId, holder)
    const wasGood = bothGood(call)
    const isLost = call.seats[role].state === 'connected' && state !== 'connected'
    if (isLost) pause(sessionId, clock.now(), CONNECTION_OF[lostBy(call, role)])
    takeDown(call, role, state, undefined)
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

  const plainBeat = (
    sessionId: string,
    holder: string,
    { call, role }: { call: Call; role: Role },
    state: RtcState,
  ): Promise<void> | undefined => {
    if (state !== 'connected' || !bothGood(call)) return change(sessionId, holder, state)
    takeDown(call, role, state, undefined)
    return undefined
  }

  // ---------------------------------------------------------------- beats, and what they prove

  const takeDown = (call: Call, role: Role, state: RtcState, proof: Proof | undefined): void => {
    const seat = call.seats[role]
    const now = clock.now()
    noteWait(call, seat, now)
    const goesOn = seat.state === 'connected' && now - seat.beatAt < heartbeatTimeoutMs
    if (proof) seat.account = hear(seat.account, proof, now)
    else if (goesOn || state === 'connected') seat.account = takeWord(seat.account, now, goesOn)
    seat.proves = proof !== undefined
    seat.sentMs = Math.max(seat.sentMs, proof?.sentMs ?? 0)
    seat.state = state
    seat.beatAt = now
    if (call.session?.status === 'paused') call.toldAt ??= now
    gatherer.heard(call, role)
  }

  /** [B22] A page that is heard while the session is paused waits for the other. */
  const noteWait = ({ session }: Call, seat: Seat, now: number): void => {
    if (session?.status !== 'paused' || pauseCause(session) === 'server_stopped') return
    if (now - seat.beatAt >= heartbeatTimeoutMs) return
    seat.waitedMs += Math.max(0, now - Math.max(seat.beatAt, session.pausedAt))
  }

  const hasWaitedTooLong = ({ session, seats }: Call): boolean => {
    if (session?.status !== 'paused') return false
    const waitedMs = Math.max(seats.client.waitedMs, seats.reader.waitedMs)
    return waitedMs > LONGEST_WAIT_MS && waitedMs > session.billedMs
  }

  const giveUp = async (sessionId: string): Promise<void> => {
    await act((tx, tell) => {
      const open = tx.openSession(sessionId)
      if (open?.status === 'paused') settlements.end(tx, tell, open, 'connection_lost')
    }, 'session')
    parts.onMoved(sessionId)
  }

  /** One beat of a call in which a page proves what it receives. */
  const beat = (
    sessionId: string,
    { call, role }: { call: Call; role: Role },
    state: RtcState,
    proof: Proof | undefined,
  ): Promise<void> | undefined => {
    // One that was overtaken says nothing that is still so.
    if (proof && isOvertaken(call.seats[role].account, proof)) return undefined
    takeDown(call, role, state, proof)
    if (call.session?.status === 'live') {
      if (state === 'interrupted') return proofs.doubt(sessionId, call, role)
      return hasGap(call, call.session.settledAt) ? proofs.follow(sessionId, call) : undefined
    }
    const prospect = proofs.prospect(call)
    if (prospect === 'moves') return proofs.follow(sessionId, call)
    if (prospect === 'waits') gatherer.ask(sessionId, call, [other(role)])
    return undefined
  }

  const depart = (sessionId: string, call: Call, role: Role, how: Leaving): void => {
    const seat = call.seats[role]
    const isWord = !seat.proves && seat.state === 'connected' && how !== 'silent'
    if (isWord) seat.account = takeWord(seat.account, clock.now(), true)
    call.seats[role] = seatLeft(seat, how)
    if (call.session?.status !== 'live') return
    proofs.doubt(sessionId, call, role).catch(noteUnwritten(sessionId))
  }

  const noteUnwritten = (sessionId: string) => (error: unknown) =>
    log.error({ err: error, sessionId }, 'a pause could not be written down')

  /** What the page that is about to be displaced has received until now is asked for while it is there. */
  const gatherBefore = async (sessionId: string, userId: string, holder: string, page?: string) => {
    const call = calls.get(sessionId)
    if (call?.session?.status !== 'live' || !isProving(call)) return
    const role = seatOf(call.session, userId)
    const seat = role && call.seats[role]
    const isOther = seat && seat.holder !== holder && (page === undefined || seat.page !== page)
    if (isOther && seat.holder !== undefined) await gatherer.gather(sessionId, call)
  }

  return {
    async join(sessionId, userId, holder, { page, again, isThere = () => true } = {}) {
      if (!again) await gatherBefore(sessionId, userId, holder, page)
      // Found while the session is seen to be open: one that has ended meanwhile is not begun anew.
      const { open, role, call, unbilledMs } = await store.read((view) => {
        const admitted = admit(view.openSession(sessionId), userId)
        const client = view.user(admitted.open.clientId)
        const allowedMs = client?.role === 'client' ? unbilledAllowed(client, view.now) : UNBILLED_MS
        return { ...admitted, call: callOf(sessionId), unbilledMs: allowedMs }
      })
      // Nobody would ever free the seat of a page that has gone.
      if (!isThere()) throw new Refusal('not_joined', 'The page has gone.')
      const { seats } = call
      const before = seats[role]
      const peer = seats[other(role)].holder
      if (before.holder === holder)
        return { session: open, role, displaced: undefined, peer, sentMs: before.sentMs, unbilledMs }
      if (again && before.holder !== undefined && before.page !== page) {
        throw new Refusal('taken_over', 'This session goes on in another tab or device.')
      }
      call.session = open
      const wasProving = isProving(call)
      const after = seatTaken(before, holder, page, clock.now())
      if (before.state === 'connected' && !wasProving) pause(sessionId, clock.now(), CONNECTION_OF[role])
      seats[role] = after
      if (open.status === 'paused') call.toldAt ??= clock.now()
      const isOtherPage = after.account !== before.account
      if (wasProving && isOtherPage && open.status === 'live') {
        await proofs.follow(sessionId, call, absenceOf(role, before.went)).catch(noteUnwritten(sessionId))
      }
      return { session: open, role, displaced: before.holder, peer, sentMs: after.sentMs, unbilledMs }
    },

    report(sessionId, holder, state, proof) {
      const held = seatHeldBy(sessionId, holder)
      if (!held) return change(sessionId, holder, state)
      const { call, role } = held
      const isLegacy = !proof && !call.seats[other(role)].proves
      const done = isLegacy ? plainBeat(sessionId, holder, held, state) : beat(sessionId, held, state, proof)
      if (!hasWaitedTooLong(call)) return done
      return Promise.resolve(done).then(() => (hasWaitedTooLong(call) ? giveUp(sessionId) : undefined))
    },

    provenMs(sessionId) {
      const call = calls.get(sessionId)
      return call ? provenMsOf(call) : 0
    },

    peerOf(sessionId, holder) {
      const { call, role } = heldSeat(sessionId, holder)
      return call.seats[other(role)].holder
    },

    leave(sessionId, holder, how) {
      const held = seatHeldBy(sessionId, holder)
      if (!held) return { peer: undefined }
      const { call, role } = held
      const peer = call.seats[other(role)].holder
      if (isProving(call)) {
        depart(sessionId, call, role, how)
        return { peer }
      }
      const { beatAt } = call.seats[role]
      pause(sessionId, how === 'silent' ? beatAt : clock.now(), absenceOf(role, how))
      call.seats[role] = seatLeft(call.seats[role], how)
      return { peer }
    },

    lastGoodAt(sessionId) {
      const call = calls.get(sessionId)
      if (!call) return undefined
      const { session } = call
      if (isProving(call)) return session?.status === 'live' ? provenFrom(call, session.settledAt) : undefined
      return bothGood(call) ? call.seats[quieter(call)].beatAt : undefined
    },

    silence(sessionId) {
      const call = calls.get(sessionId)
      if (call?.unwritten) return call.unwritten
      if (!call || isProving(call)) return undefined
      if (!ROLES.every((role) => call.seats[role].state === 'connected')) return undefined
      const silent = quieter(call)
      const heardAt = call.seats[silent].beatAt
      const noticedAt = heardAt + heartbeatTimeoutMs
      return noticedAt <= clock.now() ? { heardAt, noticedAt, cause: CONNECTION_OF[silent] } : undefined
    },

    provenUntil(live) {
      const call = calls.get(live.id)
      return call && isProving(call) ? provenFrom(call, live.settledAt) : Infinity
    },

    sentMsOf: (sessionId) => calls.get(sessionId)?.seats.reader.sentMs ?? 0,

    causeOf(live) {
      const call = calls.get(live.id)
      return call ? proofs.causeOf(call, live) : 'connection'
    },

    async gather(sessionId) {
      const call = calls.get(sessionId)
      if (call?.session?.status !== 'live' || !isProving(call)) return undefined
      const askedAt = clock.now()
      await gatherer.gather(sessionId, call)
      return askedAt
    },

    whenProven(sessionId, instant, wake) {
      const call = calls.get(sessionId)
      return call ? gatherer.whenProven(sessionId, call, instant, wake) : () => undefined
    },

    note(session) {
      const call = calls.get(session.id)
      if (call) call.session = session
    },

    isAnyoneThere(sessionId) {
      const call = calls.get(sessionId)
      return call !== undefined && ROLES.some((role) => call.seats[role].holder !== undefined)
    },

    isSeated: (sessionId, holder) => seatHeldBy(sessionId, holder) !== undefined,

    forget(sessionId) {
      const call = calls.get(sessionId)
      if (!call) return
      call.cancelAlarm?.()
      for (const { done } of call.gatherings) done()
      calls.delete(sessionId)
    },

    stop() {
      for (const sessionId of [...calls.keys()]) this.forget(sessionId)
    },
  }
}

function admit(open: OpenSession | undefined, userId: string): { open: OpenSession; role: Role } {
  if (!open) throw new Refusal('not_found', 'There is no such open session.')
  const role = seatOf(open, userId)
  if (!role) throw new Refusal('forbidden', 'This session belongs to two other people.')
  if (open.status === 'requested') throw new Refusal('wrong_state', 'The reader has not accepted yet.')
  return { open, role }
}
