import { Router } from 'express'
import { countUnlessOurs } from '../boundary/give-back.ts'
import type { Limiter } from '../boundary/limiter.ts'
import type { LoginGuard } from '../boundary/login-guard.ts'
import { type Doors, parse } from '../boundary.ts'
import { viewUser } from '../domain/user.ts'
import type { Accounts } from '../engine/accounts.ts'
import { EndLoginBody, LoginBody, PasswordBody } from '../shared/protocol.ts'

/** Logging in and out, and everything about where one is logged in. */
export function loginRoutes(parts: {
  doors: Doors
  accounts: Accounts
  guard: LoginGuard
  limiter: Limiter
}): Router {
  const { doors, accounts, guard, limiter } = parts
  const router = Router()

  router.post('/login', async (req, res) => {
    const body = parse(LoginBody, req.body)
    const known = doors.deviceOf(req.headers)
    const knownEmail = await accounts.emailOf(known?.userId)
    const attempt = {
      email: body.email,
      networks: doors.networksOf(req),
      device: knownEmail === body.email.trim().toLowerCase() ? known?.device : undefined,
    }
    const user = await guard.attempt(attempt, () =>
      doors.enter(res, (loginHash, caller) => accounts.login(body, loginHash, caller)),
    )
    res.json({ user: viewUser(user), redirect: '/dashboard' })
  })

  router.post('/logout', async (req, res) => {
    const identity = await doors.whoIs(req)
    await accounts.logout(identity)
    doors.leave(res)
    res.status(204).end()
  })

  router.get('/logins', async (req, res) => {
    res.json({ logins: await accounts.logins(await doors.whoIs(req)) })
  })

  router.post('/logins/end', async (req, res) => {
    const identity = await doors.whoIs(req)
    const { loginId } = parse(EndLoginBody, req.body)
    res.json({ logins: await accounts.endLogins(identity, loginId) })
  })

  router.post('/password', async (req, res) => {
    const identity = await doors.whoIs(req)
    const body = parse(PasswordBody, req.body)
    const change = () =>
      doors.enter(res, (loginHash, caller) => accounts.changePassword(identity, body, loginHash, caller))
    const { id, email } = identity.user
    const user = await countUnlessOurs(limiter, 'passwordCheck', id, () =>
      countUnlessOurs(limiter, 'login', email, change),
    )
    limiter.giveBack('passwordCheck', id)
    res.json({ user: viewUser(user) })
  })

  return router
}
