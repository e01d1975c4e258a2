/**
 * A crash in the middle of something: it has happened, or it has not, and the disk alone knows.
 * Takes from the two books, one for each case, what the server came back with; whatever fits
 * neither is a finding.
 */

import type { DailyLimit } from '../../../domain/client.ts'
import type { PausedSession } from '../../../domain/session.ts'
import type { TopUp } from '../../../domain/top-up.ts'
import { type Auditor, createAuditor, type Settings } from './auditor.ts'
import { type Books, clientOf, type Meeting, type ReaderBook } from './books.ts'
import { check } from './findings.ts'
import { type Evidence, statusesOf } from './invariants.ts'
import { type ClientBook, inForce, outOf, type Reversal, spend } from './purse.ts'
import { interruptionsOf } from './snapshot.ts'

export function reconcile(
  settings: Settings,
  without: Auditor,
  withIt: Auditor,
  evidence: Omit<Evidence, 'auditor'>,
): Auditor {
  const one = without.books
  const other = withIt.books
  const books: Books = structuredClone(other)
  books.meetings.clear()
  for (const [id, after] of other.meetings) {
    const kept = fittingMeeting(one.meetings.get(id), after, evidence)
    if (kept) books.meetings.set(id, structuredClone(kept))
  }
  for (const meeting of books.meetings.values()) {
    setPrompts(meeting, one.meetings.get(meeting.id), other.meetings.get(meeting.id), evidence)
  }
  for (const client of books.clients.values()) setClient(books, client, one, other, evidence)
  for (const meeting of books.meetings.values()) {
    for (const { cents, at } of meeting.lines) spend(clientOf(books, meeting), cents, at)
  }
  books.creditedIntents.clear()
  for (const { topUps } of evidence.snapshot.clients) {
    for (const { status, paymentIntentId } of topUps) {
      if (status === 'succeeded' && paymentIntentId) books.creditedIntents.add(paymentIntentId)
    }
  }
  for (const reader of books.readers.values()) setReader(settings, books, reader, one, other, evidence)
  return createAuditor(settings, books)
}

type Seen = Omit<Evidence, 'auditor'>

const sessionOf = ({ snapshot, ended }: Seen, id: string) =>
  snapshot.open.find((session) => session.id === id) ?? ended.get(id)

const STATUS = { ringing: 'requested', agreed: 'accepted', running: 'live', paused: 'paused', over: 'ended' }

function fits(meeting: Meeting, seen: Seen): boolean {
  const session = sessionOf(seen, meeting.id)
  if (!session || session.status !== STATUS[meeting.phase]) return false
  if (session.limitCents !== meeting.limitCents) return false
  if (session.status === 'ended' && session.endReason !== meeting.reason) return false
  if (session.status === 'paused' && isPausedByServer(session) !== (meeting.pausedBy === 'server'))
    return false
  if (!('billedMs' in session)) return true
  if (interruptionsOf(session) !== meeting.interruptions) return false
  const { least, most } = meeting.window ?? { least: meeting.billedMs, most: meeting.billedMs }
  return least <= session.billedMs && session.billedMs <= most
}

const isPausedByServer = (session: PausedSession): boolean =>
  session.pauses.at(-1)?.cause === 'server_stopped'

function fittingMeeting(before: Meeting | undefined, after: Meeting, seen: Seen): Meeting | undefined {
  if (fits(after, seen)) return after
  if (before === undefined && sessionOf(seen, after.id) === undefined) return undefined
  if (before && fits(before, seen)) return before
  // Neither: the comparison that follows names what is wrong with the more recent of the two.
  return after
}

/**
 * Takes over the prompts: one that was written may not have been announced; one that was announced
 * was written.
 */
function setPrompts(
  kept: Meeting,
  before: Meeting | undefined,
  after: Meeting | undefined,
  seen: Seen,
): void {
  const announced = seen.announced.of(kept.id).prompts
  const least = before?.prompts ?? 0
  const most = after?.prompts ?? least
  check(
    'S11',
    least <= announced && announced <= most,
    () => `${kept.id} was prompted ${announced} times, not ${least} to ${most}`,
  )
  kept.prompts = announced
  const session = sessionOf(seen, kept.id)
  if (!session || !('prompted' in session)) return
  const possible = [before?.low, after?.low].flatMap((low) => (low ? [JSON.stringify(low)] : []))
  const { funds, minute } = session.prompted
  check(
    'S11',
    possible.includes(JSON.stringify({ funds, minute })),
    () => `${kept.id} has forgotten its prompts`,
  )
  kept.low = { funds, minute }
}

function setClient(books: Books, client: ClientBook, one: Books, other: Books, seen: Seen): void {
  client.creditedCents = creditedOf(client.id, one, other, seen)
  client.spentCents = 0
  client.spentOn.clear()
  client.returnedCents = 0
  const is = seen.snapshot.clients.find(({ id }) => id === client.id)
  for (const topUp of is?.topUps ?? []) {
    const { paymentIntentId = '', reversedCents = 0 } = topUp
    const possible = [other.reversals.get(paymentIntentId), one.reversals.get(paymentIntentId)]
    const kept = possible.find((each) => isAs(each, topUp))
    check(
      'A1',
      possible.some((each) => isAs(each, topUp)),
      () => `${JSON.stringify(topUp)} has gone back`,
    )
    if (kept) books.reversals.set(paymentIntentId, kept)
    else books.reversals.delete(paymentIntentId)
    client.returnedCents += reversedCents
  }
  const limits = [one, other].map((each) => clientOf(each, { clientId: client.id }).limit)
  const kept = limits.find(
    (limit) =>
      inForce({ ...client, limit }, books.now) === inForceAt(is?.dailyLimit, books.now) &&
      pendingOf(limit.later, books.now) === pendingOf(is?.dailyLimit?.raise, books.now),
  )
  check('A1', kept !== undefined, () => `${client.id} came back with ${JSON.stringify(is?.dailyLimit)}`)
  if (kept) client.limit = kept
}

const isAs = (back: Reversal | undefined, topUp: TopUp): boolean =>
  outOf(back) === (topUp.reversedCents ?? 0) &&
  (back?.openDisputes ?? 0) === (topUp.openDisputes ?? 0) &&
  (back?.elsewhereCents ?? 0) === (topUp.elsewhereCents ?? 0) &&
  statusesOf(back?.own ?? []) === statusesOf(topUp.refunds ?? [])

const inForceAt = (limit: DailyLimit | undefined, at: number): number | undefined =>
  limit?.raise && limit.raise.from <= at ? limit.raise.cents : limit?.cents

const pendingOf = (later: { cents?: number | undefined; from: number } | undefined, at: number): string =>
  later && later.from > at ? `${later.cents} from ${later.from}` : ''

function creditedOf(clientId: string, one: Books, other: Books, { snapshot }: Seen): number {
  const topUps = snapshot.clients.find(({ id }) => id === clientId)?.topUps ?? []
  const credited = topUps
    .filter(({ status }) => status === 'succeeded')
    .reduce((sum, { amountCents }) => sum + amountCents, 0)
  const least = one.clients.get(clientId)?.creditedCents ?? 0
  const most = other.clients.get(clientId)?.creditedCents ?? 0
  check(
    'A1',
    least <= credited && credited <= most,
    () => `${clientId} has ${credited}, not ${least} to ${most}`,
  )
  return credited
}

function setReader(
  settings: Settings,
  books: Books,
  reader: ReaderBook,
  one: Books,
  other: Books,
  seen: Seen,
): void {
  const is = seen.snapshot.readers.find((each) => each.reader.id === reader.id)?.reader
  const possible = [one.readers.get(reader.id), other.readers.get(reader.id)]
  check(
    'A1',
    possible.some((each) => each?.rateCents === is?.rateCents) &&
      possible.some((each) => each?.wants === is?.available),
    () => `the reader ${reader.id} came back as ${JSON.stringify(is)}`,
  )
  reader.rateCents = is?.rateCents ?? 0
  reader.wants = is?.available ?? false
  reader.lapseAt = reader.wants ? books.now + settings.presenceGraceMs : undefined
}
