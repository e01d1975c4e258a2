/** Keeps everything that was announced, by session: it must remain true. */

import type { EndedSession } from '../../../domain/session.ts'
import type { EngineEvent } from '../../../engine/events.ts'
import type { Charge, SessionStatus } from '../../../shared/protocol/session.ts'
import { check } from './findings.ts'

export interface AnnouncedSession {
  readonly charges: Charge[]
  prompts: number
  /** The time on the meter by what was announced. */
  far: number
  ended: EndedSession | undefined
  /** The client's balance after the last charge. */
  leftCents: number
}

export interface Announcements {
  readonly sessions: ReadonlyMap<string, AnnouncedSession>
  hear(event: EngineEvent): void
  of(sessionId: string): AnnouncedSession
}

/** A session never comes back from one of these to one before; live and paused alternate. */
export const FAR: Record<SessionStatus, number> = { requested: 0, accepted: 1, live: 2, paused: 2, ended: 3 }

export function createAnnouncements(): Announcements {
  const sessions = new Map<string, AnnouncedSession>()

  const of = (sessionId: string): AnnouncedSession => {
    const known = sessions.get(sessionId) ?? {
      charges: [],
      prompts: 0,
      far: 0,
      ended: undefined,
      leftCents: 0,
    }
    sessions.set(sessionId, known)
    return known
  }

  return {
    sessions,
    of,
    hear(event) {
      if (!('session' in event)) return
      const announced = of(event.session.id)
      const { type } = event
      check(
        'S4',
        announced.ended === undefined,
        () => `${type} was announced for ${event.session.id} after its end`,
      )
      if (type === 'updated') announced.far = Math.max(announced.far, FAR[event.session.status])
      if (type === 'charged') {
        announced.charges.push(event.charge)
        announced.leftCents = event.balanceCents
      }
      if (type === 'low') {
        announced.prompts += 1
        check('S11', event.secondsLeft >= 0, () => `${event.secondsLeft} seconds were said to be left`)
      }
      if (type === 'clock') {
        const { secondsLeft = 0 } = event.clock
        check('S11', secondsLeft >= 0, () => `the clock said that ${secondsLeft} seconds are left`)
      }
      if (type !== 'ended') return
      announced.ended = event.session
      const empty = event.session.endReason !== 'out_of_funds' || announced.leftCents === 0
      check('S5', empty, () => `${announced.leftCents} cents were left when ${event.session.id} ran out`)
    },
  }
}
