/** Serves the downloads of a user: earnings, sessions, activity, everything. */
import { type Response, Router } from 'express'
import { activityOf } from '../engine/accounts/activity.ts'
import type { AccountDeletion } from '../engine/accounts/deletion.ts'
import type { EarningsReports } from '../engine/accounts/earnings.ts'
import type { Presence } from '../engine/sessions/presence.ts'
import type { Sessions } from '../engine/sessions/sessions.ts'
import type { Authentication } from '../http/authentication.ts'
import { requireRole } from '../http/authorize.ts'
import { networksOf } from '../http/client-address.ts'
import { createAccountQueue, goneSignal, MOST_WAITING, sendParts } from '../http/downloads.ts'
import { countWrongPassword } from '../http/rate-limit-credit.ts'
import type { RateLimiter } from '../http/rate-limiter.ts'
import { parse } from '../http/validate.ts'
import { DeleteAccountBody, EarningsQuery } from '../shared/protocol/http.ts'
import {
  ACTIVITY_HEAD,
  activityCells,
  earningsTable,
  everythingOf,
  SESSION_HEAD,
  sessionCells,
  table,
} from './export-files.ts'

export function recordRoutes(parts: {
  auth: Authentication
  presence: Presence
  sessions: Sessions
  earningsReports: EarningsReports
  deletion: AccountDeletion
  rateLimiter: RateLimiter
}): Router {
  const { auth, presence, sessions, earningsReports, deletion, rateLimiter } = parts
  const router = Router()
  const downloads = createAccountQueue(0)
  const reads = createAccountQueue(MOST_WAITING)

  router.get('/readers/count', async (_req, res) => {
    res.json({ available: await presence.countAvailable() })
  })

  router.get('/earnings', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const reader = requireRole(user, 'reader')
    const { zone } = parse(EarningsQuery, req.query)
    await reads(
      user.id,
      res,
      async () => void res.json(await earningsReports.of(reader, zone, goneSignal(res))),
    )
  })

  router.get('/earnings.csv', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const reader = requireRole(user, 'reader')
    const { zone } = parse(EarningsQuery, req.query)
    await downloads(user.id, res, async () => {
      const earnings = await earningsReports.of(reader, zone, goneSignal(res))
      download(res, 'earnings.csv', 'text/csv')
      res.send(earningsTable(earnings))
    })
  })

  router.get('/sessions.csv', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    await downloads(user.id, res, () => {
      download(res, 'sessions.csv', 'text/csv')
      return sendParts(
        res,
        table(SESSION_HEAD, sessions.allOf(user.id), (each) => sessionCells(each, user)),
      )
    })
  })

  router.get('/history.csv', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const client = requireRole(user, 'client')
    await downloads(user.id, res, () => {
      download(res, 'history.csv', 'text/csv')
      return sendParts(
        res,
        table(ACTIVITY_HEAD, activityOf(client, sessions.allOf(client.id)), activityCells),
      )
    })
  })

  router.get('/export', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    await downloads(user.id, res, () => {
      download(res, 'soulseer.json', 'application/json')
      return sendParts(res, everythingOf(user, sessions.allOf(user.id)))
    })
  })

  router.post('/account/delete', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(DeleteAccountBody, req.body)
    await countWrongPassword(rateLimiter, identity.user.id, body, () =>
      deletion.remove(identity, body, { networks: networksOf(req.ip) }),
    )
    auth.clearLogin(res)
    res.status(204).end()
  })

  return router
}

function download(res: Response, name: string, type: string): void {
  res.set('Content-Type', `${type}; charset=utf-8`)
  res.set('Content-Disposition', `attachment; filename="soulseer-${name.replace('soulseer.', 'data.')}"`)
}
