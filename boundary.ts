/** What every door shares: who is calling, may they, unknown → typed, error → answer. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { Refusal } from './domain/errors.ts'
import type { Client, Reader, User } from './domain/user.ts'
import type { Accounts, Identity } from './engine/accounts.ts'
import type { Log } from './engine/ports.ts'
import type { Ack, ErrorCode, Problem, Role } from './shared/protocol.ts'

// ---------------------------------------------------------------- who is calling

const COOKIE_SECONDS = 30 * 24 * 60 * 60

export interface Doors {
  /** Who sent this request. Throws the refusal `not_logged_in`. */
  whoIs(req: Request): Promise<Identity>
  /** The same from the headers of a socket's handshake; undefined when nobody is logged in. */
  identify(headers: IncomingHttpHeaders): Promise<Identity | undefined>
  /** Runs a registration or a log-in under a fresh token and leaves its cookie with the caller. */
  enter(res: Response, logIn: (loginHash: string) => Promise<User>): Promise<User>
  /** Takes the cookie back. */
  leave(res: Response): void
  /** Whether the headers come from our own pages, or from no browser at all. */
  isOurs(headers: IncomingHttpHeaders): boolean
}

/**
 * The cookie holds the person's id, a random token, and a signature over both, checked before anything is looked up. The
 * store keeps only the token's hash, so that a stolen file logs nobody in.
 */
export function createDoors(parts: {
  accounts: Accounts
  secret: string
  production: boolean
  /** The one origin of the pages; undefined outside production, where it is the request's own host. */
  publicOrigin: string | undefined
}): Doors {
  const { accounts, secret, production, publicOrigin } = parts
  const cookieName = production ? '__Host-soulseer' : 'soulseer'
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('base64url')

  const setCookie = (res: Response, value: string, maxAge: number) =>
    res.append(
      'Set-Cookie',
      stringifySetCookie(cookieName, value, {
        httpOnly: true,
        sameSite: 'lax',
        secure: production,
        path: '/',
        maxAge,
      }),
    )

  const identify = async (headers: IncomingHttpHeaders): Promise<Identity | undefined> => {
    const [userId, token, signature] = parseCookie(headers.cookie ?? '')[cookieName]?.split('.') ?? []
    if (!userId || !token || !signature || !isSame(signature, sign(`${userId}.${token}`))) return undefined
    return accounts.identify(userId, hashOf(token))
  }

  return {
    identify,

    async whoIs(req) {
      const identity = await identify(req.headers)
      if (!identity) throw new Refusal('not_logged_in', 'Log in first.')
      return identity
    },

    async enter(res, logIn) {
      const token = randomBytes(32).toString('base64url')
      const user = await logIn(hashOf(token))
      setCookie(res, `${user.id}.${token}.${sign(`${user.id}.${token}`)}`, COOKIE_SECONDS)
      return user
    },

    leave: (res) => void setCookie(res, '', 0),

    isOurs(headers) {
      const site = headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
      return headers.origin === undefined || isOrigin(headers.origin, publicOrigin, headers.host)
    },
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function isOrigin(origin: string, publicOrigin: string | undefined, host: string | undefined): boolean {
  if (publicOrigin !== undefined) return origin === publicOrigin
  return origin === `http://${host}` || origin === `https://${host}`
}

// ---------------------------------------------------------------- may they

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses a change that another site's page asks for: the browser would send our cookie along. */
export function onlyFromOurPages(doors: Doors): RequestHandler {
  return (req, _res, next) => {
    if (!SAFE_METHODS.has(req.method) && !doors.isOurs(req.headers)) {
      throw new Refusal('cross_site', 'This request came from another site.')
    }
    next()
  }
}

/** Narrows a user to one role. Throws the refusal `forbidden`. */
export function only(user: User, role: 'client'): Client
export function only(user: User, role: 'reader'): Reader
export function only(user: User, role: Role): User {
  if (user.role !== role) throw new Refusal('forbidden', `Only ${role}s can do that.`)
  return user
}

/** Refuses to act on another person's behalf. Throws the refusal `forbidden`. */
export function onlySelf(user: User, userId: string): void {
  if (user.id !== userId) throw new Refusal('forbidden', 'That is another person’s account.')
}

// ---------------------------------------------------------------- unknown → typed

/** `value` as the schema's output. Throws the refusal `invalid_input` naming every field that does not fit. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  throw new Refusal('invalid_input', 'Something in the request is not as it should be.', { errors })
}

/** A body must be JSON, where there is one. Throws the refusal `not_json`. */
export const onlyJson: RequestHandler = (req, _res, next) => {
  const hasBody =
    req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
  if (hasBody && !req.is('application/json'))
    throw new Refusal('not_json', 'Send the body as application/json.')
  next()
}

// ---------------------------------------------------------------- error → answer

const STATUS: Record<ErrorCode, number> = {
  invalid_input: 400,
  bad_signature: 400,
  not_logged_in: 401,
  bad_credentials: 401,
  insufficient_funds: 402,
  forbidden: 403,
  cross_site: 403,
  not_found: 404,
  method_not_allowed: 405,
  email_taken: 409,
  reader_unavailable: 409,
  already_in_session: 409,
  limit_reached: 409,
  wrong_state: 409,
  not_joined: 409,
  payment_mismatch: 409,
  idempotency_mismatch: 409,
  too_large: 413,
  not_json: 415,
  rate_limited: 429,
  internal: 500,
  payment_unavailable: 502,
  busy: 503,
  storage_full: 503,
  stopping: 503,
}

const TITLE: Partial<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

/** The one place where a failure becomes an answer; what nobody expected is logged and told to nobody. */
export function answerErrors(log: Log): ErrorRequestHandler {
  return (error, req, res, next) => {
    const refusal = toRefusal(error)
    if (refusal.code === 'internal')
      log.error({ err: error, method: req.method, path: req.path }, 'a request failed')
    if (res.headersSent) return next(error)
    if (refusal.retryAfterSeconds !== undefined) res.set('Retry-After', String(refusal.retryAfterSeconds))
    const status = STATUS[refusal.code]
    res
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(problemOf(refusal, status)))
  }
}

function problemOf(refusal: Refusal, status: number): Problem {
  return {
    type: 'about:blank',
    title: TITLE[status] ?? 'Error',
    status,
    detail: refusal.message,
    code: refusal.code,
    ...(refusal.errors ? { errors: refusal.errors } : {}),
  }
}

/** A failure as a socket's acknowledgement tells it. */
export function ackOf(error: unknown, log: Log, event: string): Ack & { ok: false } {
  const refusal = toRefusal(error)
  if (refusal.code === 'internal') log.error({ err: error, event }, 'a socket event failed')
  return { ok: false, error: { code: refusal.code, message: refusal.message } }
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  if (type === 'entity.too.large') return new Refusal('too_large', 'The request is too large.')
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new Refusal('not_json', 'Send the body as plain UTF-8 JSON.')
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Refusal('invalid_input', 'The request could not be read.', {
      errors: [{ path: '', message: 'not JSON' }],
    })
  }
  return new Refusal('internal', 'Something went wrong on our side. Try again; nothing was lost.')
}
