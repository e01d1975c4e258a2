/** Records in the auditor's books what the passing of time alone brings about. */
import {
  type Books,
  heardUntil,
  instantOf,
  isDry,
  isSilent,
  look,
  type Meeting,
  meterAt,
  openMeetings,
  promptAt,
  type Settings,
  SIDES,
  zeroOf,
} from './books.ts'
import { finish, pauseAt, post, runDry, settleTo, turnOf } from './settling.ts'

/** Passes time while the server is awake until `at`: everything happens at its own instant. */
export function passExactly(settings: Settings, books: Books, at: number): void {
  for (let next = earliest(settings, books); next && next.at <= at; next = earliest(settings, books)) {
    books.now = Math.max(books.now, next.at)
    next.happen()
  }
  books.now = at
  for (const meeting of openMeetings(books))
    if (meeting.phase === 'running') post(settings, books, meeting, at)
}

/**
 * Passes time while the server is suspended until `at`, and now sees all at once what was due in
 * between.
 */
export function passLate(settings: Settings, books: Books, at: number): void {
  books.now = at
  for (const meeting of openMeetings(books)) {
    if (meeting.phase !== 'running') {
      if (meeting.deadline <= at) runOut(settings, books, meeting)
      continue
    }
    settleRunning(settings, books, meeting)
    if (meeting.phase !== 'running') continue
    post(settings, books, meeting, at)
    look(settings, books, meeting, at)
  }
  for (const reader of books.readers.values()) {
    if (reader.lapseAt !== undefined && reader.lapseAt <= at) lapse(reader)
  }
}

/**
 * Charges before anything else is done about a running session: is it silent, is there nothing left
 * for it? A silence that is noticed late counts as if it had been noticed in time: minutes and the
 * end of the money until then stay, the rest goes back.
 */
export function settleRunning(settings: Settings, books: Books, meeting: Meeting): void {
  const { now } = books
  if (meeting.phase !== 'running') return
  const silent = isSilent(settings, meeting, now)
  const until = silent ? heardUntil(meeting) + settings.heartbeatMs - 1 : now
  passTurns(settings, books, meeting, until)
  if (meeting.phase !== 'running') return
  if (isDry(books, meeting, until)) {
    runDry(settings, books, meeting, until)
    return
  }
  if (!silent) return
  post(settings, books, meeting, until)
  look(settings, books, meeting, until)
  pauseAt(settings, books, meeting, { good: heardUntil(meeting), noticedAt: now, by: 'people' })
}

/**
 * Counts a day that turned, or a higher limit that came into force, at its own instant, whenever it
 * is noticed.
 */
function passTurns(settings: Settings, books: Books, meeting: Meeting, until: number): void {
  for (let turn = turnOf(books, meeting); turn <= until; turn = turnOf(books, meeting)) {
    if (isDry(books, meeting, turn - 1)) {
      runDry(settings, books, meeting, turn - 1)
      return
    }
    settleTo(settings, books, meeting, meterAt(books, meeting, turn - 1), 'on the way')
  }
}

interface Coming {
  readonly at: number
  readonly happen: () => void
}

function earliest(settings: Settings, books: Books): Coming | undefined {
  const coming = [
    ...openMeetings(books).map((meeting) => nextOf(settings, books, meeting)),
    ...[...books.readers.values()].flatMap((reader) =>
      reader.lapseAt === undefined ? [] : [{ at: reader.lapseAt, happen: () => lapse(reader) }],
    ),
  ]
  return coming.sort((one, other) => one.at - other.at)[0]
}

function nextOf(settings: Settings, books: Books, meeting: Meeting): Coming {
  if (meeting.phase !== 'running')
    return { at: meeting.deadline, happen: () => runOut(settings, books, meeting) }
  const silentAt = heardUntil(meeting) + settings.heartbeatMs
  const turn = turnOf(books, meeting)
  const emptyAt = instantOf(meeting, zeroOf(books, meeting))
  const askAt = promptAt(settings, books, meeting)
  // At one and the same instant silence counts first, a new day next, and a session that ends
  // prompts no more.
  if (silentAt <= Math.min(turn, emptyAt, askAt))
    return { at: silentAt, happen: () => settleRunning(settings, books, meeting) }
  if (turn <= Math.min(emptyAt, askAt)) {
    return { at: turn, happen: () => begin(settings, books, meeting, turn) }
  }
  if (emptyAt <= askAt) return { at: emptyAt, happen: () => settleRunning(settings, books, meeting) }
  return { at: askAt, happen: () => look(settings, books, meeting, books.now) }
}

/** Computes again from here on what its client may spend. */
function begin(settings: Settings, books: Books, meeting: Meeting, turn: number): void {
  passTurns(settings, books, meeting, turn)
  if (meeting.phase === 'running') look(settings, books, meeting, turn)
}

function runOut(settings: Settings, books: Books, meeting: Meeting): void {
  settleTo(settings, books, meeting, meeting.billedMs, 'cut')
  finish(books, meeting, reasonOfRunningOut(meeting))
}

function reasonOfRunningOut({ phase, pausedBy, seats }: Meeting): string {
  if (phase === 'ringing') return 'missed'
  if (phase === 'agreed') return 'never_connected'
  const someoneThere = SIDES.some((side) => seats[side].page !== undefined)
  return pausedBy === 'server' && !someoneThere ? 'server_stopped' : 'connection_lost'
}

function lapse(reader: { wants: boolean; lapseAt: number | undefined }): void {
  reader.wants = false
  reader.lapseAt = undefined
}
