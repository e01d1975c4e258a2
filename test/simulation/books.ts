/**
 * What the auditor writes down and the arithmetic it does with it. None of it is shared with the engine: where the
 * two agree, they do so because both follow the rules.
 */
export interface House {
  readonly heartbeatMs: number
  /** How often what is known of the connections is written down. */
  readonly witnessMs: number
  readonly ringMs: number
  readonly connectMs: number
  readonly graceMs: number
  readonly presenceGraceMs: number
  readonly lowCents: number
  readonly feePercent: number
}

export type Side = 'client' | 'reader'
export const SIDES = ['client', 'reader'] as const

export interface Seat {
  page: string | undefined
  connected: boolean
  heardAt: number
}

export type Phase = 'ringing' | 'agreed' | 'running' | 'paused' | 'over'

/** One session, as somebody sees it who only watches the two people. */
export interface Meeting {
  readonly id: string
  readonly clientId: string
  readonly readerId: string
  readonly rateCents: number
  phase: Phase
  /** When the patience with a ringing, agreed or paused meeting ends. */
  deadline: number
  reason: string | undefined
  readonly seats: Record<Side, Seat>
  /** The connected time up to `since`, or in all when the meeting does not run. */
  billedMs: number
  since: number
  /** Connected time that has been charged and is not taken back. */
  postedMs: number
  pausedBy: 'people' | 'server' | undefined
  low: { funds: boolean; minute: boolean }
  prompts: number
  /** From when on which instant was known as the last at which both were heard. */
  heard: { at: number; until: number }[]
  /** After a crash: between which two figures the connected time must be. */
  window: { least: number; most: number } | undefined
}

export interface ClientBook {
  readonly id: string
  creditedCents: number
  /** What the meetings that are over have cost. */
  spentCents: number
}

export interface ReaderBook {
  readonly id: string
  rateCents: number
  wants: boolean
  pages: number
  lapseAt: number | undefined
}

export interface Books {
  now: number
  /** Since when the server gets no turn, while it gets none. */
  heldSince: number | undefined
  readonly meetings: Map<string, Meeting>
  readonly clients: Map<string, ClientBook>
  readonly readers: Map<string, ReaderBook>
  /** The payments that have been credited. */
  readonly creditedIntents: Set<string>
}

const MINUTE_MS = 60_000

export const costOf = (meeting: Meeting, ms: number): number =>
  Math.floor((meeting.rateCents * ms) / MINUTE_MS)

export const openMeetings = (books: Books): Meeting[] =>
  [...books.meetings.values()].filter(({ phase }) => phase !== 'over')

export const openMeetingOf = (books: Books, userId: string): Meeting | undefined =>
  openMeetings(books).find(({ clientId, readerId }) => clientId === userId || readerId === userId)

/** What the client has for this meeting, what it has cost so far included. */
export function budgetOf(books: Books, meeting: Meeting): number {
  const client = books.clients.get(meeting.clientId)
  return client ? client.creditedCents - client.spentCents : 0
}

/** The connected time at which the budget is used up. */
export const zeroOf = (books: Books, meeting: Meeting): number =>
  Math.ceil((budgetOf(books, meeting) * MINUTE_MS) / meeting.rateCents)

export function meterAt(books: Books, meeting: Meeting, at: number): number {
  if (meeting.phase !== 'running') return meeting.billedMs
  return Math.min(meeting.billedMs + Math.max(0, at - meeting.since), zeroOf(books, meeting))
}

/** Whole minutes that have been completed by `at` are charged, and stay. */
export function post(books: Books, meeting: Meeting, at: number): void {
  const whole = Math.floor(meterAt(books, meeting, at) / MINUTE_MS) * MINUTE_MS
  meeting.postedMs = Math.max(meeting.postedMs, whole)
}

const KEPT_HEARINGS = 100

/** Somebody was heard: from now on a later instant is known at which both were. */
export function hear(books: Books, meeting: Meeting): void {
  meeting.heard.push({ at: books.now, until: heardUntil(meeting) })
  if (meeting.heard.length > KEPT_HEARINGS) meeting.heard.splice(0, KEPT_HEARINGS / 2)
}

/** The last instant at which both were heard. */
export const heardUntil = ({ seats }: Meeting): number => Math.min(seats.client.heardAt, seats.reader.heardAt)

export const isSilent = (house: House, meeting: Meeting, at: number): boolean =>
  at - heardUntil(meeting) >= house.heartbeatMs

export function areConnected(house: House, meeting: Meeting, at: number): boolean {
  return (
    SIDES.every((side) => meeting.seats[side].page !== undefined && meeting.seats[side].connected) &&
    !isSilent(house, meeting, at)
  )
}

/** Prompts where a mark is newly passed. */
export function look(house: House, books: Books, meeting: Meeting, at: number): void {
  const meter = meterAt(books, meeting, at)
  const funds = budgetOf(books, meeting) - costOf(meeting, meter) <= house.lowCents
  const minute = zeroOf(books, meeting) - meter < MINUTE_MS
  if ((funds && !meeting.low.funds) || (minute && !meeting.low.minute)) meeting.prompts += 1
  meeting.low = { funds, minute }
}

/** When a mark that has not been passed will be, while the meeting runs. */
export function promptAt(house: House, books: Books, meeting: Meeting): number {
  const spend = Math.max(0, budgetOf(books, meeting) - house.lowCents)
  const funds = Math.ceil((spend * MINUTE_MS) / meeting.rateCents)
  const minute = zeroOf(books, meeting) - MINUTE_MS + 1
  const first = Math.min(meeting.low.funds ? Infinity : funds, meeting.low.minute ? Infinity : minute)
  return meeting.since + first - meeting.billedMs
}

export function finish(books: Books, meeting: Meeting, reason: string): void {
  meeting.phase = 'over'
  meeting.reason = reason
  const client = books.clients.get(meeting.clientId)
  if (client) client.spentCents += costOf(meeting, meeting.billedMs)
}

/** The clock stops at `good`, or at the end of the money, but takes back nothing that has been charged. */
export function pauseAt(
  house: House,
  books: Books,
  meeting: Meeting,
  pause: { good: number; noticedAt: number; by: 'people' | 'server' },
): void {
  const zero = zeroOf(books, meeting)
  meeting.billedMs = Math.max(meeting.billedMs, meeting.postedMs, meterAt(books, meeting, pause.good))
  if (meeting.billedMs >= zero) {
    finish(books, meeting, 'out_of_funds')
    return
  }
  meeting.phase = 'paused'
  meeting.pausedBy = pause.by
  meeting.deadline = pause.noticedAt + house.graceMs
}
