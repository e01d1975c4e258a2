/**
 * Compares the charges that each page received for its session with those that it should have
 * received.
 */
import { now } from './figures.ts'

/** The charges that fell due in a stretch of time. */
export interface Due {
  readonly chargesDue: number
  readonly lost: number
  readonly repeated: number
  /** The delay of each announcement after the instant at which the charge was due. */
  readonly latenesses: number[]
}

interface Told {
  readonly startedAt: number
  /** The delay of each minute's announcement, by role and minute. */
  readonly lateness: Map<string, number>
}

export interface ChargeBook {
  /** Takes an event about a session, as one of its pages heard it. */
  hear(text: string, sessionId: string, role: string): void
  /** Returns the number of sessions that have started. */
  live(): number
  between(from: number, to: number): Due
  troubles(): string[]
}

const ROLES = ['client', 'reader'] as const

export function createChargeBook(minuteMs: number): ChargeBook {
  const sessions = new Map<string, Told>()
  const repeats: number[] = []
  const troubles: string[] = []

  const hearUpdate = (session: { id: string; status: string; startedAt?: number }): void => {
    if (session.status === 'live' && session.startedAt !== undefined && !sessions.has(session.id)) {
      sessions.set(session.id, { startedAt: session.startedAt, lateness: new Map() })
    } else if (session.status !== 'live') {
      troubles.push(`session ${session.id} is ${session.status}`)
    }
  }

  const hearCharge = (charge: { minute: number; at: number }, sessionId: string, role: string): void => {
    const arrivedAt = now()
    const told = sessions.get(sessionId)
    const key = `${role}:${charge.minute}`
    if (!told || told.startedAt + charge.minute * minuteMs !== charge.at) {
      troubles.push(`minute ${charge.minute} of session ${sessionId} was charged at ${charge.at}`)
    } else if (told.lateness.has(key)) repeats.push(charge.at)
    else told.lateness.set(key, arrivedAt - charge.at)
  }

  return {
    hear(text, sessionId, role) {
      const [event, payload] = JSON.parse(text.slice(2))
      if (event === 'session:updated') hearUpdate(payload.session)
      else if (event === 'session:charged') hearCharge(payload.charge, sessionId, role)
    },

    live: () => sessions.size,

    between(from, to) {
      const latenesses: number[] = []
      let chargesDue = 0
      let lost = 0
      for (const { startedAt, lateness } of sessions.values()) {
        const first = Math.max(1, Math.ceil((from - startedAt) / minuteMs))
        for (let minute = first; startedAt + minute * minuteMs <= to; minute += 1) {
          chargesDue += 1
          for (const role of ROLES) {
            const late = lateness.get(`${role}:${minute}`)
            if (late === undefined) lost += 1
            else latenesses.push(late)
          }
        }
      }
      const repeated = repeats.filter((at) => at >= from && at <= to).length
      return { chargesDue, lost, repeated, latenesses }
    },

    troubles: () => troubles.slice(0, 10),
  }
}
