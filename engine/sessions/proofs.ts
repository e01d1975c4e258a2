/**
 * Runs and pauses the sessions whose pages prove what they receive. What both have proven is billed, and nothing else; what a page
 * says of its state decides only what is told meanwhile. [B18] to [B22]
 */
import { billable, type Span } from '../../domain/proof.ts'
import {
  type EndedSession,
  type LiveSession,
  type OpenSession,
  type PausedSession,
  pausedSince,
} from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Act } from '../commit.ts'
import type { Announce } from '../events.ts'
import type { Clock, Log, Tx } from '../ports.ts'
import {
  absenceOf,
  bothProve,
  type Call,
  commonOf,
  hearsNothing,
  other,
  provenFrom,
  quieter,
  ROLES,
  type Seat,
} from './calls.ts'
import type { Settlements } from './charging.ts'
import type { Gatherer } from './gathering.ts'

/** [B20] How far back a meter goes that goes on after a pause that was told. */
const AGAIN_MS = 1_000
/** A page that has not answered for so long is not there. */
const UNANSWERED_MS = 900
/** An alarm that comes later than this means that the whole process stood still. */
const HUNG_MS = 1_000
const RETRY_MS = 1_000

export interface Proofs {
  /** Brings the session up to what has been proven. `cause` says why it must stop now, where it must. */
  follow(sessionId: string, call: Call, cause?: PauseCause): Promise<void>
  /** Follows once the other page has been asked: somebody says that the call is interrupted, or has gone. */
  doubt(sessionId: string, call: Call, role: Role): Promise<void>
  /** What a session that does not run can do now: go on, or wait for one of two connected pages to prove it. */
  prospect(call: Call): 'moves' | 'waits' | undefined
  /** Looks for silence, and winds the alarm anew. */
  look(sessionId: string, call: Call): void
  causeOf(call: Call, live: LiveSession): PauseCause
  /** Winds the alarm that looks for silence. */
  listen(call: Call): void
}

export function createProofs(parts: {
  act: Act
  clock: Clock
  log: Log
  settlements: Settlements
  gatherer: Gatherer
  timeoutMs: number
  graceMs: number
  onMoved: (sessionId: string) => void
}): Proofs {
  const { act, clock, log, settlements, gatherer, timeoutMs, graceMs } = parts
  /** When this process last woke from standing still: nobody was silent while it could not hear. [B21] */
  let awakeAt = 0

  const lastHeard = ({ beatAt }: Seat): number => Math.max(beatAt, awakeAt)

  const isHeard = (seat: Seat): boolean => {
    const now = clock.now()
    const isUnanswered = seat.askedAt > lastHeard(seat) && now - seat.askedAt >= UNANSWERED_MS
    return seat.holder !== undefined && now - lastHeard(seat) < timeoutMs && !isUnanswered
  }

  const isConnected = (seat: Seat): boolean =>
    seat.holder !== undefined && seat.state === 'connected' && clock.now() - lastHeard(seat) < timeoutMs

  const areConnected = (call: Call): boolean => ROLES.every((role) => isConnected(call.seats[role]))

  /** [B19] While the other page goes on receiving from it, a page that is not heard may still prove what it received. */
  const patienceWith = (call: Call, role: Role): number =>
    bothProve(call) && isConnected(call.seats[other(role)]) ? graceMs : timeoutMs

  const silentAt = (call: Call, role: Role): number => lastHeard(call.seats[role]) + patienceWith(call, role)

  const mustStop = (call: Call): boolean =>
    ROLES.some((role) => {
      const seat = call.seats[role]
      const isGone = seat.holder === undefined && patienceWith(call, role) === timeoutMs
      const isCut = seat.state === 'interrupted' || hearsNothing(seat)
      return isCut || isGone || silentAt(call, role) <= clock.now()
    })

  const causeOf = (call: Call, live: LiveSession): PauseCause => {
    if (awakeAt > provenFrom(call, live.settledAt)) return 'server_stopped'
    const missing = ROLES.filter((role) => !isHeard(call.seats[role]))
    const [one, another] = missing
    if (one === undefined) return causeBetween(call)
    const role = another === undefined ? one : quieter(call)
    return absenceOf(role, call.seats[role].went)
  }

  /** A page of an earlier version has no words for the connection between the two. */
  const causeBetween = (call: Call): PauseCause => {
    if (bothProve(call)) return 'connection'
    const role = ROLES.find((each) => call.seats[each].state === 'interrupted') ?? quieter(call)
    return absenceOf(role, undefined)
  }

  const spansFor = (call: Call, open: OpenSession): Span[] => {
    const common = commonOf(call)
    if (open.status === 'live') return common
    const againFrom = areConnected(call) ? clock.now() - AGAIN_MS : undefined
    return billable(common, { toldAt: open.status === 'paused' ? call.toldAt : 0, againFrom })
  }

  const pause = (tx: Tx, tell: Announce, call: Call, live: LiveSession, at: number, cause?: PauseCause) => {
    // A page whose way to the server is cut hears of the pause when it is back.
    call.toldAt = ROLES.some((role) => isHeard(call.seats[role])) ? tx.now : undefined
    return settlements.pause(tx, tell, live, at, cause ?? causeOf(call, live))
  }

  /** The meter runs over each stretch that both have proven, beyond where it stands. */
  const run = (
    tx: Tx,
    tell: Announce,
    call: Call,
    open: OpenSession,
    spans: readonly Span[],
  ): OpenSession | EndedSession => {
    let moved: OpenSession | EndedSession = open
    let provenAt = open.status === 'live' ? provenFrom(call, open.settledAt) : 0
    for (const span of spans) {
      if (moved.status === 'live' && span.from > provenAt) moved = pause(tx, tell, call, moved, provenAt)
      const isCounted: boolean = span !== spans.at(-1) && span.until <= stillSince(moved)
      moved = isCounted ? moved : startIn(tx, tell, moved, span)
      provenAt = Math.max(provenAt, span.until)
    }
    return moved
  }

  const startIn = (tx: Tx, tell: Announce, open: OpenSession | EndedSession, { from, until }: Span) => {
    if (open.status !== 'accepted' && open.status !== 'paused') return open
    const since = stillSince(open)
    return until >= since ? settlements.start(tx, tell, open, Math.max(from, since)) : open
  }

  /** [B19] Proof that came late shows that both were connected for longer than the pause says. */
  const extend = (tx: Tx, tell: Announce, paused: PausedSession, spans: readonly Span[]) => {
    const span = spans.find((each) => isLateProof(paused, each))
    return span ? settlements.extend(tx, tell, paused, span.until) : paused
  }

  const bringUp = (tx: Tx, tell: Announce, call: Call, open: OpenSession, cause?: PauseCause): boolean => {
    const spans = spansFor(call, open)
    const extended = open.status === 'paused' ? extend(tx, tell, open, spans) : open
    if (extended.status === 'ended') return true
    // By the pause as it was: extended, it ends where the newest proof does, and nothing would be new.
    const isStill = extended.status !== 'live' && !goesOn(call, open, spans)
    const moved = isStill ? extended : run(tx, tell, call, extended, spans)
    if (moved.status !== 'live' || !(cause ?? mustStop(call))) return moved !== open
    pause(tx, tell, call, moved, tx.now, cause)
    return true
  }

  /** Whether both are connected now, by what they have proven. */
  const goesOn = (call: Call, open: OpenSession, spans: readonly Span[]): boolean => {
    const until = spans.at(-1)?.until ?? 0
    // What was proven before a pause does not end it.
    const isNew = open.status === 'paused' ? until > stillSince(open) : until >= stillSince(open)
    return areConnected(call) && isNew && until >= clock.now() - AGAIN_MS
  }

  const follow = async (sessionId: string, call: Call, cause?: PauseCause): Promise<void> => {
    const hasMoved = await act((tx, tell) => {
      const open = tx.openSession(sessionId)
      return open !== undefined && bringUp(tx, tell, call, open, cause)
    }, 'session')
    if (hasMoved) parts.onMoved(sessionId)
    if (call.session?.status === 'live') listen(call)
  }

  const listen = (call: Call): void => {
    call.cancelAlarm?.()
    const now = clock.now()
    const marks = ROLES.flatMap((role) => [lastHeard(call.seats[role]) + timeoutMs, silentAt(call, role)])
    call.lookAt = Math.min(now + timeoutMs, ...marks.filter((at) => at > now))
    call.cancelAlarm = clock.at(call.lookAt, call.look)
  }

  return {
    follow,
    listen,
    causeOf,

    async doubt(sessionId, call, role) {
      await gatherer.gather(sessionId, call, [other(role)])
      await follow(sessionId, call)
    },

    prospect(call) {
      const { session } = call
      if (session?.status !== 'accepted' && session?.status !== 'paused') return undefined
      const spans = spansFor(call, session)
      const isLate = session.status === 'paused' && spans.some((span) => isLateProof(session, span))
      if (!areConnected(call)) return isLate ? 'moves' : undefined
      return isLate || goesOn(call, session, spans) ? 'moves' : 'waits'
    },

    look(sessionId, call) {
      if (call.session?.status !== 'live') return
      if (clock.now() - call.lookAt > HUNG_MS) awakeAt = clock.now()
      if (!mustStop(call)) return listen(call)
      follow(sessionId, call).catch((error) => {
        log.error({ err: error, sessionId }, 'a pause could not be written down; it will be tried again')
        call.lookAt = clock.now() + RETRY_MS
        call.cancelAlarm = clock.at(call.lookAt, call.look)
      })
    },
  }
}

/** Since when the meter of a session that does not run has not run. */
function stillSince(open: OpenSession | EndedSession): number {
  if (open.status === 'paused') return pausedSince(open)
  return open.status === 'accepted' ? open.acceptedAt : Infinity
}

function isLateProof(paused: PausedSession, { from, until }: Span): boolean {
  const since = pausedSince(paused)
  return from <= since && since < until
}
