import { type Request, type Response, Router } from 'express'
import { viewUser } from '../domain/user.ts'
import type { Addresses } from '../engine/accounts/addresses.ts'
import type { PasswordReset } from '../engine/accounts/password-reset.ts'
import { type Authentication, callerOf, type NewLogin } from '../http/authentication.ts'
import { countWrongPassword } from '../http/rate-limit-credit.ts'
import type { RateLimiter } from '../http/rate-limiter.ts'
import { notesOf } from '../http/request-log.ts'
import { parse } from '../http/validate.ts'
import { ChangeEmailBody, ForgotBody, LinkBody, ResetBody, UndoEmailBody } from '../shared/protocol/http.ts'

/** Serves forgotten passwords, and the address of an account: confirmed, changed, changed back. */
export function recoveryRoutes(parts: {
  auth: Authentication
  passwordReset: PasswordReset
  addresses: Addresses
  rateLimiter: RateLimiter
}): Router {
  const { auth, passwordReset, addresses, rateLimiter } = parts
  const router = Router()

  /** Responds to a link that has proved who asks, without logging anyone in. */
  const finish = (req: Request, res: Response, userId: string, login: NewLogin): void => {
    const notes = notesOf(req)
    if (notes) notes.userId = userId
    // A log-in that follows is not held up by those who have guessed the old password.
    auth.setDevice(res, userId, login)
    res.status(204).end()
  }

  router.post('/password/forgot', (req, res) => {
    passwordReset.ask(parse(ForgotBody, req.body).email)
    res.status(202).json({})
  })

  router.post('/password/reset', async (req, res) => {
    const body = parse(ResetBody, req.body)
    const login = auth.newLogin(req)
    const { id } = await passwordReset.reset(body, login.caller)
    finish(req, res, id, login)
  })

  router.post('/email', async (req, res) => {
    const identity = await auth.requireLogin(req)
    const body = parse(ChangeEmailBody, req.body)
    const user = await countWrongPassword(rateLimiter, identity.user.id, body, () =>
      addresses.change(identity, body, callerOf(req)),
    )
    res.status(202).json({ user: viewUser(user) })
  })

  router.post('/email/cancel', async (req, res) => {
    res.json({ user: viewUser(await addresses.cancelChange(await auth.requireLogin(req))) })
  })

  router.post('/email/confirm/send', async (req, res) => {
    await addresses.sendConfirmation(await auth.requireLogin(req))
    res.status(202).json({})
  })

  router.post('/email/confirm', async (req, res) => {
    const user = await addresses.confirm(parse(LinkBody, req.body).token)
    const here = await auth.identify(req.headers)
    // A link proves the address: it logs no one in.
    if (here?.user.id === user.id) res.json({ user: viewUser(user) })
    else res.status(204).end()
  })

  router.post('/email/undo', async (req, res) => {
    const body = parse(UndoEmailBody, req.body)
    const login = auth.newLogin(req)
    const { id } = await addresses.undo(body, login.caller)
    finish(req, res, id, login)
  })

  return router
}
