/** Serves sessions: requesting, accepting, ending, limiting and reading them. */
import { type Request, type Response, Router } from 'express'
import { balanceAround, type Session, viewSession } from '../domain/session.ts'
import type { Sessions } from '../engine/sessions/sessions.ts'
import type { Limits } from '../engine/sessions/spending-limits.ts'
import type { Authentication } from '../http/authentication.ts'
import { requireRole } from '../http/authorize.ts'
import { createAccountQueue, MOST_WAITING } from '../http/downloads.ts'
import type { RateLimiter } from '../http/rate-limiter.ts'
import { limitUnanswered, ringKey } from '../http/route-limits.ts'
import { parse } from '../http/validate.ts'
import { LimitBody, SessionsQuery, StartBody } from '../shared/protocol/http.ts'

export function sessionRoutes(parts: {
  auth: Authentication
  rateLimiter: RateLimiter
  sessions: Sessions
  limits: Limits
}): Router {
  const { auth, rateLimiter, sessions, limits } = parts
  const router = Router()
  const reads = createAccountQueue(MOST_WAITING)

  router.post('/session/start', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const wish = parse(StartBody, req.body)
    const client = requireRole(user, 'client')
    const session = await limitUnanswered(rateLimiter, ringKey(client.id, wish.readerId), () =>
      sessions.request(client, wish),
    )
    res.status(201).json({ session: viewSession(session) })
  })

  for (const verb of ['accept', 'decline', 'cancel', 'end'] as const) {
    router.post(`/session/:id/${verb}`, async (req: Request<{ id: string }>, res: Response) => {
      const { user } = await auth.requireLogin(req)
      const session: Session = await sessions[verb](user, req.params.id)
      res.json({ session: viewSession(session) })
    })
  }

  router.post('/session/:id/limit', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { limitCents } = parse(LimitBody, req.body)
    const limited = await limits.setForSession(
      requireRole(user, 'client'),
      req.params.id,
      limitCents ?? undefined,
    )
    res.json({ session: viewSession(limited), limitCents })
  })

  router.get('/session/:id', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const session = await sessions.find(user, req.params.id)
    const balance = balanceAround(session, user)
    res.json({ session: viewSession(session), ...(balance ? { balance } : {}) })
  })

  router.get('/sessions', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { cursor, limit } = parse(SessionsQuery, req.query)
    await reads(user.id, res, async () => {
      const listPage = await sessions.list(user.id, cursor, limit)
      res.json({ ...listPage, sessions: listPage.sessions.map(viewSession) })
    })
  })

  return router
}
