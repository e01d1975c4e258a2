/**
 * Asks pages for a heartbeat at once, where something waits for what they have received until now.
 */
import type { Role } from '../../shared/protocol/views.ts'
import type { Clock } from '../ports.ts'
import { type Call, type Gathering, isProving, provenFrom, ROLES, type SeatBook } from './seats.ts'

/** The longest that anything waits for the pages' heartbeats. */
const GATHER_MS = 1_000
/**
 * A page sends a heartbeat when a billed minute is over; one that has not done so after this time
 * is asked.
 */
const ASK_AFTER_MS = 400
const ASK_AGAIN_MS = 1_000
/** Minimum time between two requests to one of two connected pages that have yet to prove it. */
const WAITING_ASK_MS = 400

export interface Gatherer {
  /** Asks the pages of these seats, unless they have been asked a moment ago. */
  ask(sessionId: string, call: Call, roles: readonly Role[]): void
  /**
   * Asks the page of a session that does not run yet, as soon as its last request is old enough.
   */
  askInTurn(sessionId: string, call: Call, role: Role): void
  /** Asks them, and resolves when all have sent a heartbeat, or after a second. */
  gather(sessionId: string, call: Call, roles?: readonly Role[]): Promise<void>
  /**
   * Asks the pages of a running session for what they have received until now. Resolves with the
   * instant at which it asked, when both have sent it or after a second; at once with undefined
   * where neither proves anything.
   */
  gatherOf(sessionId: string): Promise<number | undefined>
  /**
   * Calls `wake` once both have proven to be connected up to `instant`; returns a function that
   * cancels it.
   */
  whenProven(sessionId: string, instant: number, wake: () => void): () => void
  /** Takes note of a heartbeat. Call it at each one, after it has been recorded. */
  heard(call: Call, role: Role): void
}

interface GathererParts {
  seats: SeatBook
  clock: Clock
  /** Sends the request to a page. */
  send: (sessionId: string, holder: string) => void
}

export function createGatherer(parts: GathererParts): Gatherer {
  const { clock } = parts
  const { calls } = parts.seats

  const { ask, askInTurn } = createAsking(parts)

  const gather: Gatherer['gather'] = (sessionId, call, roles = ROLES) => {
    const asked = roles.filter((role) => call.seats[role].kind === 'proving')
    if (asked.length === 0) return Promise.resolve()
    ask(sessionId, call, asked)
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        call.gatherings.delete(gathering)
        resolve()
      }
      const gathering: Gathering = { missing: new Set(asked), done }
      const cancel = clock.at(clock.now() + GATHER_MS, done)
      call.gatherings.add(gathering)
    })
  }

  const whenProven = (sessionId: string, call: Call, instant: number, wake: () => void): (() => void) => {
    let cancel: (() => void) | undefined
    const awaited = {
      instant,
      wake: () => {
        cancel?.()
        wake()
      },
    }
    const askLater = (at: number): void => {
      cancel = clock.at(at, () => {
        if (call.awaited !== awaited) return
        ask(sessionId, call, ROLES)
        askLater(clock.now() + ASK_AGAIN_MS)
      })
    }
    call.awaited = awaited
    askLater(Math.max(clock.now(), instant + ASK_AFTER_MS))
    return () => {
      cancel?.()
      if (call.awaited === awaited) call.awaited = undefined
    }
  }

  return {
    ask,
    askInTurn,
    gather,

    async gatherOf(sessionId) {
      const call = calls.get(sessionId)
      if (call?.session?.status !== 'live' || !isProving(call)) return undefined
      const askedAt = clock.now()
      await gather(sessionId, call)
      return askedAt
    },

    whenProven(sessionId, instant, wake) {
      const call = calls.get(sessionId)
      return call ? whenProven(sessionId, call, instant, wake) : () => undefined
    },

    heard(call, role) {
      for (const gathering of call.gatherings) {
        gathering.missing.delete(role)
        if (gathering.missing.size === 0) gathering.done()
      }
      const { awaited, session } = call
      if (!awaited || session?.status !== 'live') return
      if (provenFrom(call, session.settledAt) < awaited.instant) return
      call.awaited = undefined
      awaited.wake()
    },
  }
}

/** Creates the two ways of asking: at once, and no more often than a waiting session needs. */
function createAsking({ clock, send }: GathererParts): Pick<Gatherer, 'ask' | 'askInTurn'> {
  const ask = (sessionId: string, call: Call, roles: readonly Role[]): void => {
    for (const role of roles) {
      const seat = call.seats[role]
      if (seat.kind !== 'proving') continue
      const now = clock.now()
      const isWaiting = seat.askedAt > seat.beatAt
      if (isWaiting && now - seat.askedLastAt < ASK_AGAIN_MS) continue
      call.seats[role] = { ...seat, askedAt: isWaiting ? seat.askedAt : now, askedLastAt: now }
      send(sessionId, seat.holder)
    }
  }

  const askInTurn = (sessionId: string, call: Call, role: Role): void => {
    const seat = call.seats[role]
    if (seat.kind !== 'proving') return
    const at = seat.askedLastAt + WAITING_ASK_MS
    if (at <= clock.now()) {
      ask(sessionId, call, [role])
      return
    }
    call.cancelAsk ??= clock.at(at, () => {
      call.cancelAsk = undefined
      if (call.session?.status !== 'live') ask(sessionId, call, [role])
    })
  }

  return { ask, askInTurn }
}
