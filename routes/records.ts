import { type Response, Router } from 'express'
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
import { DeleteAccountBody, EarningsQuery } from '../shared/protocol.ts'

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

  router.get('/readers/count', async (_req, res) => {
    res.json({ available: await presence.countAvailable() })
  })

  router.get('/earnings', async (req, res) => {
    const { user } = await doors.whoIs(req)
    res.json(await takings.of(only(user, 'reader'), parse(EarningsQuery, req.query).zone))
  })

  router.get('/earnings.csv', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { days, zone } = await takings.of(only(user, 'reader'), parse(EarningsQuery, req.query).zone)
    download(res, 'earnings.csv', 'text/csv')
    res.write(csvLine([`day (${zone})`, 'sessions', 'paid seconds', 'earned (USD)']))
    for (const { day, sessions, paidMs, cents } of days) {
      res.write(csvLine([day, sessions, Math.floor(paidMs / 1000), dollars(cents)]))
    }
    res.end()
  })

  router.get('/sessions.csv', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const past = sessions.allOf(user.id)
    download(res, 'sessions.csv', 'text/csv')
    res.write(csvLine(SESSION_HEAD))
    for await (const session of past) res.write(csvLine(sessionCells(session, user)))
    res.end()
  })

  router.get('/history.csv', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const past = movementsOf(only(user, 'client'), sessions.allOf(user.id))
    download(res, 'history.csv', 'text/csv')
    res.write(csvLine(MOVEMENT_HEAD))
    for await (const movement of past) res.write(csvLine(movementCells(movement)))
    res.end()
  })

  router.get('/export', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const past: object[] = []
    for await (const session of sessions.allOf(user.id)) past.push(viewSession(session))
    download(res, 'soulseer.json', 'application/json')
    res.send(JSON.stringify({ account: viewAll(user), sessions: past }, undefined, 2))
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
