import { join } from 'node:path'
import express, { type Request, type Response, Router } from 'express'
import type { Doors } from '../boundary.ts'
import { Refusal } from '../domain/errors.ts'
import type { SettingsView } from '../shared/protocol.ts'

/** The paths that only take a change, or only give an answer: anything else there is a wrong method, not a wrong address. */
const POST_ONLY = [
  '/register',
  '/login',
  '/logout',
  '/availability',
  '/session/start',
  '/session/:id/accept',
  '/session/:id/decline',
  '/session/:id/cancel',
  '/session/:id/end',
  '/session/:id/limit',
  '/add-funds',
  '/add-funds/confirm',
  '/stripe/webhook',
]

/** The three pages and what they load. */
export function pageRoutes(parts: { doors: Doors; publicDir: string; settings: SettingsView }): Router {
  const { doors, publicDir, settings } = parts
  const router = Router()

  const page = (name: string) => (_req: Request, res: Response) => {
    res.set('Cache-Control', 'no-cache')
    res.sendFile(join(publicDir, name), { cacheControl: false })
  }

  const forPeople = (name: string) => async (req: Request, res: Response) => {
    if (await doors.identify(req.headers)) return page(name)(req, res)
    res.redirect('/')
  }

  router.get('/', page('index.html'))
  router.get('/dashboard', forPeople('dashboard.html'))
  // The address answers a person with the page and a program with the session.
  router.get('/session/:id', (req, res, next) => {
    res.vary('Accept')
    if (req.accepts(['json', 'html']) === 'html') return forPeople('session.html')(req, res)
    next()
  })
  router.get('/settings', (_req, res) => void res.json(settings))
  router.get(POST_ONLY, (_req, res) => {
    res.set('Allow', 'POST')
    throw new Refusal('method_not_allowed', 'This address takes POST requests only.')
  })
  router.use(
    express.static(publicDir, {
      index: false,
      dotfiles: 'ignore',
      setHeaders: (res) => void res.setHeader('Cache-Control', 'no-cache'),
    }),
  )
  return router
}
