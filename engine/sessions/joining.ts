/** Gives the seats of a session to the pages that join. */
import { Refusal } from '../../domain/errors.ts'
import { isStarted, type OpenSession, seatOf } from '../../domain/session.ts'
import { UNBILLED_MS, unbilledAllowed } from '../../domain/unbilled.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Clock, Log, Store, View } from '../ports.ts'
import type { Gatherer } from './gathering.ts'
import type { PlainCalls } from './plain-calls.ts'
import type { Proofs } from './proofs.ts'
import {
  absenceOf,
  type Call,
  type HeldSeat,
  holderOf,
  isProving,
  other,
  recordOf,
  type Seat,
  type SeatBook,
  seatTaken,
  tabOf,
  wentOf,
} from './seats.ts'

export interface Joined {
  readonly session: OpenSession
  readonly role: Role
  /** Holder of the seat until now. */
  readonly displaced: string | undefined
  /** Holder of the other seat. */
  readonly peer: string | undefined
  /** The most that any page of this seat has reported to have sent. */
  readonly sentMs: number
  /** [B22] How much more than what has been proven the page may send. */
  readonly unbilledMs: number
}

/**
 * The joining tab: an id that is stable across reconnects, and whether it held the seat before.
 */
export interface Coming {
  readonly tab?: string | undefined
  readonly again?: boolean | undefined
  /** Returns true while its connection is open; called when the session has been looked up. */
  readonly isThere?: () => boolean
}

type Join = (sessionId: string, userId: string, holder: string, from?: Coming) => Promise<Joined>

export function createJoining(parts: {
  store: Store
  clock: Clock
  log: Log
  seats: SeatBook
  gatherer: Gatherer
  plain: PlainCalls
  proofs: Proofs
  /** Returns the seats of an open session; creates them where it has none yet. */
  callOf: (sessionId: string) => Call
}): Join {
  const { store, clock, log, gatherer, plain, proofs, callOf } = parts
  const { calls } = parts.seats

  /**
   * Collects what the page that is about to be displaced has received until now, while it is still
   * there.
   */
  const gatherBefore = async (sessionId: string, userId: string, holder: string, tab?: string) => {
    const call = calls.get(sessionId)
    if (call?.session?.status !== 'live' || !isProving(call)) return
    const role = seatOf(call.session, userId)
    if (!role) return
    const held = holderOf(call.seats[role])
    const isOther = held !== holder && (tab === undefined || tabOf(call.seats[role]) !== tab)
    if (isOther && held !== undefined) await gatherer.gather(sessionId, call)
  }

  /**
   * Puts the page onto the seat, and pauses a running session where it is another page than before.
   */
  const seat = async (
    sessionId: string,
    { open, role, call }: Admitted,
    holder: string,
    tab: string | undefined,
  ): Promise<HeldSeat> => {
    call.session = open
    const before = call.seats[role]
    const wasProving = isProving(call)
    const taken = seatTaken(before, holder, tab, clock.now())
    const after = { ...taken, sentMs: Math.max(taken.sentMs, leastSent(open, role)) }
    if (!wasProving) plain.takeOver(sessionId, { call, role })
    call.seats[role] = after
    if (open.status === 'paused') call.shownAt ??= clock.now()
    const isOtherTab = after.account !== recordOf(before).account
    if (!wasProving || !isOtherTab || open.status !== 'live') return after
    await proofs.follow(sessionId, call, absenceOf(role, wentOf(before))).catch((error) => {
      log.error({ err: error, sessionId }, 'a pause could not be recorded')
    })
    return after
  }

  return async (sessionId, userId, holder, { tab, again, isThere = () => true } = {}) => {
    if (!again) await gatherBefore(sessionId, userId, holder, tab)
    // Found in the same read in which the session is open: one that has ended gets no new seats.
    const admitted = await store.read((view) => {
      const { open, role } = admit(view.openSession(sessionId), userId)
      return { open, role, call: callOf(sessionId), unbilledMs: allowedMs(view, open) }
    })
    // A page that has gone would never free its seat.
    if (!isThere()) throw new Refusal('not_joined', 'The page has gone.')
    const { open, role, call, unbilledMs } = admitted
    const before = call.seats[role]
    const held = holderOf(before)
    const joined = { session: open, role, peer: holderOf(call.seats[other(role)]), unbilledMs }
    if (held === holder) return { ...joined, displaced: undefined, sentMs: recordOf(before).sentMs }
    if (again && isOfAnotherTab(before, tab)) {
      throw new Refusal('taken_over', 'This session is open in another tab or on another device.')
    }
    const { sentMs } = await seat(sessionId, admitted, holder, tab)
    return { ...joined, displaced: held, sentMs }
  }
}

/**
 * Returns true where a later page has the seat, or has lost its connection and may come back: the
 * page that was opened last is the one that its user looks at.
 */
function isOfAnotherTab(seat: Seat, tab: string | undefined): boolean {
  return seat.kind !== 'empty' && wentOf(seat) !== 'closed' && tabOf(seat) !== tab
}

/**
 * [B22] Returns the least that the pages of a seat have sent, in milliseconds. After a restart the
 * server knows what was billed and, where the last stop was clean, what the reader's pages had
 * reported.
 */
function leastSent(open: OpenSession, role: Role): number {
  if (!isStarted(open)) return 0
  return Math.max(open.billedMs, role === 'reader' ? (open.sentMs ?? 0) : 0)
}

interface Admitted {
  readonly open: OpenSession
  readonly role: Role
  readonly call: Call
}

function admit(open: OpenSession | undefined, userId: string): Omit<Admitted, 'call'> {
  if (!open) throw new Refusal('not_found', 'There is no such open session.')
  const role = seatOf(open, userId)
  if (!role) throw new Refusal('forbidden', 'This session belongs to two other people.')
  if (open.status === 'requested') throw new Refusal('wrong_state', 'The reader has not accepted yet.')
  return { open, role }
}

function allowedMs(view: View, { clientId }: OpenSession): number {
  const client = view.user(clientId)
  return client?.role === 'client' ? unbilledAllowed(client, view.now) : UNBILLED_MS
}
