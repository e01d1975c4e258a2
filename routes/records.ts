import { type Response, Router } from 'express'
import { createTurns, goneSignal, MOST_WAITING, sendParts } from '../boundary/downloads.ts'
import type { Limiter } from '../boundary/limiter.ts'
import { type Doors, only, parse } from '../boundary.ts'
import { type EndedSession, seatOf, viewSession } from '../domain/session.ts'
import { type User, viewUser } from '../domain/user.ts'
import type { Farewell } from '../engine/farewell.ts'
import { type Movement, movementsOf } from '../engine/movements.ts'
import type { Presence } from '../engine/presence.ts'
import type { Sessions } from '../engine/sessions.ts'
import type { Takings } from '../engine/takings.ts'
import { csvLine } from '../shared/csv.ts'
import { DeleteAccountBody, EarningsQuery, type EarningsView } from '../shared/protocol.ts'

/** What people may take away of what is kept about them, and what the first page may tell a stranger. */
export function recordRoutes(parts: {
  doors: Doors
  presence: Presence
  sessions: Sessions
  takings: Takings
  farewell: Farewell
  limiter: Limiter
}): Router {
  const { doors, presence, sessions, takings, farewell, limiter } = parts
  const router = Router()
  const downloads = createTurns(0)
  const looks = createTurns(MOST_WAITING)

  router.get('/readers/count', async (_req, res) => {
    res.json({ available: await presence.countAvailable() })
  })

  router.get('/earnings', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const reader = only(user, 'reader')
    const { zone } = parse(EarningsQuery, req.query)
    await looks(user.id, res, async () => void res.json(await takings.of(reader, zone, goneSignal(res))))
  })

  router.get('/earnings.csv', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const reader = only(user, 'reader')
    const { zone } = parse(EarningsQuery, req.query)
    await downloads(user.id, res, async () => {
      const earnings = await takings.of(reader, zone, goneSignal(res))
      download(res, 'earnings.csv', 'text/csv')
      res.send(earningsTable(earnings))
    })
  })

  router.get('/sessions.csv', async (req, res) => {
    const { user } = await doors.whoIs(req)
    await downloads(user.id, res, () => {
      download(res, 'sessions.csv', 'text/csv')
      return sendParts(
        res,
        table(SESSION_HEAD, sessions.allOf(user.id), (each) => sessionCells(each, user)),
      )
    })
  })

  router.get('/history.csv', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const client = only(user, 'client')
    await downloads(user.id, res, () => {
      download(res, 'history.csv', 'text/csv')
      return sendParts(
        res,
        table(MOVEMENT_HEAD, movementsOf(client, sessions.allOf(client.id)), movementCells),
      )
    })
  })

  router.get('/export', async (req, res) => {
    const { user } = await doors.whoIs(req)
    await downloads(user.id, res, () => {
      download(res, 'soulseer.json', 'application/json')
      return sendParts(res, everythingOf(user, sessions.allOf(user.id)))
    })
  })

  router.post('/account/delete', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const body = parse(DeleteAccountBody, req.body)
    limiter.take('passwordCheck', user.id)
    await farewell.remove(user, body)
    doors.leave(res)
    res.status(204).end()
  })

  return router
}

function download(res: Response, name: string, type: string): void {
  res.set('Content-Type', `${type}; charset=utf-8`)
  res.set('Content-Disposition', `attachment; filename="soulseer-${name.replace('soulseer.', 'data.')}"`)
}

/** A table as CSV, a line at a time. */
async function* table<T>(
  head: readonly string[],
  rows: AsyncIterable<T>,
  cellsOf: (row: T) => readonly (string | number)[],
): AsyncGenerator<string, void, undefined> {
  yield csvLine(head)
  for await (const row of rows) yield csvLine(cellsOf(row))
}

function earningsTable({ days, zone }: EarningsView): string {
  const rows = days.map(({ day, sessions, paidMs, cents }) =>
    csvLine([day, sessions, Math.floor(paidMs / 1000), dollars(cents)]),
  )
  return [csvLine([`day (${zone})`, 'sessions', 'paid seconds', 'earned (USD)']), ...rows].join('')
}

/** Everything that is kept about a person as JSON, a session at a time. */
async function* everythingOf(
  user: User,
  past: AsyncIterable<EndedSession>,
): AsyncGenerator<string, void, undefined> {
  yield `{\n  "account": ${indented(viewAll(user), '  ')},\n  "sessions": [`
  let separator = '\n    '
  for await (const session of past) {
    yield separator + indented(viewSession(session), '    ')
    separator = ',\n    '
  }
  yield '\n  ]\n}\n'
}

const indented = (value: object, by: string): string =>
  JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${by}`)

const SESSION_HEAD = [
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
]

function sessionCells(session: EndedSession, { id }: User): (string | number)[] {
  const { kind, rateCents, billedMs, chargedCents, earnedCents, endReason } = session
  return [
    session.id,
    new Date(session.requestedAt).toISOString(),
    new Date(session.endedAt).toISOString(),
    seatOf(session, id) === 'client' ? session.readerName : session.clientName,
    kind,
    dollars(rateCents),
    Math.floor(billedMs / 1000),
    dollars(chargedCents),
    dollars(earnedCents),
    endReason,
  ]
}

const MOVEMENT_HEAD = [
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
]

function movementCells(movement: Movement): (string | number)[] {
  const { at, what, cents, id } = movement
  const { rateCents, billedMs } = movement
  return [
    new Date(at).toISOString(),
    what,
    movement.with ?? '',
    movement.kind ?? '',
    rateCents === undefined ? '' : dollars(rateCents),
    billedMs === undefined ? '' : Math.floor(billedMs / 1000),
    cents > 0 ? dollars(cents) : '',
    cents < 0 ? dollars(-cents) : '',
    movement.outcome,
    id,
  ]
}

const dollars = (cents: number): string => (cents / 100).toFixed(2)

/** Everything that is kept about a person, but what would let somebody in. */
function viewAll(user: User): object {
  const { passwordHash: _, logins, ...rest } = user
  return {
    ...rest,
    ...viewUser(user),
    logins: logins.map(({ hash: _, ...login }) => login),
  }
}
