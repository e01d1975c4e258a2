/** Serves the HTML pages and the files that they load. */
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Authentication } from '../http/authentication.ts'
import { keptFor, type PageFiles } from '../http/page-files.ts'
import { preferCompressed } from '../http/static.ts'
import type { SettingsView } from '../shared/protocol/views.ts'

/** The pages of links in mails. The token is after the #, so it never reaches the server. */
const LINK_PAGES = [
  ['reset', 'New password'],
  ['confirm', 'Confirm your address'],
  ['undo-email', 'Undo a change of address'],
  ['unsubscribe', 'Email receipts'],
] as const

export function pageRoutes(parts: {
  auth: Authentication
  publicDir: string
  files: PageFiles
  settings: SettingsView
}): Router {
  const { auth, publicDir, files, settings } = parts
  const router = Router()

  /** The first page knows whether its visitor is logged in: it greets instead of asking. */
  const home = async (req: Request, res: Response) => {
    const identity = await auth.identifyVisitor(req)
    res.set('Cache-Control', identity ? 'private, no-cache' : 'no-cache')
    res.type('html').send(await files.pageFor('index.html', identity?.user.role))
  }

  const linkPage = (name: string, title: string) => async (_req: Request, res: Response) => {
    const html = await files.pageFor('link.html')
    res.set('Cache-Control', 'no-cache')
    res
      .type('html')
      .send(
        html.replace('<title>', `<title>${title} · SoulSeer`).replace('data-page=""', `data-page="${name}"`),
      )
  }

  const forUsers = (name: string) => async (req: Request, res: Response) => {
    const identity = await auth.identifyVisitor(req)
    if (!identity) return res.redirect(homeFor(req.path))
    res.set('Cache-Control', 'private, no-cache')
    res.type('html').send(await files.pageFor(name, identity.user.role))
  }

  router.get('/', home)
  for (const [name, title] of LINK_PAGES) router.get(`/${name}`, linkPage(name, title))
  router.get('/dashboard', forUsers('dashboard.html'))
  router.get('/history', forUsers('history.html'))
  router.get('/account', forUsers('account.html'))
  // A browser gets the page at these addresses, and a program its data.
  for (const [path, name] of [
    ['/session/:id', 'session.html'],
    ['/payments/:id', 'payment.html'],
  ] as const) {
    router.get(path, (req, res, next) => {
      res.vary('Accept')
      if (req.accepts(['json', 'html']) === 'html') return forUsers(name)(req, res)
      next()
    })
  }
  if (settings.stripe !== 'standin') {
    router.use((req, _res, next) => {
      if (!req.path.startsWith('/stripe-standin.')) return next()
      throw new Refusal('not_found', 'Page not found.')
    })
  }
  router.get('/settings', (_req, res) => void res.json(settings))
  router.use(
    files.resolve,
    preferCompressed(publicDir),
    express.static(publicDir, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      setHeaders: (res, path) => void res.setHeader('Cache-Control', keptFor(res as Response, path)),
    }),
  )
  return router
}

/** Returns the first page's address for a person who has to log in to see `path`. */
function homeFor(path: string): string {
  return path === '/dashboard' ? '/' : `/?next=${encodeURIComponent(path)}`
}

/** Sends the page for a wrong address to a browser; programs get the problem as JSON. */
export function noSuchPage(files: PageFiles): RequestHandler {
  return async (req, res, next) => {
    if (req.method !== 'GET' || req.accepts(['json', 'html']) !== 'html') return next()
    res
      .status(404)
      .type('html')
      .send(await files.pageFor('404.html'))
  }
}
