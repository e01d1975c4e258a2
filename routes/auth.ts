/** Serves registering, the own account, the list of readers, and a client's daily limit. */
import { Router } from 'express'
import { viewMe, viewUser } from '../domain/user.ts'
import type { Accounts } from '../engine/accounts/accounts.ts'
import type { Presence } from '../engine/sessions/presence.ts'
import type { Sessions } from '../engine/sessions/sessions.ts'
import type { Limits } from '../engine/sessions/spending-limits.ts'
import type { Authentication } from '../http/authentication.ts'
import { requireRole } from '../http/authorize.ts'
import { parse } from '../http/validate.ts'
import { AgreeBody, AvailabilityBody, LimitBody, ProfileBody, RegisterBody } from '../shared/protocol/http.ts'

export function authRoutes(parts: {
  auth: Authentication
  accounts: Accounts
  presence: Presence
  sessions: Sessions
  limits: Limits
}): Router {
  const { auth, accounts, presence, sessions, limits } = parts
  const router = Router()

  router.post('/register', async (req, res) => {
    const body = parse(RegisterBody, req.body)
    const login = auth.newLogin(req)
    const user = await accounts.register(body, login.hash, login.caller)
    auth.setCookies(res, user.id, login)
    res.status(201).json({ user: viewUser(user), redirect: '/dashboard' })
  })

  router.post('/terms/agree', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    await accounts.agree(user, parse(AgreeBody, req.body).version)
    res.status(204).end()
  })

  router.get('/me', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const open = await sessions.openOf(user.id)
    res.json(viewMe(user, open))
  })

  router.patch('/me', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const changed = await accounts.updateProfile(user, parse(ProfileBody, req.body))
    res.json({ user: viewUser(changed) })
  })

  router.get('/readers', async (req, res) => {
    await auth.requireLogin(req)
    res.json({ readers: await presence.list() })
  })

  router.post('/availability', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { available } = parse(AvailabilityBody, req.body)
    res.json({ available: await presence.setAvailable(requireRole(user, 'reader'), available) })
  })

  router.get('/limits', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    res.json(await limits.of(requireRole(user, 'client')))
  })

  router.post('/limits', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { limitCents } = parse(LimitBody, req.body)
    res.json(await limits.setDaily(requireRole(user, 'client'), limitCents ?? undefined))
  })

  return router
}
