import { Router } from 'express'
import { viewSession } from '../domain/session.ts'
import { viewUser } from '../domain/user.ts'
import type { Accounts } from '../engine/accounts/accounts.ts'
import type { Presence } from '../engine/sessions/presence.ts'
import type { Sessions } from '../engine/sessions/sessions.ts'
import type { Limits } from '../engine/sessions/spending-limits.ts'
import { type Doors, only, parse } from '../http/boundary.ts'
import { AvailabilityBody, LimitBody, ProfileBody, RegisterBody } from '../shared/protocol/http.ts'

export function authRoutes(parts: {
  doors: Doors
  accounts: Accounts
  presence: Presence
  sessions: Sessions
  limits: Limits
}): Router {
  const { doors, accounts, presence, sessions, limits } = parts
  const router = Router()

  router.post('/register', async (req, res) => {
    const body = parse(RegisterBody, req.body)
    const user = await doors.enter(res, (loginHash, caller) => accounts.register(body, loginHash, caller))
    res.status(201).json({ user: viewUser(user), redirect: '/dashboard' })
  })

  router.get('/me', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const open = await sessions.openOf(user.id)
    res.json({ user: viewUser(user), ...(open ? { openSession: viewSession(open) } : {}) })
  })

  router.patch('/me', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const changed = await accounts.updateProfile(user, parse(ProfileBody, req.body))
    res.json({ user: viewUser(changed) })
  })

  router.get('/readers', async (req, res) => {
    await doors.whoIs(req)
    res.json({ readers: await presence.list() })
  })

  router.post('/availability', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { available } = parse(AvailabilityBody, req.body)
    res.json({ available: await presence.setAvailable(only(user, 'reader'), available) })
  })

  router.get('/limits', async (req, res) => {
    const { user } = await doors.whoIs(req)
    res.json(await limits.of(only(user, 'client')))
  })

  router.post('/limits', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { limitCents } = parse(LimitBody, req.body)
    res.json(await limits.setDaily(only(user, 'client'), limitCents ?? undefined))
  })

  return router
}
