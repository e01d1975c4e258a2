/**
 * Records who was connected when, who paid what, and when the server was down; derives from that
 * alone what every session must come to and how every call must end. It asks the engine
 * nothing.
 */
import {
  areConnected,
  type Books,
  clientOf,
  hasWaitedTooLong,
  hear,
  heardUntil,
  instantOf,
  leftFor,
  look,
  type Meeting,
  meterAt,
  openMeetingOf,
  openMeetings,
  type Seat,
  type Settings,
  SIDES,
  type Side,
  settledMs,
  wait,
  zeroOf,
} from './books.ts'
import { passExactly, passLate, settleRunning } from './deadlines.ts'
import { askForLimit, newPurse, type OwnRefund, outOf, type Reversal, walletOf } from './purse.ts'
import { finish, pauseAt, post, runDry, settleTo, startsFree, stopAt, type Why } from './settling.ts'

export type { Books, Meeting, Settings, Side } from './books.ts'

/** `ok`, or the code of the refusal. */
export type Answer = string

export type Listed = 'made' | 'failed' | undefined

const HOUR_MS = 3_600_000

/**
 * Takes the history, one fact a call, in the order in which it happened; each call returns the
 * required response.
 */
export interface Auditor {
  readonly books: Books
  /** Copies the books, to see what they would be if one more thing had happened. */
  copy(): Auditor
  clientCame(id: string): void
  readerCame(id: string, rateCents: number): void
  credited(clientId: string, amountCents: number): void
  /**
   * Records how much of a payment the server knows to have gone back; `own` says of each of the
   * operator's refunds how the bank lists it, where it does.
   */
  wentBack(intent: string, now: Omit<Reversal, 'own'>, own: readonly Listed[]): void
  /**
   * The operator sends money back, out of the payments of `paid`, the oldest first; `answered` is
   * the bank's response to the refund at a place among those of a payment.
   */
  gaveBack(
    clientId: string,
    cents: number,
    paid: readonly { intent: string; amountCents: number }[],
    answered: (intent: string, place: number) => 'made' | 'refused' | undefined,
  ): Answer
  /**
   * The server has checked the refunds that got no response. Returns the number of them that had to
   * be looked up.
   */
  lookedAfterRefunds(
    answered: (intent: string, place: number) => 'made' | 'refused' | undefined,
    listed: (intent: string, place: number) => Listed,
  ): number
  /** Sets the client's limit for a day, and for a session; undefined is no limit. */
  dayLimited(clientId: string, cents: number | undefined): Answer
  limited(id: string, userId: string, cents: number | undefined): Answer
  rateSet(readerId: string, rateCents: number): void
  /** Sets the reader's switch, and the number of the reader's open pages. */
  switched(readerId: string, wants: boolean): void
  pageOpened(readerId: string): void
  pageClosed(readerId: string): void
  rang(id: string, clientId: string, readerId: string, limitCents: number | undefined): Answer
  accepted(id: string, userId: string): Answer
  /** Records a decline by the reader, or a cancel by the client. */
  called(id: string, userId: string, as: Side): Answer
  ended(id: string, userId: string): Answer
  joined(id: string, userId: string, page: string): Answer
  reported(id: string, page: string, state: 'connected' | 'interrupted'): Answer
  left(id: string, page: string, how: 'closed' | 'silent'): void
  /** Records that time passed while the server was awake. */
  passed(at: number): void
  /**
   * Records that time passed while the server was suspended: `held` first, whatever it then hears,
   * and then `woke`.
   */
  held(at: number): void
  woke(): void
  stopped(): void
  crashed(): void
  restarted(at: number): void
  /**
   * Takes over the last confirmed instant after a crash, which only the server knows, and which has
   * been checked.
   */
  accept(id: string, billedMs: number): void
}

export function createAuditor(settings: Settings, books: Books): Auditor {
  const { meetings, clients, readers } = books

  const seatOf = (id: string, page: string): { meeting: Meeting; seat: Seat; side: Side } | undefined => {
    const meeting = meetings.get(id)
    const side = meeting && SIDES.find((side) => meeting.seats[side].page === page)
    return meeting && side && meeting.phase !== 'over'
      ? { meeting, side, seat: meeting.seats[side] }
      : undefined
  }

  const pause = (meeting: Meeting, good: number, by: 'people' | 'server'): void => {
    settleRunning(settings, books, meeting)
    if (meeting.phase === 'running') pauseAt(settings, books, meeting, { good, noticedAt: books.now, by })
  }

  const startWhenConnected = (meeting: Meeting): void => {
    if (meeting.phase !== 'agreed' && meeting.phase !== 'paused') return
    if (!areConnected(settings, meeting, books.now)) return
    if (meeting.phase === 'agreed') meeting.startsFree = startsFree(settings, books, meeting)
    meeting.phase = 'running'
    meeting.since = books.now
    meeting.heard = [{ at: books.now, until: books.now }]
    look(settings, books, meeting, books.now)
  }

  /** Adds money to a client: what was used so far is charged first, and the end moves. */
  const come = (clientId: string, add: () => void): void => {
    const meeting = openMeetingOf(books, clientId)
    if (meeting) settleRunning(settings, books, meeting)
    if (meeting?.phase === 'running') {
      settleTo(settings, books, meeting, meterAt(books, meeting, books.now), 'on the way')
      look(settings, books, meeting, books.now)
    }
    add()
    if (meeting?.phase === 'running' || meeting?.phase === 'paused') look(settings, books, meeting, books.now)
  }

  const close = (meeting: Meeting, reason: string, why: Why): void => {
    settleRunning(settings, books, meeting)
    if (meeting.phase === 'over') return
    settleTo(settings, books, meeting, meterAt(books, meeting, books.now), why)
    finish(books, meeting, reason)
  }

  /**
   * Changes the part of a payment that has gone back: a session ends when it is more, and goes on
   * longer when it is less.
   */
  const goBack = (intent: string, now: Reversal): void => {
    const more = outOf(now) - outOf(books.reversals.get(intent))
    const { clientId } = now
    const move = () => {
      clientOf(books, { clientId }).returnedCents += more
    }
    const meeting = openMeetingOf(books, clientId)
    if (more > 0 && meeting) close(meeting, 'payment_reversed', 'cut')
    if (more < 0) come(clientId, move)
    else move()
    books.reversals.set(intent, now)
  }

  /** Records the outcome of one of the operator's refunds. */
  const foundOut = (intent: string, at: number, status: OwnRefund['status']): void => {
    const known = books.reversals.get(intent)
    if (!known) return
    const own = known.own.map((refund, place) => (place === at ? { ...refund, status } : refund))
    goBack(intent, { ...known, own })
  }

  /** Changes a limit: what was due before it is charged first. */
  const limit = (meeting: Meeting | undefined, change: () => void): void => {
    if (meeting?.phase === 'running') {
      post(settings, books, meeting, books.now)
      look(settings, books, meeting, books.now)
    }
    change()
    if (meeting?.phase === 'running' || meeting?.phase === 'paused') look(settings, books, meeting, books.now)
  }

  return {
    books,
    copy: () => createAuditor(settings, structuredClone(books)),
    clientCame: (id) => void clients.set(id, newPurse(id)),
    readerCame: (id, rateCents) =>
      void readers.set(id, { id, rateCents, wants: false, pages: 0, lapseAt: undefined }),

    credited: (clientId, amountCents) =>
      come(clientId, () => {
        clientOf(books, { clientId }).creditedCents += amountCents
      }),

    wentBack(intent, now, listed) {
      const known = books.reversals.get(intent)?.own ?? []
      const own = known.map((refund, place) => ({ ...refund, status: listed[place] ?? refund.status }))
      goBack(intent, { ...now, own })
    },

    gaveBack(clientId, cents, paid, answered) {
      if (openMeetingOf(books, clientId)) return 'wrong_state'
      const shares = sharesOf(books, clientId, cents, paid)
      if (shares.length === 0) return 'insufficient_funds'
      for (const { intent, amountCents, share } of shares) {
        const known = books.reversals.get(intent)
        const { own, ...rest } = known ?? {
          clientId,
          amountCents,
          elsewhereCents: 0,
          openDisputes: 0,
          own: [],
        }
        const asked = { cents: share, at: books.now, status: 'asked' } as const
        goBack(intent, { ...rest, own: [...own, asked] })
        foundOut(intent, own.length, statusOf(answered(intent, own.length)))
      }
      return 'ok'
    },

    lookedAfterRefunds(answered, listed) {
      let lookedUp = 0
      for (const [intent, { own }] of books.reversals) {
        for (const [place, { status, at }] of own.entries()) {
          const ageMs = books.now - at
          if (status !== 'asked') continue
          if (ageMs < 23 * HOUR_MS) foundOut(intent, place, statusOf(answered(intent, place)))
          else if (ageMs >= 24 * HOUR_MS) {
            foundOut(intent, place, listed(intent, place) ?? 'failed')
            lookedUp += 1
          }
        }
      }
      return lookedUp
    },

    dayLimited(clientId, cents) {
      const meeting = openMeetingOf(books, clientId)
      if (meeting) settleRunning(settings, books, meeting)
      limit(meeting, () => askForLimit(clientOf(books, { clientId }), cents, books.now))
      return 'ok'
    },

    limited(id, userId, cents) {
      const meeting = meetings.get(id)
      if (!meeting || meeting.phase === 'over') return 'not_found'
      if (meeting.clientId !== userId) return 'forbidden'
      settleRunning(settings, books, meeting)
      if (isOver(meeting)) return 'not_found'
      limit(meeting, () => {
        meeting.limitCents = cents
      })
      return 'ok'
    },

    rateSet(readerId, rateCents) {
      const reader = readers.get(readerId)
      if (reader) reader.rateCents = rateCents
    },

    switched(readerId, wants) {
      const reader = readers.get(readerId)
      if (!reader) return
      reader.wants = wants
      if (wants && reader.pages === 0) reader.lapseAt = books.now + settings.presenceGraceMs
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
      if (reader.pages === 0) reader.lapseAt = books.now + settings.presenceGraceMs
    },

    rang(id, clientId, readerId, limitCents) {
      const reader = readers.get(readerId)
      if (!reader) return 'not_found'
      if (isFrozen(books, clientId)) return 'account_frozen'
      if (openMeetingOf(books, clientId)) return 'already_in_session'
      if (!reader.wants || openMeetingOf(books, readerId)) return 'reader_unavailable'
      const meeting = {
        ...newMeeting(id, clientId, reader, books.now + settings.ringMs, settings.feePercent),
        limitCents,
      }
      if (walletOf(clientOf(books, meeting)) < reader.rateCents) return 'insufficient_funds'
      if (leftFor(books, meeting, books.now) < reader.rateCents) return 'limit_reached'
      meetings.set(id, meeting)
      return 'ok'
    },

    accepted(id, userId) {
      const meeting = meetings.get(id)
      if (!meeting) return 'not_found'
      if (meeting.readerId !== userId) return 'forbidden'
      if (meeting.phase !== 'ringing') return 'wrong_state'
      meeting.phase = 'agreed'
      meeting.deadline = books.now + settings.connectMs
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
      close(meeting, reasonOfEnding(meeting, userId), 'hung up')
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
      const { meeting, seat, side } = found
      if (state === 'interrupted' && seat.connected) pause(meeting, books.now, 'people')
      wait(settings, books, meeting, side)
      seat.connected = state === 'connected'
      seat.heardAt = books.now
      hear(books, meeting)
      if (meeting.phase !== 'over') startWhenConnected(meeting)
      if (hasWaitedTooLong(meeting)) close(meeting, 'connection_lost', 'cut')
      return 'ok'
    },

    left(id, page, how) {
      const found = seatOf(id, page)
      if (!found) return
      const { meeting, seat } = found
      pause(meeting, how === 'closed' ? books.now : seat.heardAt, 'people')
      Object.assign(seat, { page: undefined, connected: false, heardAt: 0 })
    },

    passed: (at) => passExactly(settings, books, at),

    held(at) {
      books.heldSince = books.now
      books.now = at
    },

    woke() {
      passLate(settings, books, books.now)
      books.heldSince = undefined
    },

    stopped() {
      for (const meeting of openMeetings(books)) {
        pause(meeting, books.now, 'server')
        forgetPages(meeting)
      }
      for (const reader of readers.values()) reader.pages = 0
    },

    crashed() {
      for (const meeting of openMeetings(books)) {
        if (meeting.phase === 'running') pauseUnseen(settings, books, meeting)
        forgetPages(meeting)
      }
      for (const reader of readers.values()) reader.pages = 0
    },

    restarted(at) {
      books.now = at
      for (const meeting of openMeetings(books)) {
        if (meeting.phase === 'paused') comeBack(settings, books, meeting)
        else if (meeting.deadline <= at)
          finish(books, meeting, meeting.phase === 'ringing' ? 'missed' : 'never_connected')
      }
      for (const reader of readers.values()) {
        reader.lapseAt = reader.wants ? at + settings.presenceGraceMs : undefined
      }
    },

    accept(id, billedMs) {
      const meeting = meetings.get(id)
      if (!meeting) return
      settleTo(settings, books, meeting, billedMs, 'on the way')
      stopAt(meeting, billedMs)
      meeting.window = undefined
    },
  }
}

function statusOf(answer: 'made' | 'refused' | undefined): OwnRefund['status'] {
  if (answer === 'refused') return 'failed'
  return answer ?? 'asked'
}

/**
 * Returns the payments that an amount comes from, the oldest first; none where it exceeds what came
 * in and is unspent.
 */
function sharesOf(
  books: Books,
  clientId: string,
  cents: number,
  paid: readonly { intent: string; amountCents: number }[],
): { intent: string; amountCents: number; share: number }[] {
  if (cents > walletOf(clientOf(books, { clientId }))) return []
  let left = cents
  const shares = []
  for (const { intent, amountCents } of paid) {
    const known = books.reversals.get(intent)
    const share = known?.openDisputes ? 0 : Math.min(left, amountCents - outOf(known))
    left -= share
    if (share > 0) shares.push({ intent, amountCents, share })
  }
  return left === 0 ? shares : []
}

export function emptyBooks(now: number): Books {
  return {
    now,
    heldSince: undefined,
    meetings: new Map(),
    clients: new Map(),
    readers: new Map(),
    creditedIntents: new Set(),
    reversals: new Map(),
  }
}

/** Starts the grace again, unless there was nothing left of it when the server went down. */
function comeBack(settings: Settings, books: Books, meeting: Meeting): void {
  const settledAt = instantOf(meeting, settledMs(meeting))
  meeting.deadline = books.now + settings.graceMs
  if (!meeting.window) return
  if (zeroOf(books, meeting, settledAt) > settledMs(meeting)) {
    meeting.interruptions += 1
    return
  }
  meeting.window = undefined
  runDry(settings, books, meeting, settledAt)
}

/**
 * Pauses for a killed server: it knows no more than it wrote last, and no client pays for more than
 * was confirmed.
 */
function pauseUnseen(settings: Settings, books: Books, meeting: Meeting): void {
  const kept = settledMs(meeting)
  const writtenBy = (books.heldSince ?? books.now) - settings.confirmedMs
  const seen = meeting.heard.filter(({ at }) => at < writtenBy).at(-1)?.until ?? meeting.since
  meeting.window = {
    least: Math.max(kept, meterAt(books, meeting, seen)),
    most: Math.max(kept, meterAt(books, meeting, heardUntil(meeting))),
  }
  meeting.phase = 'paused'
  meeting.pausedBy = 'server'
}

function forgetPages({ seats, waitedMs }: Meeting): void {
  Object.assign(seats, { client: emptySeat(), reader: emptySeat() })
  Object.assign(waitedMs, { client: 0, reader: 0 })
}

const emptySeat = (): Seat => ({ page: undefined, connected: false, heardAt: 0 })

function newMeeting(
  id: string,
  clientId: string,
  reader: { id: string; rateCents: number },
  deadline: number,
  feePercent: number,
): Meeting {
  return {
    id,
    clientId,
    readerId: reader.id,
    rateCents: reader.rateCents,
    feePercent,
    phase: 'ringing',
    deadline,
    reason: undefined,
    overAt: 0,
    seats: { client: emptySeat(), reader: emptySeat() },
    billedMs: 0,
    since: 0,
    postedMs: 0,
    paidCents: 0,
    lines: [],
    limitCents: undefined,
    startsFree: false,
    pausedBy: undefined,
    interruptions: 0,
    low: { funds: false, minute: false },
    prompts: 0,
    waitedMs: { client: 0, reader: 0 },
    heard: [],
    window: undefined,
  }
}

// As the compiler sees it, a meeting does not change its phase behind its back.
const isOver = ({ phase }: Meeting): boolean => phase === 'over'

const isFrozen = ({ reversals }: Books, id: string): boolean =>
  [...reversals.values()].some(({ clientId, openDisputes }) => clientId === id && openDisputes > 0)

function reasonOfEnding(meeting: Meeting, userId: string): string {
  const byClient = userId === meeting.clientId
  if (meeting.phase === 'ringing') return byClient ? 'cancelled' : 'declined'
  return byClient ? 'client_ended' : 'reader_ended'
}
