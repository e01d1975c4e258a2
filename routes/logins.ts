/** Serves logging in and out, proof of who is there, and the list of a user's logins. */
import { type Request, Router } from 'express'
import { Refusal } from '../domain/errors.ts'
import { viewUser } from '../domain/user.ts'
import type { Accounts } from '../engine/accounts/accounts.ts'
import type { Proofs } from '../engine/accounts/proof.ts'
import type { Authentication } from '../http/authentication.ts'
import { networksOf } from '../http/client-address.ts'
import { LINES, type LogSummaries } from '../http/log-summaries.ts'
import type { LoginThrottle } from '../http/login-throttle.ts'
import type { Metrics } from '../http/metrics.ts'
import { countWrongPassword, takeUnlessOurFault } from '../http/rate-limit-credit.ts'
import type { RateLimiter } from '../http/rate-limiter.ts'
import { notesOf } from '../http/request-log.ts'
import { parse } from '../http/validate.ts'
import { EndLoginBody, LoginBody, PasswordBody, ProveBody } from '../shared/protocol/http.ts'

const DONE = 'logged_in'

export function loginRoutes(parts: {
  auth: Authentication
  accounts: Accounts
  proofs: Proofs
  throttle: LoginThrottle
  rateLimiter: RateLimiter
  logSummaries: LogSummaries
  metrics: Metrics
}): Router {
  const { auth, accounts, proofs, throttle, rateLimiter, logSummaries, metrics } = parts
  const router = Router()

  /** Logs the account that was tried, so that the operator finds whose password was guessed. */
  const noteLogIn = (
    req: Request,
    tried: { userId: string | undefined; isKnown: boolean },
    outcome: string,
  ) => {
    const { userId, isKnown: knownDevice } = tried
    const notes = notesOf(req)
    metrics.logins.inc({ outcome })
    const fields = { ...notes, userId, path: '/login', security: 'login', outcome, knownDevice }
    const kind = `login ${outcome}`
    logSummaries.write(
      { level: 'info', sender: notes?.from ?? '', kind, fields, message: 'a log-in' },
      outcome === DONE ? LINES.answered : LINES.refused,
    )
  }

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
    try {
      const login = auth.newLogin(req)
      const user = await throttle.attempt(attempt, () => accounts.login(body, login.hash, login.caller))
      auth.setCookies(res, user.id, login)
      noteLogIn(req, tried, DONE)
      res.json({ user: viewUser(user), redirect: '/dashboard' })
    } catch (error) {
      noteLogIn(req, tried, error instanceof Refusal ? error.code : 'internal')
      throw error
    }
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

  router.post('/prove', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(ProveBody, req.body)
    await countWrongPassword(rateLimiter, identity.user.id, body, () =>
      proofs.prove(identity, body.password, { networks: networksOf(req.ip) }),
    )
    res.status(204).end()
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
