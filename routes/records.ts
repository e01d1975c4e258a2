import { type Response, Router } from 'express'
import { movementsOf } from '../engine/accounts/activity.ts'
import type { Farewell } from '../engine/accounts/deletion.ts'
import type { Takings } from '../engine/accounts/earnings.ts'
import type { Presence } from '../engine/sessions/presence.ts'
import type { Sessions } from '../engine/sessions/sessions.ts'
import { type Doors, only, parse } from '../http/boundary.ts'
import { createAccountQueue, goneSignal, MOST_WAITING, sendParts } from '../http/downloads.ts'
import { countUnlessOurs } from '../http/rate-limit-credit.ts'
import type { Limiter } from '../http/rate-limiter.ts'
import { DeleteAccountBody, EarningsQuery } from '../shared/protocol/http.ts'
import {
  earningsTable,
  everythingOf,
  MOVEMENT_HEAD,
  movementCells,
  SESSION_HEAD,
  sessionCells,
  table,
} from './export-files.ts'

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
  const downloads = createAccountQueue(0)
  const looks = createAccountQueue(MOST_WAITING)

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
    await countUnlessOurs(limiter, 'passwordCheck', user.id, () =>
      farewell.remove(user, body, { networks: doors.networksOf(req) }),
    )
    doors.leave(res)
    res.status(204).end()
  })

  return router
}

function download(res: Response, name: string, type: string): void {
  res.set('Content-Type', `${type}; charset=utf-8`)
  res.set('Content-Disposition', `attachment; filename="soulseer-${name.replace('soulseer.', 'data.')}"`)
}
