import { join } from 'node:path'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Doors } from '../boundary.ts'
import type { SettingsView } from '../shared/protocol.ts'

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
  router.get('/history', forPeople('history.html'))
  router.get('/account', forPeople('account.html'))
  // The address answers a person with the page and a program with the session.
  router.get('/session/:id', (req, res, next) => {
    res.vary('Accept')
    if (req.accepts(['json', 'html']) === 'html') return forPeople('session.html')(req, res)
    next()
  })
  router.get('/settings', (_req, res) => void res.json(settings))
  router.use(
    express.static(publicDir, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      setHeaders: (res) => void res.setHeader('Cache-Control', 'no-cache'),
    }),
  )
  return router
}

/** Tells a person who came to a wrong address so, with a way on; programs get the problem as JSON. */
export function noSuchPage({ publicDir }: { publicDir: string }): RequestHandler {
  return (req, res, next) => {
    if (req.method !== 'GET' || req.accepts(['json', 'html']) !== 'html') return next()
    res.status(404).sendFile(join(publicDir, '404.html'), { cacheControl: false })
  }
}
