/**
 * Keeps the seat book: who sits where in the open sessions, and what each page has reported and
 * proven. It decides nothing; charging, the meter and connections read it.
 */
import { Refusal } from '../../domain/errors.ts'
import { type Account, commonSpans, newAccount, provenUntil, type Span } from '../../domain/proof.ts'
import type { Session } from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'

/**
 * Way in which a page left. One that was closed, or cut off by the server, was there until now; a
 * silent one only until it was last heard.
 */
export type Leaving = 'closed' | 'cut' | 'silent'

/** Record of a seat, whichever page holds it. */
interface SeatRecord {
  readonly beatAt: number
  readonly account: Account
  /** The most that any page of this seat has reported to have sent. */
  readonly sentMs: number
  /** Time for which it has waited in pauses while it was heard. */
  readonly waitedMs: number
}

/** The tab's id, which is stable across reconnects; pages of an earlier version send none. */
interface OfTab {
  readonly tab: string | undefined
}

interface Held extends SeatRecord, OfTab {
  /** Socket that holds the seat; a later page takes it over. */
  readonly holder: string
  readonly state: RtcState | 'unknown'
}

/** A seat whose page sends no readings of its clock: it is believed up to its last heartbeat. */
export interface PlainSeat extends Held {
  readonly kind: 'plain'
}

/** A seat whose page proves what it receives. */
export interface ProvingSeat extends Held {
  readonly kind: 'proving'
  /**
   * Instant at which it was asked for the heartbeat that is missing, or for the last one that came.
   */
  readonly askedAt: number
  /** Instant at which it was last asked, repeats included. */
  readonly askedLastAt: number
}

/** A seat whose page has gone, with no other in its place yet. */
export interface LeftSeat extends SeatRecord, OfTab {
  readonly kind: 'left'
  readonly went: Leaving
  /**
   * Instant at which its last page was last asked for a heartbeat; undefined where that page proved
   * nothing.
   */
  readonly askedLastAt: number | undefined
}

export type HeldSeat = PlainSeat | ProvingSeat
export type Seat = { readonly kind: 'empty' } | HeldSeat | LeftSeat

/** A wait until the pages that were asked have sent a heartbeat. */
export interface Gathering {
  readonly missing: Set<Role>
  readonly done: () => void
}

/**
 * A user of a running session was last heard at `heardAt`; a process that is not suspended notices
 * at `noticedAt`.
 */
export interface Silence {
  readonly heardAt: number
  readonly noticedAt: number
  readonly cause: PauseCause
}

/** The two seats of a session, and what is known of the call between them. */
export interface Call {
  readonly seats: Record<Role, Seat>
  /** Looks for silence. */
  readonly look: () => void
  cancelAlarm: (() => void) | undefined
  /** Cancels a request for a heartbeat that is planned. */
  cancelAsk: (() => void) | undefined
  /** Next alarm that looks for silence. */
  lookAt: number
  /** A pause that the disk had no room for; the next charge must count it. */
  unwritten: Silence | undefined
  /** The session as last announced. */
  session: Session | undefined
  /** Instant at which a page was first shown the current pause. */
  shownAt: number | undefined
  readonly gatherings: Set<Gathering>
  /** A caller that waits for proof up to an instant. */
  awaited: { readonly instant: number; readonly wake: () => void } | undefined
}

export interface SeatBook {
  readonly calls: Map<string, Call>
  /**
   * Instant at which this process last woke from being suspended: no page counts as silent for that
   * time. [B21]
   */
  awakeAt: number
}

export const createSeatBook = (): SeatBook => ({ calls: new Map(), awakeAt: 0 })

export const ROLES = ['client', 'reader'] as const

export const CONNECTION_OF = { client: 'client_connection', reader: 'reader_connection' } as const
const LEFT = { client: 'client_left', reader: 'reader_left' } as const

/** Returns the cause of a pause that the absence of this role's page brings about. */
export const absenceOf = (role: Role, went: Leaving | undefined): PauseCause =>
  went === 'closed' ? LEFT[role] : CONNECTION_OF[role]

export const other = (role: Role): Role => (role === 'client' ? 'reader' : 'client')

export function newCall(look: (call: Call) => void): Call {
  const call: Call = {
    seats: { client: { kind: 'empty' }, reader: { kind: 'empty' } },
    look: () => look(call),
    cancelAlarm: undefined,
    cancelAsk: undefined,
    lookAt: Infinity,
    unwritten: undefined,
    session: undefined,
    shownAt: undefined,
    gatherings: new Set(),
    awaited: undefined,
  }
  return call
}

// ---------------------------------------------------------------- one seat

const NOTHING_KNOWN: SeatRecord = { beatAt: 0, account: newAccount(0), sentMs: 0, waitedMs: 0 }

/** Returns what is kept of the seat's pages; the empty record where none has come yet. */
export const recordOf = (seat: Seat): SeatRecord => (seat.kind === 'empty' ? NOTHING_KNOWN : seat)

export const isHeld = (seat: Seat): seat is HeldSeat => seat.kind === 'plain' || seat.kind === 'proving'

export const holderOf = (seat: Seat): string | undefined => (isHeld(seat) ? seat.holder : undefined)

export const tabOf = (seat: Seat): string | undefined => (seat.kind === 'empty' ? undefined : seat.tab)

/** Returns how the last page left, while no other has come. */
export const wentOf = (seat: Seat): Leaving | undefined => (seat.kind === 'left' ? seat.went : undefined)

/** Returns what its page reports of the call; `unknown` where there is none. */
export const stateOf = (seat: Seat): RtcState | 'unknown' => (isHeld(seat) ? seat.state : 'unknown')

/**
 * Returns when its page was last asked for a heartbeat; undefined for a page that proves nothing.
 */
const askedLastAtOf = (seat: Seat): number | undefined =>
  seat.kind === 'proving' || seat.kind === 'left' ? seat.askedLastAt : undefined

/** Returns true where its page, or its last one, proves what it receives. */
export const proves = (seat: Seat): boolean => askedLastAtOf(seat) !== undefined

/**
 * Returns the seat once `holder` has taken it at `at`. A page that reconnects keeps what it has
 * proven, and has proven nothing more by that; a new page starts with nothing but the seat's
 * record.
 */
export function seatTaken(before: Seat, holder: string, tab: string | undefined, at: number): HeldSeat {
  const { beatAt, account, sentMs, waitedMs } = recordOf(before)
  const taken = { holder, tab, state: 'unknown', sentMs, waitedMs } as const
  const askedLastAt = askedLastAtOf(before)
  const goesOn = tab !== undefined && tab === tabOf(before)
  if (goesOn && askedLastAt !== undefined) {
    return { ...taken, kind: 'proving', beatAt, account, askedAt: 0, askedLastAt }
  }
  return { ...taken, kind: 'plain', beatAt: at, account: newAccount(at, account) }
}

export function seatLeft(before: HeldSeat, went: Leaving): LeftSeat {
  const { tab, beatAt, account, sentMs, waitedMs } = before
  return { kind: 'left', went, tab, beatAt, account, sentMs, waitedMs, askedLastAt: askedLastAtOf(before) }
}

/** Changes of a seat by a heartbeat. */
interface Heard extends SeatRecord {
  readonly state: RtcState
  /** True where it brought a reading of the page's clock. */
  readonly isProof: boolean
}

export function seatHeard({ holder, tab, ...before }: HeldSeat, { isProof, ...heard }: Heard): HeldSeat {
  const held = { holder, tab, ...heard }
  if (!isProof) return { ...held, kind: 'plain' }
  const { askedAt, askedLastAt } = before.kind === 'proving' ? before : { askedAt: 0, askedLastAt: 0 }
  return { ...held, kind: 'proving', askedAt, askedLastAt }
}

/**
 * A page that reports to be connected and has received no media or chat for this long is sent
 * nothing.
 */
const NOTHING_SENT_MS = 4_000

/**
 * [B18] Returns true where the page of this seat has a path to the other and receives no media or
 * chat over it. A heartbeat that was delayed on its way counts from when it was sent.
 */
export function hearsNothing(seat: Seat): boolean {
  if (seat.kind !== 'proving' || seat.state !== 'connected') return false
  const { marks, heardAt = -Infinity, spans, notBefore } = seat.account
  const bySending = (marks.at(-1)?.now ?? 0) - heardAt
  const byArrival = seat.beatAt - (spans.at(-1)?.until ?? notBefore)
  return Math.min(bySending, byArrival) > NOTHING_SENT_MS
}

// ---------------------------------------------------------------- both seats

/** Returns true where either page proves what it received: then nothing is billed without proof. */
export const isProving = ({ seats }: Call): boolean => proves(seats.client) || proves(seats.reader)

export const bothProve = ({ seats }: Call): boolean => proves(seats.client) && proves(seats.reader)

const accountsOf = ({ seats }: Call): [Account, Account] => [
  recordOf(seats.client).account,
  recordOf(seats.reader).account,
]

export const commonOf = (call: Call): Span[] => commonSpans(...accountsOf(call))

/** Returns the instant up to which both have proven to be connected, without a gap from `from`. */
export const provenFrom = (call: Call, from: number): number => provenUntil(...accountsOf(call), from)

/** Returns true where both have proven connected time after a gap since `from`. */
export function hasGap(call: Call, from: number): boolean {
  const [client, reader] = accountsOf(call).map(({ spans }) => spans.at(-1))
  if (!client || !reader || (client.from <= from && reader.from <= from)) return false
  const until = Math.min(client.until, reader.until)
  return until >= Math.max(client.from, reader.from) && until > provenFrom(call, from)
}

/**
 * Returns how many milliseconds of connected time both have proven so far, as far as the session
 * has announced.
 */
export function provenMsOf(call: Call): number {
  const { session } = call
  if (session?.status === 'live') {
    return session.billedMs + provenFrom(call, session.settledAt) - session.settledAt
  }
  return session && 'billedMs' in session ? session.billedMs : 0
}

export const quieter = ({ seats }: Call): Role =>
  recordOf(seats.client).beatAt <= recordOf(seats.reader).beatAt ? 'client' : 'reader'

// ---------------------------------------------------------------- the book

/** A seat that a page holds, and where it is. */
export interface HeldBy {
  readonly call: Call
  readonly role: Role
  readonly seat: HeldSeat
}

export function seatHeldBy({ calls }: SeatBook, sessionId: string, holder: string): HeldBy | undefined {
  const call = calls.get(sessionId)
  if (!call) return undefined
  for (const role of ROLES) {
    const seat = call.seats[role]
    if (isHeld(seat) && seat.holder === holder) return { call, role, seat }
  }
  return undefined
}

/** Returns the seat that `holder` has. Throws the refusal `not_joined`. */
export function heldSeat(book: SeatBook, sessionId: string, holder: string): HeldBy {
  const held = seatHeldBy(book, sessionId, holder)
  if (!held) throw notJoined()
  return held
}

export const notJoined = () =>
  new Refusal('not_joined', 'Join the session first: another page may have taken it over.')
