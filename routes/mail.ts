import { Router } from 'express'
import type { MailPreferences } from '../engine/mail/preferences.ts'
import { parse } from '../http/validate.ts'
import { LinkBody } from '../shared/protocol/http.ts'

/** Serves the link in a mail that switches such mails off. */
export function mailRoutes({ mailPreferences }: { mailPreferences: MailPreferences }): Router {
  const router = Router()

  router.post('/mail/unsubscribe', async (req, res) => {
    await mailPreferences.switchOff(parse(LinkBody, req.body).token)
    res.status(204).end()
  })

  return router
}
