/** The one origin at which SoulSeer is to be found. */
import type { RequestHandler } from 'express'

const MOVED = 308 // keeps the method, so that a change asked for at another name is asked again, not turned into a look

/** Sends every request for another host, and every one that did not come over https, to the same address at `publicOrigin`. */
export function onlyOurOrigin(publicOrigin: string): RequestHandler {
  const { host } = new URL(publicOrigin)
  return (req, res, next) => {
    // The host as it was asked for: what a proxy or a stranger adds in X-Forwarded-Host counts for nothing.
    if (req.headers.host === host && req.secure) return next()
    const path = req.originalUrl.startsWith('/') ? req.originalUrl : '/'
    res.redirect(MOVED, publicOrigin + path)
  }
}

/** Whether an `Origin` header names us; without a public origin, it is the request's own host. */
export function isOurOrigin(
  origin: string,
  publicOrigin: string | undefined,
  host: string | undefined,
): boolean {
  if (publicOrigin !== undefined) return origin === publicOrigin
  return origin === `http://${host}` || origin === `https://${host}`
}
