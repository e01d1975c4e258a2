/**
 * Sees who was there when, who paid what, and when the server was gone; and says from that alone what every session
 * must have come to and what every door must answer. It asks the engine nothing.
 */
import {
  areConnected,
  type Books,
  budgetOf,
  finish,
  type House,
  hear,
  heardUntil,
  look,
  type Meeting,
  meterAt,
  openMeetingOf,
  openMeetings,
  pauseAt,
  type Seat,
  SIDES,
  type Side,
} from './books.ts'
import { passExactly, passLate, settleRunning } from './deadlines.ts'

export type { Books, House, Meeting, Side } from './books.ts'

/** `ok`, or the code of the refusal. */
export type Answer = string

/** The history, one fact a call, in the order in which it happened; each gives what must have been answered. */
export interface Auditor {
  readonly books: Books
  /** The same books once more, to see what they would be if one more thing had happened. */
  copy(): Auditor
  clientCame(id: string): void
  readerCame(id: string, rateCents: number): void
  credited(clientId: string, amountCents: number): void
  rateSet(readerId: string, rateCents: number): void
  /** Whether the reader's switch is on, and how many of the reader's pages are open. */
  switched(readerId: string, wants: boolean): void
  pageOpened(readerId: string): void
  pageClosed(readerId: string): void
  rang(id: string | undefined, clientId: string, readerId: string): Answer
  accepted(id: string, userId: string): Answer
  /** A decline by the reader, a cancel by the client. */
  called(id: string, userId: string, as: Side): Answer
  ended(id: string, userId: string): Answer
  joined(id: string, userId: string, page: string): Answer
  reported(id: string, page: string, state: 'connected' | 'interrupted'): Answer
  left(id: string, page: string, how: 'closed' | 'silent'): void
  /** Time went by, and the server was awake all the while. */
  passed(at: number): void
  /** Time went by, the server got no turn: `held` first, whatever it then hears, and then `woke`. */
  held(at: number): void
  woke(): void
  stopped(): void
  crashed(): void
  restarted(at: number): void
  /** After a crash nobody but the server knows how much was witnessed: takes its word, which has been checked. */
  adopt(id: string, billedMs: number): void
}

export function createAuditor(house: House, books: Books): Auditor {
  const { meetings, clients, readers } = books

  const seatOf = (id: string, page: string): { meeting: Meeting; seat: Seat } | undefined => {
    const meeting = meetings.get(id)
    const side = meeting && SIDES.find((side) => meeting.seats[side].page === page)
    return meeting && side && meeting.phase !== 'over' ? { meeting, seat: meeting.seats[side] } : undefined
  }

  const pause = (meeting: Meeting, good: number, by: 'people' | 'server'): void => {
    settleRunning(house, books, meeting)
    if (meeting.phase === 'running') pauseAt(house, books, meeting, { good, noticedAt: books.now, by })
  }

  const startWhenConnected = (meeting: Meeting): void => {
    if (meeting.phase !== 'agreed' && meeting.phase !== 'paused') return
    if (!areConnected(house, meeting, books.now)) return
    meeting.phase = 'running'
    meeting.since = books.now
    meeting.heard = [{ at: books.now, until: books.now }]
    look(house, books, meeting, books.now)
  }

  return {
    books,
    copy: () => createAuditor(house, structuredClone(books)),
    clientCame: (id) => void clients.set(id, { id, creditedCents: 0, spentCents: 0 }),
    readerCame: (id, rateCents) =>
      void readers.set(id, { id, rateCents, wants: false, pages: 0, lapseAt: undefined }),

    credited(clientId, amountCents) {
      const client = clients.get(clientId)
      const meeting = openMeetingOf(books, clientId)
      if (meeting) settleRunning(house, books, meeting)
      if (meeting?.phase === 'running') {
        meeting.postedMs = meterAt(books, meeting, books.now)
        look(house, books, meeting, books.now)
      }
      if (client) client.creditedCents += amountCents
      if (meeting?.phase === 'running' || meeting?.phase === 'paused') look(house, books, meeting, books.now)
    },

    rateSet(readerId, rateCents) {
      const reader = readers.get(readerId)
      if (reader) reader.rateCents = rateCents
    },

    switched(readerId, wants) {
      const reader = readers.get(readerId)
      if (!reader) return
      reader.wants = wants
      if (wants && reader.pages === 0) reader.lapseAt = books.now + house.presenceGraceMs
    },

    pageOpened(readerId) {
      const reader = readers.get(readerId)
      if (!reader) return
      reader.pages += 1
      reader.lapseAt = undefined
    },

    pageClosed(readerId) {
      const reader = readers.get(readerId)
      if (!reader) return
      reader.pages -= 1
      if (reader.pages === 0) reader.lapseAt = books.now + house.presenceGraceMs
    },

    rang(id, clientId, readerId) {
      const reader = readers.get(readerId)
      if (!reader) return 'not_found'
      if (openMeetingOf(books, clientId)) return 'already_in_session'
      if (!reader.wants || openMeetingOf(books, readerId)) return 'reader_unavailable'
      const meeting = newMeeting(id ?? '', clientId, reader, books.now + house.ringMs)
      if (budgetOf(books, meeting) < reader.rateCents) return 'insufficient_funds'
      if (id !== undefined) meetings.set(id, meeting)
      return 'ok'
    },

    accepted(id, userId) {
      const meeting = meetings.get(id)
      if (!meeting) return 'not_found'
      if (meeting.readerId !== userId) return 'forbidden'
      if (meeting.phase !== 'ringing') return 'wrong_state'
      meeting.phase = 'agreed'
      meeting.deadline = books.now + house.connectMs
      return 'ok'
    },

    called(id, userId, as) {
      const meeting = meetings.get(id)
      const reason = as === 'client' ? 'cancelled' : 'declined'
      if (!meeting) return 'not_found'
      if ((as === 'client' ? meeting.clientId : meeting.readerId) !== userId) return 'forbidden'
      if (meeting.phase === 'over') return meeting.reason === reason ? 'ok' : 'wrong_state'
      if (meeting.phase !== 'ringing') return 'wrong_state'
      finish(books, meeting, reason)
      return 'ok'
    },

    ended(id, userId) {
      const meeting = meetings.get(id)
      if (!meeting) return 'not_found'
      if (meeting.clientId !== userId && meeting.readerId !== userId) return 'forbidden'
      settleRunning(house, books, meeting)
      if (meeting.phase === 'over') return 'ok'
      meeting.billedMs = meterAt(books, meeting, books.now)
      finish(books, meeting, reasonOfEnding(meeting, userId))
      return 'ok'
    },

    joined(id, userId, page) {
      const meeting = meetings.get(id)
      if (!meeting || meeting.phase === 'over') return 'not_found'
      const side = SIDES.find((side) => meeting[`${side}Id`] === userId)
      if (!side) return 'forbidden'
      if (meeting.phase === 'ringing') return 'wrong_state'
      if (meeting.seats[side].page === page) return 'ok'
      if (meeting.seats[side].connected) pause(meeting, books.now, 'people')
      meeting.seats[side] = { page, connected: false, heardAt: books.now }
      return 'ok'
    },

    reported(id, page, state) {
      const found = seatOf(id, page)
      if (!found) return 'not_joined'
      const { meeting, seat } = found
      if (state === 'interrupted' && seat.connected) pause(meeting, books.now, 'people')
      seat.connected = state === 'connected'
      seat.heardAt = books.now
      hear(books, meeting)
      if (meeting.phase !== 'over') startWhenConnected(meeting)
      return 'ok'
    },

    left(id, page, how) {
      const found = seatOf(id, page)
      if (!found) return
      const { meeting, seat } = found
      pause(meeting, how === 'closed' ? books.now : seat.heardAt, 'people')
      Object.assign(seat, { page: undefined, connected: false, heardAt: 0 })
    },

    passed: (at) => passExactly(house, books, at),

    held(at) {
      books.heldSince = books.now
      books.now = at
    },

    woke() {
      passLate(house, books, books.now)
      books.heldSince = undefined
    },

    stopped() {
      for (const meeting of openMeetings(books)) {
        pause(meeting, books.now, 'server')
        meeting.seats.client = nobody()
        meeting.seats.reader = nobody()
      }
      for (const reader of readers.values()) reader.pages = 0
    },

    crashed() {
      for (const meeting of openMeetings(books)) {
        if (meeting.phase === 'running') pauseUnseen(house, books, meeting)
        meeting.seats.client = nobody()
        meeting.seats.reader = nobody()
      }
      for (const reader of readers.values()) reader.pages = 0
    },

    restarted(at) {
      books.now = at
      for (const meeting of openMeetings(books)) {
        if (meeting.phase === 'paused') meeting.deadline = at + house.graceMs
        else if (meeting.deadline <= at)
          finish(books, meeting, meeting.phase === 'ringing' ? 'missed' : 'never_connected')
      }
      for (const reader of readers.values()) {
        reader.lapseAt = reader.wants ? at + house.presenceGraceMs : undefined
      }
    },

    adopt(id, billedMs) {
      const meeting = meetings.get(id)
      if (!meeting) return
      meeting.billedMs = billedMs
      meeting.postedMs = Math.max(meeting.postedMs, billedMs)
      meeting.window = undefined
    },
  }
}

export function emptyBooks(now: number): Books {
  return {
    now,
    heldSince: undefined,
    meetings: new Map(),
    clients: new Map(),
    readers: new Map(),
    creditedIntents: new Set(),
  }
}

/** The server was gone at once: it knows no more than what it wrote down last, and nobody pays for more than was seen. */
function pauseUnseen(house: House, books: Books, meeting: Meeting): void {
  const kept = Math.max(meeting.billedMs, meeting.postedMs)
  const writtenBy = (books.heldSince ?? books.now) - house.witnessMs
  const seen = meeting.heard.filter(({ at }) => at < writtenBy).at(-1)?.until ?? meeting.since
  meeting.window = {
    least: Math.max(kept, meterAt(books, meeting, seen)),
    most: Math.max(kept, meterAt(books, meeting, heardUntil(meeting))),
  }
  meeting.phase = 'paused'
  meeting.pausedBy = 'server'
}

const nobody = (): Seat => ({ page: undefined, connected: false, heardAt: 0 })

function newMeeting(
  id: string,
  clientId: string,
  reader: { id: string; rateCents: number },
  deadline: number,
): Meeting {
  return {
    id,
    clientId,
    readerId: reader.id,
    rateCents: reader.rateCents,
    phase: 'ringing',
    deadline,
    reason: undefined,
    seats: { client: nobody(), reader: nobody() },
    billedMs: 0,
    since: 0,
    postedMs: 0,
    pausedBy: undefined,
    low: { funds: false, minute: false },
    prompts: 0,
    heard: [],
    window: undefined,
  }
}

function reasonOfEnding(meeting: Meeting, userId: string): string {
  const byClient = userId === meeting.clientId
  if (meeting.phase === 'ringing') return byClient ? 'cancelled' : 'declined'
  return byClient ? 'client_ended' : 'reader_ended'
}
