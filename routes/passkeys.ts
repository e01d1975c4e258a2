import { Router } from 'express'
import { viewUser } from '../domain/user.ts'
import type { Passkeys } from '../engine/accounts/passkeys.ts'
import type { Proofs } from '../engine/accounts/proof.ts'
import { type Authentication, callerOf } from '../http/authentication.ts'
import { networksOf } from '../http/client-address.ts'
import type { LoginLog } from '../http/login/login-log.ts'
import type { LoginThrottle } from '../http/login/login-throttle.ts'
import { countWrongPassword } from '../http/rate-limit-credit.ts'
import type { RateLimiter } from '../http/rate-limiter.ts'
import { parse } from '../http/validate.ts'
import {
  AddPasskeyBody,
  PasskeyLogInBody,
  ProveBody,
  RemovePasskeyBody,
} from '../shared/protocol/passkeys.ts'

/** Serves passkeys, logging in by one, and the proof that it is still the owner who asks. */
export function passkeyRoutes(parts: {
  auth: Authentication
  passkeys: Passkeys
  proofs: Proofs
  throttle: LoginThrottle
  rateLimiter: RateLimiter
  loginLog: LoginLog
}): Router {
  const { auth, passkeys, proofs, throttle, rateLimiter, loginLog } = parts
  const router = Router()

  router.get('/passkeys', async (req, res) => {
    res.json({ passkeys: passkeys.list(await auth.requireLogin(req)) })
  })

  router.post('/passkeys/begin', async (req, res) => {
    const identity = await auth.requireLogin(req)
    res.json(await passkeys.beginAdding(identity, auth.siteOf(req)))
  })

  router.post('/passkeys', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(AddPasskeyBody, req.body)
    const passkey = await countWrongPassword(rateLimiter, identity.user.id, body, () =>
      passkeys.add(identity, body, auth.siteOf(req), callerOf(req)),
    )
    res.status(201).json({ passkey })
  })

  router.delete('/passkeys/:id', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(RemovePasskeyBody, req.body ?? {})
    await countWrongPassword(rateLimiter, identity.user.id, body, () =>
      passkeys.remove(identity, req.params.id, body.password, callerOf(req)),
    )
    res.status(204).end()
  })

  router.post('/prove/begin', async (req, res) => {
    const identity = await auth.requireLogin(req)
    res.json(await proofs.begin(identity, auth.siteOf(req)))
  })

  router.post('/prove', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(ProveBody, req.body)
    const asked = { site: auth.siteOf(req), caller: callerOf(req) }
    await countWrongPassword(rateLimiter, identity.user.id, body, () => proofs.prove(identity, body, asked))
    res.status(204).end()
  })

  router.post('/login/passkey/begin', async (req, res) => {
    const site = auth.siteOf(req)
    res.json(await passkeys.beginLogIn(site, auth.nameVisitor(req, res)))
  })

  router.post('/login/passkey', async (req, res) => {
    const { response: assertion } = parse(PasskeyLogInBody, req.body)
    const claimed = await passkeys.claimedBy(assertion)
    const known = auth.deviceOf(req.headers)
    const device = claimed && known?.userId === claimed.id ? known.device : undefined
    const attempt = { email: claimed?.email ?? assertion.id, networks: networksOf(req.ip), device }
    const tried = { userId: claimed?.id, isKnown: device !== undefined }
    const user = await loginLog.noting(req, tried, async () => {
      const login = auth.newLogin(req)
      const asked = { site: auth.siteOf(req), visitor: auth.visitorIn(req.headers), assertion }
      const user = await throttle.attempt(attempt, () => passkeys.logIn(asked, login.hash, login.caller))
      auth.setCookies(res, user.id, login)
      return user
    })
    res.json({ user: viewUser(user), redirect: '/dashboard' })
  })

  return router
}
