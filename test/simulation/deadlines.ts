/** What happens in the auditor's books by the passing of time alone. */
import {
  type Books,
  finish,
  type House,
  heardUntil,
  isSilent,
  look,
  type Meeting,
  meterAt,
  openMeetings,
  pauseAt,
  post,
  promptAt,
  SIDES,
  zeroOf,
} from './books.ts'

/** The server was awake all the time until `at`: everything happened at its own instant. */
export function passExactly(house: House, books: Books, at: number): void {
  for (let next = earliest(house, books); next && next.at <= at; next = earliest(house, books)) {
    books.now = Math.max(books.now, next.at)
    next.happen()
  }
  books.now = at
  for (const meeting of openMeetings(books)) if (meeting.phase === 'running') post(books, meeting, at)
}

/** The server got no turn until `at`, and now sees all at once what was due in between. */
export function passLate(house: House, books: Books, at: number): void {
  books.now = at
  for (const meeting of openMeetings(books)) {
    if (meeting.phase !== 'running') {
      if (meeting.deadline <= at) runOut(books, meeting)
      continue
    }
    settleRunning(house, books, meeting)
    if (meeting.phase !== 'running') continue
    post(books, meeting, at)
    look(house, books, meeting, at)
  }
  for (const reader of books.readers.values()) {
    if (reader.lapseAt !== undefined && reader.lapseAt <= at) lapse(reader)
  }
}

/**
 * Before anything else is done about a running meeting: is it silent, is its money gone? A silence that is noticed late
 * counts as if it had been noticed in time: minutes and the end of the money until then stay, the rest goes back.
 */
export function settleRunning(house: House, books: Books, meeting: Meeting): void {
  const { now } = books
  if (meeting.phase !== 'running') return
  const silent = isSilent(house, meeting, now)
  const until = silent ? heardUntil(meeting) + house.heartbeatMs - 1 : now
  if (meterAt(books, meeting, until) >= zeroOf(books, meeting)) {
    meeting.billedMs = zeroOf(books, meeting)
    finish(books, meeting, 'out_of_funds')
    return
  }
  if (!silent) return
  post(books, meeting, until)
  look(house, books, meeting, until)
  pauseAt(house, books, meeting, { good: heardUntil(meeting), noticedAt: now, by: 'people' })
}

interface Coming {
  readonly at: number
  readonly happen: () => void
}

function earliest(house: House, books: Books): Coming | undefined {
  const coming = [
    ...openMeetings(books).map((meeting) => nextOf(house, books, meeting)),
    ...[...books.readers.values()].flatMap((reader) =>
      reader.lapseAt === undefined ? [] : [{ at: reader.lapseAt, happen: () => lapse(reader) }],
    ),
  ]
  return coming.sort((one, other) => one.at - other.at)[0]
}

function nextOf(house: House, books: Books, meeting: Meeting): Coming {
  if (meeting.phase !== 'running') return { at: meeting.deadline, happen: () => runOut(books, meeting) }
  const silentAt = heardUntil(meeting) + house.heartbeatMs
  const emptyAt = meeting.since + zeroOf(books, meeting) - meeting.billedMs
  const askAt = promptAt(house, books, meeting)
  // At one and the same instant silence counts first, and a session that ends prompts no more.
  if (silentAt <= Math.min(emptyAt, askAt))
    return { at: silentAt, happen: () => settleRunning(house, books, meeting) }
  if (emptyAt <= askAt) return { at: emptyAt, happen: () => settleRunning(house, books, meeting) }
  return { at: askAt, happen: () => look(house, books, meeting, books.now) }
}

function runOut(books: Books, meeting: Meeting): void {
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
