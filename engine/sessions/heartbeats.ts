/** Takes down what pages say and prove with each beat. */
import { hear, type Readings, takeWord } from '../../domain/proof.ts'
import { pauseCause } from '../../domain/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Clock } from '../ports.ts'
import type { Call, Seat } from './calls.ts'
import type { Gatherer } from './gathering.ts'

/** What a page proves with a beat, and how long it has sent media or chat. */
export interface Proof extends Readings {
  readonly sentMs?: number | undefined
}

/** [B22] A session ends when its pauses, with a page waiting in them, are longer than this and than the time billed. */
const LONGEST_WAIT_MS = 60_000

export interface Beats {
  takeDown(call: Call, role: Role, state: RtcState, proof: Proof | undefined): void
}

export function createBeats(parts: { clock: Clock; gatherer: Gatherer; heartbeatTimeoutMs: number }): Beats {
  const { clock, gatherer, heartbeatTimeoutMs } = parts

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

  return { takeDown }
}

export function hasWaitedTooLong({ session, seats }: Call): boolean {
  if (session?.status !== 'paused') return false
  const waitedMs = Math.max(seats.client.waitedMs, seats.reader.waitedMs)
  return waitedMs > LONGEST_WAIT_MS && waitedMs > session.billedMs
}
