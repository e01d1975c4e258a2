/** The one origin at which SoulSeer is to be found. */
import type { RequestHandler } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Site } from '../engine/ports.ts'

const MOVED = 308
const READS = new Set(['GET', 'HEAD'])

/**
 * Redirects every read from another host or without https to the same address at `publicOrigin`.
 * Rejects a change with `forbidden`: a program that is redirected would go on sending passwords in
 * the clear (OWASP ASVS 5.0, 4.1.2).
 */
export function onlyOurOrigin(publicOrigin: string): RequestHandler {
  const { host } = new URL(publicOrigin)
  return (req, res, next) => {
    // The host as it was asked for: what a proxy or a stranger adds in X-Forwarded-Host counts for
    // nothing.
    if (req.headers.host === host && req.secure) return next()
    if (!READS.has(req.method)) {
      res.set('Connection', 'close')
      throw new Refusal('forbidden', `Send this to ${publicOrigin}, over https.`)
    }
    const path = req.originalUrl.startsWith('/') ? req.originalUrl : '/'
    res.redirect(MOVED, publicOrigin + path)
  }
}

/**
 * Returns the site that passkeys belong to; without a public origin, the request's own host. Throws
 * `invalid_input` for a host that is none.
 */
export function siteOf(publicOrigin: string | undefined, host = ''): Site {
  const origins = publicOrigin === undefined ? [`http://${host}`, `https://${host}`] : [publicOrigin]
  const [origin = ''] = origins
  if (!URL.canParse(origin)) throw new Refusal('invalid_input', 'The request names no host.')
  return { host: new URL(origin).hostname, origins }
}

/**
 * Checks whether an `Origin` header names us; without a public origin, that is the request's own
 * host.
 */
export function isOurOrigin(
  origin: string,
  publicOrigin: string | undefined,
  host: string | undefined,
): boolean {
  if (publicOrigin !== undefined) return origin === publicOrigin
  return origin === `http://${host}` || origin === `https://${host}`
}
