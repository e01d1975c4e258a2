/** Records what pages report and prove with each heartbeat. */
import { type Account, hear, type Readings, takeWord } from '../../domain/proof.ts'
import { pauseCause } from '../../domain/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Clock } from '../ports.ts'
import type { Gatherer } from './gathering.ts'
import type { Hearing } from './hearing.ts'
import { type Call, type HeldSeat, isHeld, other, recordOf, type Seat, seatHeard } from './seats.ts'

/** Proof that comes with a heartbeat, and how long the page has sent media or chat. */
export interface Proof extends Readings {
  readonly sentMs?: number | undefined
}

/**
 * [B22] A session ends when its pauses, with a page waiting in them, are longer than this and than
 * the time billed.
 */
const LONGEST_WAIT_MS = 60_000

export interface Heartbeats {
  takeDown(call: Call, role: Role, state: RtcState, proof: Proof | undefined): void
}

export function createHeartbeats(parts: {
  clock: Clock
  hearing: Hearing
  gatherer: Gatherer
  heartbeatTimeoutMs: number
}): Heartbeats {
  const { clock, hearing, gatherer, heartbeatTimeoutMs } = parts

  const takeDown = (call: Call, role: Role, state: RtcState, proof: Proof | undefined): void => {
    const seat = call.seats[role]
    if (!isHeld(seat)) return
    const now = clock.now()
    const heard = seatHeard(seat, {
      state,
      beatAt: now,
      account: accountAfter(seat, state, proof, now),
      sentMs: Math.max(seat.sentMs, proof?.sentMs ?? 0),
      waitedMs: seat.waitedMs + waitedSince(seat, call, now),
      isProof: proof !== undefined,
    })
    call.seats[role] = call.session?.status === 'live' ? heard : believedIn(heard, call.seats[other(role)])
    if (call.session?.status === 'paused') call.shownAt ??= now
    gatherer.heard(call, role)
  }

  /**
   * Returns the seat as believed without proof. A page of an earlier version sends neither sound
   * nor picture before the meter runs, so the other cannot prove that it receives any: for the
   * meter to start, it is enough that both have a path. Nothing is billed for that.
   */
  const believedIn = (seat: HeldSeat, peer: Seat): HeldSeat => {
    if (seat.kind !== 'proving' || seat.state !== 'connected') return seat
    if (peer.kind !== 'plain' || peer.state !== 'connected') return seat
    const { notBefore, spans } = seat.account
    if (peer.beatAt <= (spans.at(-1)?.until ?? notBefore - 1)) return seat
    return { ...seat, account: takeWord(seat.account, peer.beatAt, false) }
  }

  const accountAfter = (seat: HeldSeat, state: RtcState, proof: Proof | undefined, now: number): Account => {
    const wasConnected = hearing.isConnected(seat)
    if (proof) return hear(seat.account, proof, now)
    return wasConnected || state === 'connected' ? takeWord(seat.account, now, wasConnected) : seat.account
  }

  /**
   * [B22] Returns from when a page has waited: one that is heard while the session is paused waits
   * for the other.
   */
  const waitedSince = ({ beatAt }: HeldSeat, { session }: Call, now: number): number => {
    if (session?.status !== 'paused' || pauseCause(session) === 'server_stopped') return 0
    return now - beatAt < heartbeatTimeoutMs ? Math.max(0, now - Math.max(beatAt, session.pausedAt)) : 0
  }

  return { takeDown }
}

export function hasWaitedTooLong({ session, seats }: Call): boolean {
  if (session?.status !== 'paused') return false
  const waitedMs = Math.max(recordOf(seats.client).waitedMs, recordOf(seats.reader).waitedMs)
  return waitedMs > LONGEST_WAIT_MS && waitedMs > session.billedMs
}
