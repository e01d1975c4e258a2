/**
 * Keeps the auditor's records, and computes how long money lasts. None of it is shared with the
 * engine: where the two agree, they do so because both follow the rules.
 */
import { type ClientBook, leftOfDay, type Reversal, walletOf } from './purse.ts'

export interface Settings {
  readonly heartbeatMs: number
  /** The interval at which the state of the connections is written. */
  readonly confirmedMs: number
  readonly ringMs: number
  readonly connectMs: number
  readonly graceMs: number
  readonly presenceGraceMs: number
  readonly lowCents: number
  /** The settings that an operator may change at a restart. */
  feePercent: number
  readonly partialMinute: 'prorated' | 'free' | 'full'
  readonly freeMs: number
  /** The number of lost connections after which a session ends. */
  readonly maxInterruptions: number
}

export type Side = 'client' | 'reader'
export const SIDES = ['client', 'reader'] as const

export interface Seat {
  page: string | undefined
  connected: boolean
  heardAt: number
}

export type Phase = 'ringing' | 'agreed' | 'running' | 'paused' | 'over'

/** A line of the receipt: the charge, the meter's time `ms`, and the instant `at`. */
export interface Line {
  readonly ms: number
  readonly cents: number
  readonly at: number
}

/** One session, as an observer sees it who only watches the two people. */
export interface Meeting {
  readonly id: string
  readonly clientId: string
  readonly readerId: string
  readonly rateCents: number
  /** The platform's share when it rang. */
  readonly feePercent: number
  phase: Phase
  /** The end of the wait for a ringing, accepted or paused session. */
  deadline: number
  reason: string | undefined
  overAt: number
  readonly seats: Record<Side, Seat>
  /** The connected time up to `since`, or in all when the meeting does not run. */
  billedMs: number
  since: number
  /** Connected time that has been settled and is not taken back. */
  postedMs: number
  paidCents: number
  readonly lines: Line[]
  /** The point at which the client wants it to stop. */
  limitCents: number | undefined
  /** True if it is free when it ends soon. */
  startsFree: boolean
  pausedBy: 'people' | 'server' | undefined
  /** The number of its pauses, of either person. */
  interruptions: number
  low: { funds: boolean; minute: boolean }
  prompts: number
  /**
   * The time that each page has waited in pauses caused by people, connected all the while, since
   * the server last started.
   */
  readonly waitedMs: Record<Side, number>
  /** From when on which instant was known as the last at which both were heard. */
  heard: { at: number; until: number }[]
  /** After a crash: between which two figures the connected time must be. */
  window: { least: number; most: number } | undefined
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
  /** Of the payments of which something has gone back, how much. */
  readonly reversals: Map<string, Reversal>
}

export const MINUTE_MS = 60_000
const LONGEST_WAIT_MS = 60_000

/** Records that a page is heard in a pause, and has waited since it was heard before. */
export function wait(settings: Settings, books: Books, meeting: Meeting, side: Side): void {
  const { heardAt } = meeting.seats[side]
  if (meeting.phase !== 'paused' || meeting.pausedBy !== 'people') return
  if (books.now - heardAt >= settings.heartbeatMs) return
  meeting.waitedMs[side] += Math.max(0, books.now - Math.max(heardAt, meeting.deadline - settings.graceMs))
}

export function hasWaitedTooLong({ phase, waitedMs, billedMs }: Meeting): boolean {
  const longest = Math.max(waitedMs.client, waitedMs.reader)
  return phase === 'paused' && longest > LONGEST_WAIT_MS && longest > billedMs
}

export const costOf = (meeting: Meeting, ms: number): number =>
  Math.floor((meeting.rateCents * ms) / MINUTE_MS)

export const openMeetings = (books: Books): Meeting[] =>
  [...books.meetings.values()].filter(({ phase }) => phase !== 'over')

export const openMeetingOf = (books: Books, userId: string): Meeting | undefined =>
  openMeetings(books).find(({ clientId, readerId }) => clientId === userId || readerId === userId)

export function clientOf(books: Books, { clientId }: Pick<Meeting, 'clientId'>): ClientBook {
  const client = books.clients.get(clientId)
  if (!client) throw new Error(`the auditor knows no client ${clientId}`)
  return client
}

/**
 * Returns how much more the session may cost at an instant: from the wallet, its own limit, and the
 * day's.
 */
export function leftFor(books: Books, meeting: Meeting, at: number): number {
  const client = clientOf(books, meeting)
  const ofLimit = meeting.limitCents === undefined ? Infinity : meeting.limitCents - meeting.paidCents
  return Math.max(0, Math.min(walletOf(client), ofLimit, leftOfDay(client, at)))
}

/** Returns the connected time at which there is nothing left that the meeting may take. */
export const zeroOf = (books: Books, meeting: Meeting, at = books.now): number =>
  Math.ceil(((meeting.paidCents + leftFor(books, meeting, at)) * MINUTE_MS) / meeting.rateCents)

export const settledMs = ({ billedMs, postedMs }: Meeting): number => Math.max(billedMs, postedMs)

/** Returns the instant at which the meter reached `ms`, or will reach it if nothing happens. */
export const instantOf = ({ since, billedMs }: Meeting, ms: number): number => since + ms - billedMs

export function meterAt(books: Books, meeting: Meeting, at: number): number {
  if (meeting.phase !== 'running') return meeting.billedMs
  const runMs = meeting.billedMs + Math.max(0, at - meeting.since)
  return Math.max(settledMs(meeting), Math.min(runMs, zeroOf(books, meeting, at)))
}

export const isDry = (books: Books, meeting: Meeting, at = books.now): boolean =>
  meterAt(books, meeting, at) >= zeroOf(books, meeting, at)

const KEPT_HEARINGS = 100

/** Records a heartbeat: from now on a later instant is known at which both were connected. */
export function hear(books: Books, meeting: Meeting): void {
  meeting.heard.push({ at: books.now, until: heardUntil(meeting) })
  if (meeting.heard.length > KEPT_HEARINGS) meeting.heard.splice(0, KEPT_HEARINGS / 2)
}

/** Returns the last instant at which both were heard. */
export const heardUntil = ({ seats }: Meeting): number => Math.min(seats.client.heardAt, seats.reader.heardAt)

export const isSilent = (settings: Settings, meeting: Meeting, at: number): boolean =>
  at - heardUntil(meeting) >= settings.heartbeatMs

export function areConnected(settings: Settings, meeting: Meeting, at: number): boolean {
  return (
    SIDES.every((side) => meeting.seats[side].page !== undefined && meeting.seats[side].connected) &&
    !isSilent(settings, meeting, at)
  )
}

/** Prompts where a mark is newly passed. */
export function look(settings: Settings, books: Books, meeting: Meeting, at: number): void {
  const meter = meterAt(books, meeting, at)
  const wallet = walletOf(clientOf(books, meeting)) + meeting.paidCents
  const funds = wallet - Math.max(meeting.paidCents, costOf(meeting, meter)) <= settings.lowCents
  const minute = zeroOf(books, meeting, at) - meter < MINUTE_MS
  if ((funds && !meeting.low.funds) || (minute && !meeting.low.minute)) meeting.prompts += 1
  meeting.low = { funds, minute }
}

/** Returns the instant at which a mark is reached, while the meter runs. */
export function promptAt(settings: Settings, books: Books, meeting: Meeting): number {
  const wallet = walletOf(clientOf(books, meeting)) + meeting.paidCents
  const funds = Math.ceil((Math.max(0, wallet - settings.lowCents) * MINUTE_MS) / meeting.rateCents)
  const minute = zeroOf(books, meeting) - MINUTE_MS + 1
  const first = Math.min(meeting.low.funds ? Infinity : funds, meeting.low.minute ? Infinity : minute)
  return instantOf(meeting, first)
}
