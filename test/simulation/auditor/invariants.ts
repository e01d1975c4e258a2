/** Compares what the server says with what the auditor's books say, and both with the rules. */

import type { Client } from '../../../domain/client.ts'
import type { EndedSession, OpenSession, StartedSession } from '../../../domain/session.ts'
import type { Bank } from '../bank.ts'
import { type Announcements, FAR } from './announcements.ts'
import type { Auditor } from './auditor.ts'
import {
  type Books,
  clientOf,
  costOf,
  type Line,
  type Meeting,
  MINUTE_MS,
  meterAt,
  type Settings,
  zeroOf,
} from './books.ts'
import { check, type Rule, same } from './findings.ts'
import { dayOf, inForce, outOf, spentOn } from './purse.ts'
import { isWornOut, wasFree } from './settling.ts'
import { interruptionsOf, type Snapshot } from './snapshot.ts'

export interface Evidence {
  readonly auditor: Auditor
  readonly snapshot: Snapshot
  /** Every session that has ended, as it was first seen after its end. */
  readonly ended: ReadonlyMap<string, EndedSession>
  readonly announced: Announcements
  readonly settings: Settings
  /** The intents that were paid, and what each client must have been credited for them. */
  readonly paid: ReadonlyMap<string, { clientId: string; cents: number }>
  readonly bank: Pick<Bank, 'madeTwice'>
}

export function checkAll(evidence: Evidence): void {
  checkExclusive(evidence)
  checkReversals(evidence)
  checkMoney(evidence)
  checkCredits(evidence)
  const { books } = evidence.auditor
  const open = new Map(evidence.snapshot.open.map((session) => [session.id, session]))
  for (const id of evidence.announced.sessions.keys()) {
    check('A1', books.meetings.has(id), () => `session ${id} was announced, and is gone`)
  }
  for (const meeting of books.meetings.values()) {
    const session = open.get(meeting.id) ?? evidence.ended.get(meeting.id)
    check('A1', session !== undefined, () => `session ${meeting.id} is gone`)
    if (session?.status === 'ended') checkEnded(evidence.settings, meeting, session)
    else if (session) checkOpen(evidence.settings, books, meeting, session, evidence.snapshot.at)
    if (session) checkAnnounced(meeting, session, evidence.announced)
  }
  checkDays(evidence)
}

// ---------------------------------------------------------------- money as a whole

type Metered = StartedSession | EndedSession

const meteredOf = ({ snapshot, ended }: Evidence): Metered[] => [
  ...snapshot.open.filter((session): session is StartedSession => 'charges' in session),
  ...ended.values(),
]

function checkMoney(evidence: Evidence): void {
  const { snapshot } = evidence
  const sessions = meteredOf(evidence)
  const settings = sum(sessions.map(({ chargedCents, earnedCents }) => chargedCents - earnedCents))
  const wallets = sum(snapshot.clients.map(({ balanceCents, debtCents = 0 }) => balanceCents - debtCents))
  const earnings = sum(snapshot.readers.map(({ earnedCents }) => earnedCents))
  const came = sum(
    snapshot.clients.flatMap(({ topUps }) =>
      topUps
        .filter(({ status }) => status === 'succeeded')
        .map(({ amountCents, reversedCents = 0 }) => amountCents - reversedCents),
    ),
  )
  same('L1', 'the sum of all accounts', wallets + earnings + settings, came)
  for (const amount of amountsOf(evidence)) {
    check('L2', Number.isSafeInteger(amount.cents), () => `${amount.what} is ${amount.cents}`)
    check('L3', amount.cents >= 0, () => `${amount.what} is ${amount.cents}`)
  }
  for (const client of snapshot.clients) checkWallet(evidence, client, sessions)
  for (const { reader, earnedCents } of snapshot.readers) {
    const earned = sum(
      sessions.filter(({ readerId }) => readerId === reader.id).map((each) => each.earnedCents),
    )
    same('S6', `the earnings of ${reader.id}`, earnedCents, earned)
  }
}

function checkWallet({ auditor }: Evidence, client: Client, sessions: readonly Metered[]): void {
  const { id, balanceCents, debtCents = 0 } = client
  const charged = sum(sessions.filter(({ clientId }) => clientId === id).map((each) => each.chargedCents))
  const book = clientOf(auditor.books, { clientId: id })
  const net = book.creditedCents - book.returnedCents - charged
  same('R3', `what ${id} owes`, debtCents, Math.max(0, 0 - net))
  same('S6', `the wallet of ${id}`, balanceCents, Math.max(0, net))
}

function amountsOf({ snapshot }: Evidence): { what: string; cents: number }[] {
  return [
    ...snapshot.clients.flatMap(({ id, balanceCents, debtCents = 0 }) => [
      { what: `the wallet of ${id}`, cents: balanceCents },
      { what: `the debt of ${id}`, cents: debtCents },
    ]),
    ...snapshot.readers.map(({ reader, earnedCents }) => ({
      what: `the earnings of ${reader.id}`,
      cents: earnedCents,
    })),
  ]
}

/** [R1] [R4] Checks what has gone back. */
function checkReversals({ snapshot, auditor, bank }: Evidence): void {
  same('R4', 'what was sent back twice', bank.madeTwice().join(' '), '')
  for (const { topUps } of snapshot.clients) {
    for (const { paymentIntentId = '', reversedCents = 0, openDisputes = 0, refunds = [] } of topUps) {
      const known = auditor.books.reversals.get(paymentIntentId)
      same('R4', `the refunds of ${paymentIntentId}`, statusesOf(refunds), statusesOf(known?.own ?? []))
      same('R1', `what has gone back of ${paymentIntentId}`, reversedCents, outOf(known))
      same('R1', `the open disputes of ${paymentIntentId}`, openDisputes, known?.openDisputes ?? 0)
    }
  }
}

/** Returns the known state of each of the operator's refunds, oldest first. */
export function statusesOf(refunds: readonly { readonly status: string }[]): string {
  return refunds.map(({ status }) => status).join(' ')
}

/** [B15] Checks the limits that the server applies today. */
function checkDays({ snapshot, auditor }: Evidence): void {
  const { at } = snapshot
  for (const client of snapshot.clients) {
    const book = clientOf(auditor.books, { clientId: client.id })
    const { dailyLimit, dayBook } = client
    const raise = dailyLimit?.raise
    const is = raise && raise.from <= at ? raise.cents : dailyLimit?.cents
    same('B15', `what ${client.id} allows for today`, is, inForce(book, at))
    const spent = dayBook?.day === dayOf(at) ? dayBook.spentCents : 0
    same('B15', `what ${client.id} has spent today`, spent, spentOn(book, at))
  }
}

function checkCredits({ snapshot, paid, auditor }: Evidence): void {
  for (const { id, balanceCents, topUps } of snapshot.clients) {
    const succeeded = topUps.filter(({ status }) => status === 'succeeded')
    for (const { paymentIntentId = '' } of succeeded) {
      check('L9', paid.has(paymentIntentId), () => `${paymentIntentId} was credited and never paid`)
    }
    const credited = sum(succeeded.map(({ amountCents }) => amountCents))
    same('L9', `what ${id} was credited`, credited, auditor.books.clients.get(id)?.creditedCents)
    check('L3', balanceCents <= credited, () => `${id} has ${balanceCents}, of ${credited} credited`)
  }
}

function checkExclusive({ snapshot, ended }: Evidence): void {
  const people = snapshot.open.flatMap(({ clientId, readerId }) => [clientId, readerId])
  check('S8', new Set(people).size === people.length, () => `a person is in two open sessions`)
  for (const { id } of snapshot.open) check('S4', !ended.has(id), () => `${id} was over and is open again`)
}

// ---------------------------------------------------------------- one session

const STATUS = { ringing: 'requested', agreed: 'accepted', running: 'live', paused: 'paused', over: 'ended' }

/** Returns the rule that a session breaks whose state differs from the auditor's. */
function ruleOfState(settings: Settings, meeting: Meeting, status: string): Rule {
  if (isWornOut(settings, meeting)) return 'B17'
  if (meeting.reason === 'out_of_funds') return 'S5'
  if (meeting.reason === 'limit_reached') return ruleOfLimit(meeting)
  if (meeting.reason === 'payment_reversed') return 'R3'
  if (meeting.phase === 'paused' && status === 'live') return 'S7'
  if (meeting.phase === 'running' && status === 'ended') return 'S5'
  return 'A3'
}

const ruleOfLimit = ({ limitCents, paidCents }: Meeting): Rule => (paidCents === limitCents ? 'B14' : 'B15')

/** PaymentReversals the rule that a total breaks which differs from the auditor's. */
function ruleOfTotal(settings: Settings, meeting: Meeting): Rule {
  if (wasFree(settings, meeting) || (settings.freeMs > meeting.billedMs && meeting.paidCents > 0))
    return 'B13'
  if (meeting.reason === 'limit_reached') return ruleOfLimit(meeting)
  return settings.partialMinute !== 'prorated' && meeting.billedMs % MINUTE_MS > 0 ? 'B4' : 'S1'
}

function checkOpen(
  settings: Settings,
  books: Books,
  meeting: Meeting,
  session: OpenSession,
  at: number,
): void {
  const state = ruleOfState(settings, meeting, session.status)
  same(state, `session ${meeting.id}`, session.status, STATUS[meeting.phase])
  same('S13', `the rate of ${meeting.id}`, session.rateCents, meeting.rateCents)
  if (session.status === 'requested' || session.status === 'accepted') return
  same('B14', `the limit of ${meeting.id}`, session.limitCents, meeting.limitCents)
  checkCharges(meeting, session)
  checkInterruptions(meeting, session)
  if (session.status === 'live') checkRunning(books, meeting, session)
  else checkPaused(meeting, session)
  checkLines('S1', meeting, session)
  const owed = meeting.window ? Infinity : costOf(meeting, meterAt(books, meeting, at))
  check(
    'S2',
    session.chargedCents <= owed,
    () => `${meeting.id} has charged ${session.chargedCents} of ${owed}`,
  )
}

function checkPaused(meeting: Meeting, session: StartedSession): void {
  const cause = session.pauses.at(-1)?.cause === 'server_stopped' ? 'server' : 'people'
  same('A3', `who paused ${meeting.id}`, cause, meeting.pausedBy)
  if (meeting.window) checkWindow(meeting, session.billedMs)
  else
    same(
      ruleOfTime(meeting, session.billedMs),
      `the time of ${meeting.id}`,
      session.billedMs,
      meeting.billedMs,
    )
}

/**
 * Checks a running session: however often it has been charged since, it must show what an uncharged
 * clock would.
 */
function checkRunning(books: Books, meeting: Meeting, session: StartedSession & { status: 'live' }): void {
  const aheadMs = session.billedMs - meeting.billedMs - (session.settledAt - meeting.since)
  const rule = session.pauses.length > 0 ? 'S9' : 'S1'
  same(rule, `what the clock of ${meeting.id} is ahead by, in ms,`, aheadMs, 0)
  const zero = zeroOf(books, meeting)
  check('S5', session.billedMs < zero, () => `${meeting.id} runs at ${session.billedMs} of ${zero} ms`)
}

const ruleOfTime = (meeting: Meeting, billedMs: number): Rule => {
  if (billedMs < meeting.billedMs) return 'S1'
  if (meeting.reason === 'limit_reached') return ruleOfLimit(meeting)
  return meeting.reason === 'out_of_funds' ? 'S5' : 'S7'
}

export function checkWindow(meeting: Meeting, billedMs: number): void {
  const { least, most } = meeting.window ?? { least: 0, most: 0 }
  const holds = least <= billedMs && billedMs <= most
  check('S10', holds, () => `${meeting.id} came back with ${billedMs} ms, not ${least} to ${most}`)
}

function checkEnded(settings: Settings, meeting: Meeting, session: EndedSession): void {
  same(ruleOfState(settings, meeting, 'ended'), `session ${meeting.id}`, 'ended', STATUS[meeting.phase])
  same('S13', `the rate of ${meeting.id}`, session.rateCents, meeting.rateCents)
  same(ruleOfTime(meeting, session.billedMs), `the time of ${meeting.id}`, session.billedMs, meeting.billedMs)
  const rule = ruleOfTotal(settings, meeting)
  same(rule, `the total of ${meeting.id}`, session.chargedCents, meeting.paidCents)
  checkCharges(meeting, session)
  checkInterruptions(meeting, session)
  checkPauses(session)
  checkLines('B3', meeting, session)
  same('A3', `the end of ${meeting.id}`, session.endReason, meeting.reason)
}

function checkCharges(meeting: Meeting, session: Metered): void {
  const ours = Math.floor((session.chargedCents * meeting.feePercent) / 100)
  same('S13', `the reader's part of ${meeting.id}`, session.earnedCents, session.chargedCents - ours)
  const { charges, chargedCents, billedMs } = session
  same('S3', `the sum of the charges of ${meeting.id}`, sum(charges.map(({ cents }) => cents)), chargedCents)
  let before = 0
  let charged = 0
  for (const charge of charges) {
    charged += charge.cents
    const inOrder = charge.billedMs >= before && charge.billedMs <= billedMs && charge.cents > 0
    check('S4', inOrder, () => `charge ${JSON.stringify(charge)} of ${meeting.id} at ${billedMs} ms`)
    same(
      'S4',
      `the minute of ${charge.billedMs} ms`,
      charge.minute,
      Math.max(1, Math.ceil(charge.billedMs / 60_000)),
    )
    before = charge.billedMs
  }
  const most = costOf(meeting, Math.ceil(billedMs / MINUTE_MS) * MINUTE_MS)
  check('S2', charged <= most, () => `${meeting.id} has ${chargedCents} at ${billedMs} ms`)
}

/** [B17] Checks that no interruption is forgotten, however short it was. */
function checkInterruptions(meeting: Meeting, session: Metered): void {
  same('B17', `the interruptions of ${meeting.id}`, interruptionsOf(session), meeting.interruptions)
}

const RAN_DRY: readonly string[] = ['out_of_funds', 'limit_reached']

/**
 * Checks the pauses. A session that ran dry may have been checked late: what came after that is
 * neither.
 */
function checkPauses({ id, pauses, billedMs, startedAt, endedAt, endReason }: EndedSession): void {
  if (startedAt === undefined) return
  const pausedMs = sum(pauses.map(({ from, to = endedAt }) => to - from))
  const restMs = endedAt - startedAt - pausedMs - billedMs
  const holds = RAN_DRY.includes(endReason) ? restMs >= 0 : restMs === 0
  check('S15', holds, () => `${restMs} ms of ${id} are neither connected time nor a pause`)
}

const textOf = ({ ms, cents, at }: Line): string => `${cents} cents at ${ms} ms, at ${at}`

/** [B3] Checks each line of the auditor's receipt. */
function checkLines(rule: Rule, meeting: Meeting, { charges }: Metered): void {
  const { lines } = meeting
  const agrees = charges.every(({ billedMs, cents, at }, index) => {
    const line = lines[index]
    return line?.ms === billedMs && line.cents === cents && line.at === at
  })
  if (agrees && charges.length === lines.length) return
  const is = charges.map(({ billedMs, cents, at }) => textOf({ ms: billedMs, cents, at }))
  same(rule, `the receipt of ${meeting.id}`, is.join('; '), lines.map(textOf).join('; '))
}

// ---------------------------------------------------------------- announcements

function checkAnnounced(
  meeting: Meeting,
  session: OpenSession | EndedSession,
  announced: Announcements,
): void {
  const { charges, prompts, far } = announced.of(meeting.id)
  const kept = 'charges' in session ? session.charges : []
  for (const { billedMs, cents } of charges) {
    const isKept = kept.some((charge) => charge.billedMs === billedMs && charge.cents === cents)
    check('A1', isKept, () => `the charge of ${cents} cents at ${billedMs} ms of ${meeting.id} is gone`)
  }
  same('S11', `the prompts of ${meeting.id}`, prompts, meeting.prompts)
  check('A1', FAR[session.status] >= far, () => `${meeting.id} is ${session.status}: more had been announced`)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
