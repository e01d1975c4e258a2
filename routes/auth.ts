import { Router } from 'express'
import { type Doors, only, parse } from '../boundary.ts'
import { viewSession } from '../domain/session.ts'
import { type User, viewUser } from '../domain/user.ts'
import type { Accounts } from '../engine/accounts.ts'
import type { Limits } from '../engine/limits.ts'
import type { Presence } from '../engine/presence.ts'
import type { Sessions } from '../engine/sessions.ts'
import { AvailabilityBody, LimitBody, LoginBody, ProfileBody, RegisterBody } from '../shared/protocol.ts'

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
    const user = await doors.enter(res, (loginHash) => accounts.register(body, loginHash))
    res.status(201).json(welcome(user))
  })

  router.post('/login', async (req, res) => {
    const body = parse(LoginBody, req.body)
    const user = await doors.enter(res, (loginHash) => accounts.login(body, loginHash))
    res.json(welcome(user))
  })

  router.post('/logout', async (req, res) => {
    const identity = await doors.whoIs(req)
    await accounts.logout(identity)
    doors.leave(res)
    res.status(204).end()
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

  router.get('/earnings', async (req, res) => {
    const { user } = await doors.whoIs(req)
    res.json(await accounts.earnings(only(user, 'reader')))
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

const welcome = (user: User) => ({ user: viewUser(user), redirect: '/dashboard' })
