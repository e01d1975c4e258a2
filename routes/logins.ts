/** Serves logging in by password and out, and the list of a user's logins. */
import { Router } from 'express'
import { viewUser } from '../domain/user.ts'
import type { Accounts } from '../engine/accounts/accounts.ts'
import type { Authentication } from '../http/authentication.ts'
import { networksOf } from '../http/client-address.ts'
import type { LoginLog } from '../http/login/login-log.ts'
import type { LoginThrottle } from '../http/login/login-throttle.ts'
import { countWrongPassword, takeUnlessOurFault } from '../http/rate-limit-credit.ts'
import type { RateLimiter } from '../http/rate-limiter.ts'
import { parse } from '../http/validate.ts'
import { EndLoginBody, LoginBody, PasswordBody } from '../shared/protocol/http.ts'

export function loginRoutes(parts: {
  auth: Authentication
  accounts: Accounts
  throttle: LoginThrottle
  rateLimiter: RateLimiter
  loginLog: LoginLog
}): Router {
  const { auth, accounts, throttle, rateLimiter, loginLog } = parts
  const router = Router()

  router.post('/login', async (req, res) => {
    const body = parse(LoginBody, req.body)
    const known = auth.deviceOf(req.headers)
    const knownEmail = await accounts.emailOf(known?.userId)
    const attempt = {
      email: body.email,
      networks: networksOf(req.ip),
      device: knownEmail === body.email ? known?.device : undefined,
    }
    const tried = { userId: await accounts.idOf(body.email), isKnown: attempt.device !== undefined }
    const user = await loginLog.noting(req, tried, async () => {
      const login = auth.newLogin(req)
      const user = await throttle.attempt(attempt, () => accounts.login(body, login.hash, login.caller))
      auth.setCookies(res, user.id, login)
      return user
    })
    res.json({ user: viewUser(user), redirect: '/dashboard' })
  })

  router.post('/logout', async (req, res) => {
    const identity = await auth.requireLogin(req)
    await accounts.logout(identity)
    auth.clearLogin(res)
    // Takes the pages out of the browser's memory too, so that Back shows no account.
    res.setHeader('Clear-Site-Data', '"cache"')
    res.status(204).end()
  })

  router.get('/logins', async (req, res) => {
    res.json({ logins: await accounts.logins(await auth.requireLogin(req)) })
  })

  router.post('/logins/end', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(EndLoginBody, req.body)
    const end = () => accounts.endLogins(identity, body, { networks: networksOf(req.ip) })
    res.json({ logins: await countWrongPassword(rateLimiter, identity.user.id, body, end) })
  })

  router.post('/password', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(PasswordBody, req.body)
    const login = auth.newLogin(req)
    const change = () => accounts.changePassword(identity, body, login.hash, login.caller)
    const { id, email } = identity.user
    const user = await countWrongPassword(rateLimiter, id, body, () =>
      takeUnlessOurFault(rateLimiter, 'login', email, change),
    )
    auth.setCookies(res, user.id, login)
    res.json({ user: viewUser(user) })
  })

  return router
}
