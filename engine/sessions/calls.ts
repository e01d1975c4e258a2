/** The calls of the open sessions: who sits where, and what each page has told and proven. Decides nothing by itself. */
import { type Account, commonSpans, newAccount, provenUntil, type Span } from '../../domain/proof.ts'
import type { Session } from '../../domain/session.ts'
import type { PauseCause } from '../../shared/protocol/session.ts'
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Silence } from './charging.ts'

/**
 * How a page went. One that was closed, or whose connection the server cut, was there until now; a silent one only until it was
 * last heard.
 */
export type Leaving = 'closed' | 'cut' | 'silent'

/** One of a session's two places, and what its page has told of the call. */
export interface Seat {
  /** Which page holds it; a later page takes it over. */
  holder: string | undefined
  /** What that page calls itself, over all its sockets. */
  page?: string | undefined
  state: RtcState | 'unknown'
  beatAt: number
  /** Whether that page sends readings of its clock; the others are believed to the last beat. */
  proves: boolean
  account: Account
  /** When it was asked for the beat that has not come since, or for the last that has. */
  askedAt: number
  askedLastAt: number
  /** How the last page went, while none has come since. */
  went: Leaving | undefined
  /** The most that any page of this seat has reported to have sent. */
  sentMs: number
  /** How long it has waited in pauses while it was heard. */
  waitedMs: number
}

/** Somebody waits until the pages that were asked have answered. */
export interface Gathering {
  readonly missing: Set<Role>
  readonly done: () => void
}

export interface Call {
  readonly seats: Record<Role, Seat>
  /** Looks for silence. */
  readonly look: () => void
  cancelAlarm: (() => void) | undefined
  /** Calls off a question that is to be asked later. */
  cancelAsk: (() => void) | undefined
  /** When the alarm is to ring. */
  lookAt: number
  /** A pause that the disk had no room for: whatever settles next must heed it. */
  unwritten: Silence | undefined
  /** The session as it was last told of. */
  session: Session | undefined
  /** When a page first heard of the pause that runs. */
  toldAt: number | undefined
  readonly gatherings: Set<Gathering>
  /** Somebody waits for proof up to an instant. */
  awaited: { readonly instant: number; readonly wake: () => void } | undefined
}

export const ROLES = ['client', 'reader'] as const

export const CONNECTION_OF = { client: 'client_connection', reader: 'reader_connection' } as const
const LEFT = { client: 'client_left', reader: 'reader_left' } as const

/** Returns the cause of a pause for which this page's absence is the reason. */
export const absenceOf = (role: Role, went: Leaving | undefined): PauseCause =>
  went === 'closed' ? LEFT[role] : CONNECTION_OF[role]

export const other = (role: Role): Role => (role === 'client' ? 'reader' : 'client')

export function newCall(look: (call: Call) => void): Call {
  const call: Call = {
    seats: { client: emptySeat(), reader: emptySeat() },
    look: () => look(call),
    cancelAlarm: undefined,
    cancelAsk: undefined,
    lookAt: Infinity,
    unwritten: undefined,
    session: undefined,
    toldAt: undefined,
    gatherings: new Set(),
    awaited: undefined,
  }
  return call
}

const emptySeat = (): Seat => ({
  holder: undefined,
  state: 'unknown',
  beatAt: 0,
  proves: false,
  account: newAccount(0),
  askedAt: 0,
  askedLastAt: 0,
  went: undefined,
  sentMs: 0,
  waitedMs: 0,
})

/**
 * Returns the seat once `holder` has taken it at `at`. A page that goes on over another socket keeps what it has proven, and has
 * proven nothing more by coming back; a new page begins with nothing but what stands to the seat's account.
 */
export function seatTaken(before: Seat, holder: string, page: string | undefined, at: number): Seat {
  const taken = { ...before, holder, page, state: 'unknown', went: undefined, askedAt: 0 } as const
  if (page !== undefined && page === before.page && before.proves) return taken
  return { ...taken, beatAt: at, proves: false, account: newAccount(at, before.account) }
}

export function seatLeft(before: Seat, how: Leaving): Seat {
  return { ...before, holder: undefined, state: 'unknown', went: how }
}

/** Whether any of the two pages proves what it received: then nothing is billed without proof. */
export const isProving = ({ seats }: Call): boolean => seats.client.proves || seats.reader.proves

export const bothProve = ({ seats }: Call): boolean => seats.client.proves && seats.reader.proves

export const commonOf = ({ seats }: Call): Span[] => commonSpans(seats.client.account, seats.reader.account)

/** How far both have proven to be connected, from `from` on. */
export const provenFrom = ({ seats }: Call, from: number): number =>
  provenUntil(seats.client.account, seats.reader.account, from)

/** Whether both have proven to be connected at a later time than without a gap from `from` on. */
export function hasGap(call: Call, from: number): boolean {
  const client = call.seats.client.account.spans.at(-1)
  const reader = call.seats.reader.account.spans.at(-1)
  if (!client || !reader || (client.from <= from && reader.from <= from)) return false
  const until = Math.min(client.until, reader.until)
  return until >= Math.max(client.from, reader.from) && until > provenFrom(call, from)
}

/** How much connected time both have proven so far, as far as the session has been told of. */
export function provenMsOf(call: Call): number {
  const { session } = call
  if (session?.status === 'live') {
    return session.billedMs + provenFrom(call, session.settledAt) - session.settledAt
  }
  return session && 'billedMs' in session ? session.billedMs : 0
}

/** A page that says it is connected and has received nothing that counts for so long is sent nothing. */
const NOTHING_SENT_MS = 4_000

/**
 * [B18] Whether the page of this seat has a path to the other, over which nothing comes that counts.
 * A beat that was held up on its way to the server says no more than when it was sent.
 */
export function hearsNothing({ holder, proves, state, beatAt, account }: Seat): boolean {
  if (holder === undefined || !proves || state !== 'connected') return false
  const { marks, heardAt = -Infinity, spans, notBefore } = account
  const bySending = (marks.at(-1)?.now ?? 0) - heardAt
  const byArrival = beatAt - (spans.at(-1)?.until ?? notBefore)
  return Math.min(bySending, byArrival) > NOTHING_SENT_MS
}

export const quieter = ({ seats }: Call): Role =>
  seats.client.beatAt <= seats.reader.beatAt ? 'client' : 'reader'

export const seatOfHolder = (call: Call, holder: string): Role | undefined =>
  ROLES.find((role) => call.seats[role].holder === holder)
