/** Serves the texts that anyone may read, and what programs look for at fixed addresses. */
import { Router } from 'express'
import type { Clock } from '../engine/ports.ts'
import type { SiteFacts } from '../http/legal/facts.ts'
import { help } from '../http/legal/help.ts'
import { pageOf, type TextPage } from '../http/legal/html.ts'
import { privacy } from '../http/legal/privacy.ts'
import { refunds } from '../http/legal/refunds.ts'
import { terms } from '../http/legal/terms.ts'
import { DAY_MS } from '../shared/time.ts'

const PAGES: Record<string, (facts: SiteFacts) => TextPage> = { terms, privacy, refunds, help }

/** Returns the markup of each text, by its name. */
export function legalPages(facts: SiteFacts): Record<string, string> {
  return Object.fromEntries(Object.entries(PAGES).map(([name, page]) => [name, pageOf(page(facts))]))
}

// RFC 9116 asks for less than a year; computed, so that no one has to remember it.
const SECURITY_VALID_MS = 180 * DAY_MS

export function legalRoutes(parts: {
  facts: SiteFacts
  clock: Pick<Clock, 'now'>
  publicOrigin: string | undefined
}): Router {
  const { facts, clock, publicOrigin } = parts
  const router = Router()

  for (const [name, text] of Object.entries(legalPages(facts))) {
    router.get(`/${name}`, (_req, res) => {
      // With the ETag that Express adds a visit costs a 304, and a new version is seen at once.
      res.set('Cache-Control', 'no-cache')
      res.type('html').send(text)
    })
  }

  router.get('/.well-known/security.txt', (req, res) => {
    const origin = publicOrigin ?? `${req.protocol}://${req.host}`
    res.set('Cache-Control', 'public, max-age=86400')
    res.type('text/plain').send(securityText(origin, clock.now()))
  })

  router.get('/robots.txt', (_req, res) => {
    res.set('Cache-Control', 'public, max-age=86400')
    res.type('text/plain').send(ROBOTS)
  })

  return router
}

/** Returns the file of RFC 9116. Its end is that of a day, so that it is the same all day long. */
function securityText(origin: string, now: number): string {
  const expires = new Date(Math.ceil((now + SECURITY_VALID_MS) / DAY_MS) * DAY_MS)
  return [
    'Contact: mailto:security@soulseer.app',
    `Expires: ${expires.toISOString().replace('.000', '')}`,
    'Preferred-Languages: en',
    `Canonical: ${origin}/.well-known/security.txt`,
    '',
  ].join('\n')
}

/** Pages for one person alone are of no use to a search engine. */
const ROBOTS = `User-agent: *
Disallow: /dashboard
Disallow: /account
Disallow: /history
Disallow: /session/
Disallow: /payments/
`
