import { type Request, type Response, Router } from 'express'
import { balanceAround, type Session, viewSession } from '../domain/session.ts'
import type { Sessions } from '../engine/sessions/sessions.ts'
import type { Limits } from '../engine/sessions/spending-limits.ts'
import { type Doors, only, parse } from '../http/boundary.ts'
import { createAccountQueue, MOST_WAITING } from '../http/downloads.ts'
import type { Limiter } from '../http/rate-limiter.ts'
import { limitUnanswered, ringKey } from '../http/route-limits.ts'
import { LimitBody, SessionsQuery, StartBody } from '../shared/protocol/http.ts'

export function sessionRoutes(parts: {
  doors: Doors
  limiter: Limiter
  sessions: Sessions
  limits: Limits
}): Router {
  const { doors, limiter, sessions, limits } = parts
  const router = Router()
  const looks = createAccountQueue(MOST_WAITING)

  router.post('/session/start', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const wish = parse(StartBody, req.body)
    const client = only(user, 'client')
    const session = await limitUnanswered(limiter, ringKey(client.id, wish.readerId), () =>
      sessions.request(client, wish),
    )
    res.status(201).json({ session: viewSession(session) })
  })

  for (const verb of ['accept', 'decline', 'cancel', 'end'] as const) {
    router.post(`/session/:id/${verb}`, async (req: Request<{ id: string }>, res: Response) => {
      const { user } = await doors.whoIs(req)
      const session: Session = await sessions[verb](user, req.params.id)
      res.json({ session: viewSession(session) })
    })
  }

  router.post('/session/:id/limit', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { limitCents } = parse(LimitBody, req.body)
    const limited = await limits.setForSession(only(user, 'client'), req.params.id, limitCents ?? undefined)
    res.json({ session: viewSession(limited), limitCents })
  })

  router.get('/session/:id', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const session = await sessions.find(user, req.params.id)
    const balance = balanceAround(session, user)
    res.json({ session: viewSession(session), ...(balance ? { balance } : {}) })
  })

  router.get('/sessions', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { cursor, limit } = parse(SessionsQuery, req.query)
    await looks(user.id, res, async () => {
      const page = await sessions.list(user.id, cursor, limit)
      res.json({ ...page, sessions: page.sessions.map(viewSession) })
    })
  })

  return router
}
