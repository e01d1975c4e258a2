/**
 * Runs and pauses the sessions whose pages prove what they receive. What both have proven is
 * billed, and nothing else; what a page reports of its state decides only what is shown in the
 * meantime. [B18] to [B22]
 */
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log } from '../ports.ts'
import { createCatchUp } from './catching-up.ts'
import type { Charging } from './charging.ts'
import type { Gatherer } from './gathering.ts'
import type { Hearing } from './hearing.ts'
import { type Call, other, ROLES, type SeatBook } from './seats.ts'

/** An alarm that is later than this means that the whole process was suspended. */
const HUNG_MS = 1_000
const RETRY_MS = 1_000

export interface Proofs {
  /**
   * Charges the session up to what has been proven. `cause` is given where the session must pause
   * now, and says why.
   */
  follow(sessionId: string, call: Call, cause?: PauseCause): Promise<void>
  /**
   * Does the same after asking the other page, where one reports an interrupted call or has gone.
   */
  doubt(sessionId: string, call: Call, role: Role): Promise<void>
  /**
   * Returns what a session whose meter does not run can do now: go on, or wait for one of two
   * connected pages to prove it.
   */
  nextStep(call: Call): 'moves' | 'waits' | undefined
  /** Looks for silence, and sets the alarm again. */
  look(sessionId: string, call: Call): void
}

export function createProofs(parts: {
  act: Act
  clock: Clock
  log: Log
  charging: Charging
  seats: SeatBook
  hearing: Hearing
  gatherer: Gatherer
  heartbeatTimeoutMs: number
}): Proofs {
  const { act, clock, log, seats, hearing, gatherer, heartbeatTimeoutMs } = parts
  const catchUp = createCatchUp(parts)

  const follow = async (sessionId: string, call: Call, cause?: PauseCause): Promise<void> => {
    await act((tx) => {
      const open = tx.openSession(sessionId)
      if (open) catchUp.bringUp(tx, call, open, cause)
    }, 'session')
    if (call.session?.status === 'live') listen(call)
  }

  const listen = (call: Call): void => {
    call.cancelAlarm?.()
    const now = clock.now()
    const marks = ROLES.flatMap((role) => [
      hearing.lastHeard(call.seats[role]) + heartbeatTimeoutMs,
      hearing.silentAt(call, role),
    ])
    call.lookAt = Math.min(now + heartbeatTimeoutMs, ...marks.filter((at) => at > now))
    call.cancelAlarm = clock.at(call.lookAt, call.look)
  }

  return {
    follow,

    async doubt(sessionId, call, role) {
      await gatherer.gather(sessionId, call, [other(role)])
      await follow(sessionId, call)
    },

    nextStep: catchUp.nextStep,

    look(sessionId, call) {
      if (call.session?.status !== 'live') return
      if (clock.now() - call.lookAt > HUNG_MS) seats.awakeAt = clock.now()
      if (!hearing.mustStop(call)) return listen(call)
      follow(sessionId, call).catch((error) => {
        log.error({ err: error, sessionId }, 'a pause could not be recorded; it will be retried')
        call.lookAt = clock.now() + RETRY_MS
        call.cancelAlarm = clock.at(call.lookAt, call.look)
      })
    },
  }
}
