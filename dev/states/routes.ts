/**
 * Shows every page in every state: `/dev/states`. The pages are the real ones, over made-up replies
 * instead of a server. Never in production.
 */
import { readFileSync } from 'node:fs'
import { Router } from 'express'

/** The pages' markup that a state may be shown in. */
const PAGES = [
  ...['index', 'dashboard', 'session', 'history', 'account', 'payment', 'link', '404', 'back'],
  ...['terms', 'privacy', 'refunds', 'help'],
]
const SCRIPTS = ['main.js', 'browse.js']

export interface StatesParts {
  /** The folder with the built scripts of the catalogue. */
  folder: URL
  /** Returns a page's markup. */
  pageFor: (name: string) => Promise<string>
}

/** Creates the routes. */
export function statesRoutes({ folder, pageFor }: StatesParts): Router {
  const router = Router()

  router.get('/', (_req, res) => {
    res.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src 'self'",
    )
    res.type('html').send(CATALOGUE)
  })

  router.get('/:script.js', (req, res, next) => {
    const script = `${req.params.script}.js`
    if (!SCRIPTS.includes(script)) return next()
    res.type('js').send(readFileSync(new URL(script, folder), 'utf8'))
  })

  router.get('/:page/:name', async (req, res, next) => {
    if (!PAGES.includes(req.params.page)) return next()
    const policy = String(res.getHeader('Content-Security-Policy'))
    res.set('Content-Security-Policy', policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"))
    res.set('X-Frame-Options', 'SAMEORIGIN')
    res.type('html').send(withOwnScript(await pageFor(`${req.params.page}.html`)))
  })

  return router
}

/** Puts the catalogue's script in the place of the page's, and asks the server for nothing early. */
function withOwnScript(html: string): string {
  return html
    .replace(/ data-early[\w-]*="[^"]*"/g, '')
    .replace(/ *<link rel="modulepreload"[^>]*>\n/g, '')
    .replace(/ *<script type="module"[^>]*><\/script>\n/g, '')
    .replace('</head>', '<script type="module" src="/dev/states/main.js"></script></head>')
}

const CATALOGUE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>States</title>
<style>
body { margin: 0; display: flex; font: 14px sans-serif; color-scheme: light dark }
nav { height: 100vh; overflow: auto; flex: none; padding: 0 1em; box-sizing: border-box }
ul { padding-left: 1em }
h2 { font-size: 1em }
main { height: 100vh; overflow: auto; flex: 1; padding: 0 1em; box-sizing: border-box }
p { display: flex; flex-wrap: wrap; gap: 1em; margin: .5em 0 }
[aria-current] { font-weight: bold; text-decoration: none }
iframe { border: 1px solid gray }
</style>
</head>
<body><script type="module" src="/dev/states/browse.js"></script></body>
</html>
`
