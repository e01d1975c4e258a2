import { Router } from 'express'
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
      household: doors.householdOf(req),
      device: knownEmail === body.email.trim().toLowerCase() ? known?.device : undefined,
    }
    const user = await guard.attempt(attempt, () =>
      doors.enter(res, (loginHash, device) => accounts.login(body, loginHash, device)),
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
    limiter.take('passwordCheck', identity.user.id)
    const user = await doors.enter(res, (loginHash, device) =>
      accounts.changePassword(identity, body, loginHash, device),
    )
    limiter.giveBack('passwordCheck', identity.user.id)
    res.json({ user: viewUser(user) })
  })

  return router
}
