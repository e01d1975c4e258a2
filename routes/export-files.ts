/** Writes the contents of the files that users download. */
import { viewPasskeys } from '../domain/passkey.ts'
import { type EndedSession, seatOf, viewSession } from '../domain/session.ts'
import { type User, viewUser } from '../domain/user.ts'
import type { ActivityEntry } from '../engine/accounts/activity.ts'
import { type Billed, billedSeconds, sayCalculation } from '../shared/billed-time.ts'
import { BYTE_ORDER_MARK, csvLine } from '../shared/csv.ts'
import type { EarningsView } from '../shared/protocol/views.ts'

/** Yields a table as CSV, a line at a time. */
export async function* table<T>(
  head: readonly string[],
  rows: AsyncIterable<T>,
  cellsOf: (row: T) => readonly (string | number)[],
): AsyncGenerator<string, void, undefined> {
  yield BYTE_ORDER_MARK + csvLine(head)
  for await (const row of rows) yield csvLine(cellsOf(row))
}

export function earningsTable({ days, zone }: EarningsView): string {
  const rows = days.map(({ day, sessions, paidMs, cents }) =>
    csvLine([day, sessions, Math.floor(paidMs / 1000), dollars(cents)]),
  )
  return [
    BYTE_ORDER_MARK,
    csvLine([`day (${zone})`, 'sessions', 'paid seconds', 'earned (USD)']),
    ...rows,
  ].join('')
}

/** Yields everything that is kept about a user as JSON, a session at a time. */
export async function* everythingOf(
  user: User,
  past: AsyncIterable<EndedSession>,
): AsyncGenerator<string, void, undefined> {
  yield `{\n  "account": ${indented(viewAll(user), '  ')},\n  "sessions": [`
  let separator = '\n    '
  for await (const session of past) {
    const calculation = session.startedAt === undefined ? {} : { calculation: sayCalculation(session) }
    const shown = { ...viewSession(session), ...calculation }
    yield separator + indented(shown, '    ')
    separator = ',\n    '
  }
  yield '\n  ]\n}\n'
}

const indented = (value: object, by: string): string =>
  JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${by}`)

export const SESSION_HEAD = [
  'session',
  'asked for (UTC)',
  'ended (UTC)',
  'with',
  'kind',
  'rate per minute (USD)',
  'paid seconds',
  'charged (USD)',
  'reader earned (USD)',
  'ended because',
  'calculation',
]

export function sessionCells(session: EndedSession, { id }: User): (string | number)[] {
  const { kind, rateCents, chargedCents, earnedCents, endReason } = session
  return [
    session.id,
    new Date(session.requestedAt).toISOString(),
    new Date(session.endedAt).toISOString(),
    seatOf(session, id) === 'client' ? session.readerName : session.clientName,
    kind,
    dollars(rateCents),
    billedSeconds(session),
    dollars(chargedCents),
    dollars(earnedCents),
    endReason,
    session.startedAt === undefined ? '' : sayCalculation(session),
  ]
}

export const ACTIVITY_HEAD = [
  'when (UTC)',
  'what',
  'with',
  'kind',
  'rate per minute (USD)',
  'paid seconds',
  'in (USD)',
  'out (USD)',
  'how it went',
  'receipt',
  'calculation',
]

export function activityCells(entry: ActivityEntry): (string | number)[] {
  const { at, what, cents, id, rateCents } = entry
  const billed = billedIn(entry)
  return [
    new Date(at).toISOString(),
    what,
    entry.with ?? '',
    entry.kind ?? '',
    rateCents === undefined ? '' : dollars(rateCents),
    billed ? billedSeconds(billed) : '',
    cents > 0 ? dollars(cents) : '',
    cents < 0 ? dollars(-cents) : '',
    entry.outcome,
    id,
    billed && billed.billedMs > 0 ? sayCalculation(billed) : '',
  ]
}

function billedIn({ rateCents, billedMs, cents }: ActivityEntry): Billed | undefined {
  return rateCents === undefined || billedMs === undefined
    ? undefined
    : { rateCents, billedMs, chargedCents: 0 - cents }
}

const dollars = (cents: number): string => (cents / 100).toFixed(2)

/** Returns everything that is kept about a user, without the secrets of the account. */
function viewAll(user: User): object {
  const { passwordHash: _, logins, devices, passkeys, ...rest } = user
  return {
    ...rest,
    ...viewUser(user),
    logins: logins.map(({ hash: _, ...login }) => login),
    ...(devices ? { devices: devices.map(({ seenAt }) => ({ seenAt })) } : {}),
    ...(passkeys ? { passkeys: viewPasskeys(passkeys) } : {}),
  }
}
