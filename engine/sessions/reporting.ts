/** Takes what a page reports of the call, and moves the session where that is due. */
import { isOvertaken } from '../../domain/proof.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Act } from '../commit.ts'
import type { Charging } from './charging.ts'
import type { Gatherer } from './gathering.ts'
import { type Heartbeats, hasWaitedTooLong, type Proof } from './heartbeats.ts'
import type { PlainCalls } from './plain-calls.ts'
import type { Proofs } from './proofs.ts'
import {
  type HeldBy,
  hasGap,
  hearsNothing,
  notJoined,
  other,
  proves,
  recordOf,
  type SeatBook,
  seatHeldBy,
} from './seats.ts'

type Report = (sessionId: string, holder: string, state: RtcState, proof?: Proof) => Promise<void> | undefined

export function createReporting(parts: {
  act: Act
  charging: Charging
  seats: SeatBook
  gatherer: Gatherer
  heartbeats: Heartbeats
  plain: PlainCalls
  proofs: Proofs
}): Report {
  const { act, charging, gatherer, heartbeats, plain, proofs } = parts

  const giveUp = (sessionId: string): Promise<void> =>
    act((tx) => {
      const open = tx.openSession(sessionId)
      if (open?.status === 'paused') charging.end(tx, open, 'connection_lost')
    }, 'session')

  /** Handles one heartbeat of a call in which a page proves what it receives. */
  const beat = (
    sessionId: string,
    { call, role }: HeldBy,
    state: RtcState,
    proof: Proof | undefined,
  ): Promise<void> | undefined => {
    // One that was overtaken by a later heartbeat is out of date.
    if (proof && isOvertaken(recordOf(call.seats[role]).account, proof)) return undefined
    heartbeats.takeDown(call, role, state, proof)
    if (call.session?.status === 'live') {
      if (state === 'interrupted') return proofs.doubt(sessionId, call, role)
      const mustFollow = hasGap(call, call.session.settledAt) || hearsNothing(call.seats[role])
      return mustFollow ? proofs.follow(sessionId, call) : undefined
    }
    const askWhereItWaits = (nextStep = proofs.nextStep(call)): void => {
      if (nextStep === 'waits') gatherer.askInTurn(sessionId, call, other(role))
    }
    const nextStep = proofs.nextStep(call)
    // A late proof of time before the pause moves the session, which still waits for present proof.
    if (nextStep === 'moves') return proofs.follow(sessionId, call).then(() => askWhereItWaits())
    askWhereItWaits(nextStep)
    return undefined
  }

  return (sessionId, holder, state, proof) => {
    const held = seatHeldBy(parts.seats, sessionId, holder)
    if (!held) return Promise.reject(notJoined())
    const { call, role } = held
    const isPlain = !proof && !proves(call.seats[other(role)])
    const done = isPlain ? plain.beat(sessionId, held, state) : beat(sessionId, held, state, proof)
    if (!hasWaitedTooLong(call)) return done
    return Promise.resolve(done).then(() => (hasWaitedTooLong(call) ? giveUp(sessionId) : undefined))
  }
}
