import { type Cents, NO_CENTS } from '../shared/money.ts'
import type {
  Charge,
  EndReason,
  Pause,
  PauseCause,
  SessionKind,
  SessionView,
} from '../shared/protocol/session.ts'
import type { BalanceAround, Role } from '../shared/protocol/views.ts'

/** What every session has from its first instant; the rate and the platform's share are frozen here. */
interface Agreed {
  readonly id: string
  readonly clientId: string
  readonly clientName: string
  readonly readerId: string
  readonly readerName: string
  readonly kind: SessionKind
  readonly rateCents: Cents
  /** [B9] The platform's share of each charge; sessions of before it was frozen have none and take the operator's. */
  readonly feePercent?: number
  readonly requestedAt: number
  /** [B14] Where the client wants it to stop, whatever the balance. Not for the reader to see. */
  readonly limitCents?: Cents
}

/** What the meter has written down: `billedMs` of connected time, and what it cost. */
interface Metered {
  readonly billedMs: number
  readonly chargedCents: Cents
  readonly earnedCents: Cents
  readonly charges: readonly Charge[]
  readonly pauses: readonly Pause[]
}

/** Which low-funds prompts the client has had since the balance last stood above them. */
export interface Prompted {
  readonly funds: boolean
  readonly minute: boolean
}

export interface RequestedSession extends Agreed {
  readonly status: 'requested'
}

export interface AcceptedSession extends Agreed {
  readonly status: 'accepted'
  readonly acceptedAt: number
}

interface Started extends Agreed, Metered {
  readonly acceptedAt: number
  readonly startedAt: number
  readonly prompted: Prompted
  /** [B13] Whether it is free if it ends soon after connecting. */
  readonly courtesy: boolean
  /** What the client had when the meter started. Not for the reader to see. */
  readonly balanceBeforeCents?: Cents
}

export interface LiveSession extends Started {
  readonly status: 'live'
  /** The instant up to which `billedMs` counts. */
  readonly settledAt: number
  /** The last instant at which both people are known, on disk, to have been connected. */
  readonly witnessedAt: number
}

export interface PausedSession extends Started {
  readonly status: 'paused'
  /** When the grace began to run. The last of `pauses` says since when nothing was billed, and why. */
  readonly pausedAt: number
}

export interface EndedSession extends Agreed, Metered {
  readonly status: 'ended'
  readonly acceptedAt?: number
  readonly startedAt?: number
  readonly endedAt: number
  readonly endReason: EndReason
  readonly durationSeconds: number
  readonly balanceBeforeCents?: Cents
  /** What the client had when it ended. Not for the reader to see. */
  readonly balanceAfterCents?: Cents
}

/** [B17] Bounds the interruptions of a session: past that the connection does not hold, and the session ends. */
export const MAX_INTERRUPTIONS = 300

/** [B17] A pause shorter than this is added to the one before it. */
const SHORT_PAUSE_MS = 1_000

/** Bounds the charges, and the pauses, that each change of an open session sends: its newest. */
export const SENT_AT_A_CHANGE = 30

export type StartedSession = LiveSession | PausedSession
export type OpenSession = RequestedSession | AcceptedSession | StartedSession
export type Session = OpenSession | EndedSession

const UNMETERED: Metered = {
  billedMs: 0,
  chargedCents: NO_CENTS,
  earnedCents: NO_CENTS,
  charges: [],
  pauses: [],
}

export function isStarted(session: Session): session is StartedSession {
  return session.status === 'live' || session.status === 'paused'
}

/** Which of the session's two people `userId` is; undefined for anybody else. */
export function seatOf(session: Session, userId: string): Role | undefined {
  if (userId === session.clientId) return 'client'
  if (userId === session.readerId) return 'reader'
  return undefined
}

/** The session as both of its people see it: the meter's own marks stay inside. */
export function viewSession(session: Session): SessionView {
  const metered = meteredPart(session)
  const { id, clientId, clientName, readerId, readerName, kind, rateCents, status, requestedAt } = session
  return {
    id,
    clientId,
    clientName,
    readerId,
    readerName,
    kind,
    rateCents,
    status,
    requestedAt,
    ...('acceptedAt' in session ? { acceptedAt: session.acceptedAt } : {}),
    ...('startedAt' in session ? { startedAt: session.startedAt } : {}),
    ...(session.status === 'ended' ? { endedAt: session.endedAt, endReason: session.endReason } : {}),
    billedMs: metered.billedMs,
    durationSeconds: Math.floor(metered.billedMs / 1000),
    chargedCents: metered.chargedCents,
    earnedCents: metered.earnedCents,
    charges: metered.charges,
    pauses: metered.pauses,
  }
}

/**
 * Returns the session as each change sends it: an open one with its newest charges and pauses only, since both people have
 * had the others; an ended one whole.
 */
export function viewChange(session: Session): SessionView {
  const view = viewSession(session)
  if (session.status === 'ended') return view
  const { charges, pauses } = view
  return { ...view, charges: charges.slice(-SENT_AT_A_CHANGE), pauses: pauses.slice(-SENT_AT_A_CHANGE) }
}

/** What the client's balance was at the start and at the end of an ended session; for nobody else. */
export function balanceAround(session: Session, viewer: { readonly id: string }): BalanceAround | undefined {
  if (session.status !== 'ended' || session.clientId !== viewer.id) return undefined
  const { balanceBeforeCents, balanceAfterCents } = session
  if (balanceBeforeCents === undefined || balanceAfterCents === undefined) return undefined
  return { beforeCents: balanceBeforeCents, afterCents: balanceAfterCents }
}

// ---------------------------------------------------------------- the moves between the states

export function request(agreed: Agreed): RequestedSession {
  return { ...agreed, status: 'requested' }
}

export function accept(session: RequestedSession, at: number): AcceptedSession {
  return { ...session, status: 'accepted', acceptedAt: at }
}

/** Both have connected: the meter starts at `at`. */
export function start(session: AcceptedSession, at: number, courtesy: boolean): LiveSession {
  return {
    ...session,
    ...UNMETERED,
    status: 'live',
    startedAt: at,
    settledAt: at,
    witnessedAt: at,
    prompted: { funds: false, minute: false },
    courtesy,
  }
}

/**
 * Stops the meter of a session that is settled up to the last good moment, which is where the pause begins;
 * `at` is when that was noticed, from which the grace runs.
 */
export function pause(session: LiveSession, cause: PauseCause, at: number): PausedSession {
  const { settledAt, witnessedAt: _, ...rest } = session
  return { ...rest, status: 'paused', pausedAt: at, pauses: [...session.pauses, { from: settledAt, cause }] }
}

export function resume(session: PausedSession, at: number): LiveSession {
  const { pausedAt: _, ...rest } = session
  return { ...rest, status: 'live', settledAt: at, witnessedAt: at, pauses: closePause(session.pauses, at) }
}

/** [B19] It has been shown that both were connected on from where the pause began: there was none, as far as is known now. */
export function goOn(session: PausedSession): LiveSession {
  const { pausedAt: _, ...rest } = session
  const at = pausedSince(session)
  return { ...rest, status: 'live', settledAt: at, witnessedAt: at, pauses: session.pauses.slice(0, -1) }
}

/**
 * Moves every instant of an open session back by as much as the latest lies after `now`: the wall clock was set back since, and
 * what waits for an instant must not wait for the old time to come again. Durations and amounts stay as they are.
 */
export function notAfter<S extends OpenSession>(session: S, now: number): S {
  const ms = Math.max(0, ...instantsOf(session)) - now
  if (ms <= 0) return session
  const moved: Record<string, unknown> = { ...session }
  for (const name of INSTANTS) if (typeof moved[name] === 'number') moved[name] = (moved[name] as number) - ms
  if (isStarted(session)) {
    moved.charges = session.charges.map((charge) => ({ ...charge, at: charge.at - ms }))
    moved.pauses = session.pauses.map((pause) => ({
      ...pause,
      from: pause.from - ms,
      ...(pause.to === undefined ? {} : { to: pause.to - ms }),
    }))
  }
  return moved as unknown as S
}

const INSTANTS = ['requestedAt', 'acceptedAt', 'startedAt', 'settledAt', 'witnessedAt', 'pausedAt'] as const

function instantsOf(session: OpenSession): number[] {
  const named: Partial<Record<string, unknown>> = { ...session }
  return INSTANTS.map((name) => named[name]).filter((at) => typeof at === 'number')
}

/** Ends a session that is settled: nothing may be posted to it afterwards. */
export function end(session: OpenSession, reason: EndReason, at: number): EndedSession {
  const { pauses, ...metered } = meteredPart(session)
  const { id, clientId, clientName, readerId, readerName, kind, rateCents, requestedAt } = session
  return {
    id,
    clientId,
    clientName,
    readerId,
    readerName,
    kind,
    rateCents,
    ...(session.feePercent === undefined ? {} : { feePercent: session.feePercent }),
    requestedAt,
    ...(session.limitCents === undefined ? {} : { limitCents: session.limitCents }),
    ...('acceptedAt' in session ? { acceptedAt: session.acceptedAt } : {}),
    ...('startedAt' in session ? { startedAt: session.startedAt } : {}),
    ...('balanceBeforeCents' in session ? { balanceBeforeCents: session.balanceBeforeCents } : {}),
    ...metered,
    pauses: session.status === 'paused' ? closePause(pauses, at) : pauses,
    status: 'ended',
    endedAt: at,
    endReason: reason,
    durationSeconds: Math.floor(metered.billedMs / 1000),
  }
}

/** The client wants it to stop at `limitCents`, or no longer anywhere but at the end of the balance. */
export function limit<S extends OpenSession>(session: S, limitCents: Cents | undefined): S {
  const { limitCents: _, ...rest } = session
  return (limitCents === undefined ? rest : { ...rest, limitCents }) as S
}

/** Since when nothing is billed. */
export function pausedSince({ pauses, pausedAt }: PausedSession): number {
  return pauses.at(-1)?.from ?? pausedAt
}

export function pauseCause(session: PausedSession): PauseCause {
  return session.pauses.at(-1)?.cause ?? 'server_stopped'
}

/** [B17] Returns how often the session has been interrupted, a pause that runs included. */
export function interruptions({ pauses }: Pick<Metered, 'pauses'>): number {
  return pauses.reduce((sum, { times = 1 }) => sum + times, 0)
}

function meteredPart(session: Session): Metered {
  if (session.status === 'requested' || session.status === 'accepted') return UNMETERED
  const { billedMs, chargedCents, earnedCents, charges, pauses } = session
  return { billedMs, chargedCents, earnedCents, charges, pauses }
}

/** Closes the pause that runs. [B17] A short one lengthens the pause before it, so that their sum stays as it is. */
function closePause(pauses: readonly Pause[], at: number): readonly Pause[] {
  const [before, running] = [pauses.at(-2), pauses.at(-1)]
  if (!running) return pauses
  if (!before || !isAddedTo(before, running, at)) return [...pauses.slice(0, -1), { ...running, to: at }]
  const { to = running.from, times = 1 } = before
  return [...pauses.slice(0, -2), { ...before, to: to + (at - running.from), times: times + 1 }]
}

/** What a stop of the server cost keeps a pause of its own: neither person's connection had a part in it. */
function isAddedTo(before: Pause, short: Pause, at: number): boolean {
  const byServer = before.cause === 'server_stopped' || short.cause === 'server_stopped'
  return at - short.from < SHORT_PAUSE_MS && !byServer
}
