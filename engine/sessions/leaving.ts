/** Frees the seats of pages that leave. */
import { takeWord } from '../../domain/proof.ts'
import type { Clock, Log } from '../ports.ts'
import type { PlainCalls } from './plain-calls.ts'
import type { Proofs } from './proofs.ts'
import {
  type HeldBy,
  type HeldSeat,
  holderOf,
  isProving,
  type Leaving,
  other,
  type SeatBook,
  seatHeldBy,
  seatLeft,
} from './seats.ts'

type Leave = (sessionId: string, holder: string, how: Leaving) => { peer: string | undefined }

export function createLeaving(parts: {
  clock: Clock
  log: Log
  seats: SeatBook
  plain: PlainCalls
  proofs: Proofs
}): Leave {
  const { clock, log, seats, plain, proofs } = parts

  /**
   * Returns the seat once its page has gone. A page that proves nothing is believed to have been
   * connected until then.
   */
  const withLastWord = (seat: HeldSeat, how: Leaving): HeldSeat =>
    seat.kind === 'plain' && seat.state === 'connected' && how !== 'silent'
      ? { ...seat, account: takeWord(seat.account, clock.now(), true) }
      : seat

  const depart = (sessionId: string, { call, role, seat }: HeldBy, how: Leaving): void => {
    call.seats[role] = seatLeft(withLastWord(seat, how), how)
    if (call.session?.status !== 'live') return
    proofs.doubt(sessionId, call, role).catch((error) => {
      log.error({ err: error, sessionId }, 'a pause could not be recorded')
    })
  }

  return (sessionId, holder, how) => {
    const held = seatHeldBy(seats, sessionId, holder)
    if (!held) return { peer: undefined }
    const { call, role, seat } = held
    if (isProving(call)) depart(sessionId, held, how)
    else {
      plain.leave(sessionId, held, how)
      call.seats[role] = seatLeft(seat, how)
    }
    return { peer: holderOf(call.seats[other(role)]) }
  }
}
