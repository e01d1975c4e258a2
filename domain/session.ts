/**
 * Defines the states of a session, the moves between them, and what each of its two people sees.
 */
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

/**
 * Fields that every session has from its first instant; the rate and the platform's share are
 * frozen here.
 */
interface Agreed {
  readonly id: string
  readonly clientId: string
  readonly clientName: string
  readonly readerId: string
  readonly readerName: string
  readonly kind: SessionKind
  readonly rateCents: Cents
  /**
   * [B9] Platform's share of each charge; sessions from before it was frozen have none and take the
   * operator's.
   */
  readonly feePercent?: number
  readonly requestedAt: number
  /**
   * [B14] The most that the client wants to spend, whatever the balance. The reader must not see
   * it.
   */
  readonly limitCents?: Cents
}

/** Record of the meter: `billedMs` of connected time, and what it cost. */
interface Metered {
  readonly billedMs: number
  readonly chargedCents: Cents
  readonly earnedCents: Cents
  readonly charges: readonly Charge[]
  readonly pauses: readonly Pause[]
}

/** Low-funds prompts that the client has had since the balance was last above them. */
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
  /** [B13] True where it is free if it ends soon after connecting. */
  readonly courtesy: boolean
  /** The client's balance when the meter started. The reader must not see it. */
  readonly balanceBeforeCents?: Cents
  /** [B22] How long the reader's pages had sent by the last stop of the server. */
  readonly sentMs?: number
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
  /** Start of the grace. The last of `pauses` says since when nothing is billed, and why. */
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
  /** The client's balance when it ended. The reader must not see it. */
  readonly balanceAfterCents?: Cents
}

/**
 * [B17] Bounds the interruptions of a session: a connection that is lost more often does not hold,
 * and the session ends.
 */
export const MAX_INTERRUPTIONS = 300

/** [B17] A pause shorter than this is added to the one before it. */
const SHORT_PAUSE_MS = 1_000

/** Most of the newest charges, and pauses, that each change of an open session sends. */
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

/** Returns the role of `userId` in the session; undefined for all but its two people. */
export function seatOf(session: Session, userId: string): Role | undefined {
  if (userId === session.clientId) return 'client'
  if (userId === session.readerId) return 'reader'
  return undefined
}

/** Returns the session as both of its people see it, without the meter's own fields. */
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
    ...(session.feePercent ? { feePercent: session.feePercent } : {}),
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
 * Returns the session as each change sends it: an open one with its newest charges and pauses only,
 * since both people have the others already; an ended one whole.
 */
export function viewChange(session: Session): SessionView {
  const view = viewSession(session)
  if (session.status === 'ended') return view
  const { charges, pauses } = view
  return { ...view, charges: charges.slice(-SENT_AT_A_CHANGE), pauses: pauses.slice(-SENT_AT_A_CHANGE) }
}

/**
 * Returns the client's balance at the start and at the end of an ended session; nothing for other
 * viewers.
 */
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

/** Returns the live session once both have connected: the meter starts at `at`. */
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
 * Returns the session with its meter paused. It is charged up to the last good moment, where the
 * pause begins; `at` is when that was noticed, from which the grace runs.
 */
export function pause(session: LiveSession, cause: PauseCause, at: number): PausedSession {
  const { settledAt, witnessedAt: _, ...rest } = session
  return { ...rest, status: 'paused', pausedAt: at, pauses: [...session.pauses, { from: settledAt, cause }] }
}

export function resume(session: PausedSession, at: number): LiveSession {
  const { pausedAt: _, ...rest } = session
  return { ...rest, status: 'live', settledAt: at, witnessedAt: at, pauses: closePause(session.pauses, at) }
}

/**
 * [B19] Returns the session without its last pause: proof shows that both were still connected when
 * it began.
 */
export function goOn(session: PausedSession): LiveSession {
  const { pausedAt: _, ...rest } = session
  const at = pausedSince(session)
  return { ...rest, status: 'live', settledAt: at, witnessedAt: at, pauses: session.pauses.slice(0, -1) }
}

/**
 * Returns an open session with every instant moved back by as much as the latest lies after `now`:
 * the wall clock was set back, and waits must not last until the old time comes again. Durations
 * and amounts stay as they are.
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

/**
 * Returns the ended session; it must be fully charged, since nothing may be posted to it
 * afterwards.
 */
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

/** Returns the session with the client's limit; undefined where only the balance limits it. */
export function limit<S extends OpenSession>(session: S, limitCents: Cents | undefined): S {
  const { limitCents: _, ...rest } = session
  return (limitCents === undefined ? rest : { ...rest, limitCents }) as S
}

/**
 * [B22] Returns the session with the time that the reader's pages have sent, for the next run of
 * the server.
 */
export function noteSent<S extends StartedSession>(session: S, sentMs: number): S {
  return sentMs > (session.sentMs ?? 0) ? { ...session, sentMs } : session
}

/** Returns the instant from which nothing is billed. */
export function pausedSince({ pauses, pausedAt }: PausedSession): number {
  return pauses.at(-1)?.from ?? pausedAt
}

export function pauseCause(session: PausedSession): PauseCause {
  return session.pauses.at(-1)?.cause ?? 'server_stopped'
}

/**
 * [B17] Returns how often the session has been interrupted, including a pause that has not ended.
 */
export function interruptions({ pauses }: Pick<Metered, 'pauses'>): number {
  return pauses.reduce((sum, { times = 1 }) => sum + times, 0)
}

function meteredPart(session: Session): Metered {
  if (session.status === 'requested' || session.status === 'accepted') return UNMETERED
  const { billedMs, chargedCents, earnedCents, charges, pauses } = session
  return { billedMs, chargedCents, earnedCents, charges, pauses }
}

/**
 * Returns the pauses with the open one closed. [B17] A short one lengthens the pause before it, so
 * that their sum stays the same.
 */
function closePause(pauses: readonly Pause[], at: number): readonly Pause[] {
  const [before, running] = [pauses.at(-2), pauses.at(-1)]
  if (!running) return pauses
  if (!before || !isAddedTo(before, running, at)) return [...pauses.slice(0, -1), { ...running, to: at }]
  const { to = running.from, times = 1 } = before
  return [...pauses.slice(0, -2), { ...before, to: to + (at - running.from), times: times + 1 }]
}

/**
 * Returns true where a short pause may be added to the one before. A stop of the server keeps a
 * pause of its own: neither person's connection was lost.
 */
function isAddedTo(before: Pause, short: Pause, at: number): boolean {
  const byServer = before.cause === 'server_stopped' || short.cause === 'server_stopped'
  return at - short.from < SHORT_PAUSE_MS && !byServer
}
