import { Refusal } from '../../domain/errors.ts'
import { isOvertaken, takeWord } from '../../domain/proof.ts'
import { type LiveSession, type OpenSession, type Session, seatOf } from '../../domain/session.ts'
import { UNBILLED_MS, unbilledAllowed } from '../../domain/unbilled.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log, Store } from '../ports.ts'
import {
  absenceOf,
  type Call,
  hasGap,
  isProving,
  type Leaving,
  newCall,
  other,
  provenFrom,
  provenMsOf,
  ROLES,
  seatLeft,
  seatOfHolder,
  seatTaken,
} from './calls.ts'
import type { Settlements, Silence } from './charging.ts'
import { createGatherer } from './gathering.ts'
import { createBeats, hasWaitedTooLong, type Proof } from './heartbeats.ts'
import { createPlainCalls } from './plain-calls.ts'
import { createProofs } from './proofs.ts'

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

/** Who sits where in the calls of the open sessions, and what becomes of a session by what their pages say and prove. */
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
}): Connections {
  const { act, store, clock, log, settlements, heartbeatTimeoutMs } = parts
  const calls = new Map<string, Call>()
  const gatherer = createGatherer({ clock, send: parts.ask })
  const beats = createBeats({ clock, gatherer, heartbeatTimeoutMs })
  const plain = createPlainCalls({ ...parts, beats })
  const proofs = createProofs({ ...parts, gatherer, timeoutMs: heartbeatTimeoutMs })

  const callOf = (sessionId: string): Call => {
    const known = calls.get(sessionId)
    if (known) return known
    const call = newCall((each) =>
      isProving(each) ? proofs.look(sessionId, each) : plain.look(sessionId, each),
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
    if (!held) throw notJoined()
    return held
  }

  const giveUp = async (sessionId: string): Promise<void> => {
    await act((tx) => {
      const open = tx.openSession(sessionId)
      if (open?.status === 'paused') settlements.end(tx, open, 'connection_lost')
    }, 'session')
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
    beats.takeDown(call, role, state, proof)
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
      if (!wasProving) plain.takeOver(sessionId, { call, role })
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
      if (!held) return Promise.reject(notJoined())
      const { call, role } = held
      const isPlain = !proof && !call.seats[other(role)].proves
      const done = isPlain ? plain.beat(sessionId, held, state) : beat(sessionId, held, state, proof)
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
      plain.leave(sessionId, held, how)
      call.seats[role] = seatLeft(call.seats[role], how)
      return { peer }
    },

    lastGoodAt(sessionId) {
      const call = calls.get(sessionId)
      if (!call) return undefined
      const { session } = call
      if (isProving(call)) return session?.status === 'live' ? provenFrom(call, session.settledAt) : undefined
      return plain.lastGoodAt(call)
    },

    silence(sessionId) {
      const call = calls.get(sessionId)
      if (call?.unwritten) return call.unwritten
      if (!call || isProving(call)) return undefined
      return plain.silence(call)
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

const notJoined = () =>
  new Refusal('not_joined', 'Join the session first: another page may have taken it over.')
