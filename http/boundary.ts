/** What every door shares: who is calling, may they, unknown → typed, error → answer. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { Refusal } from '../domain/errors.ts'
import type { Client, Reader, User } from '../domain/user.ts'
import type { Accounts, Identity } from '../engine/accounts/accounts.ts'
import type { Caller, Log } from '../engine/ports.ts'
import type { ErrorCode, Problem } from '../shared/protocol/errors.ts'
import type { Ack } from '../shared/protocol/socket.ts'
import type { Role } from '../shared/protocol/views.ts'
import { householdOf, networksOf } from './client-address.ts'
import { keyFor } from './keys.ts'
import { isOurOrigin } from './origin.ts'
import { notesOf } from './request-log.ts'

// ---------------------------------------------------------------- who is calling

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
const DAY_SECONDS = 24 * 60 * 60
const COOKIE_SECONDS = 30 * DAY_SECONDS
const DEVICE_SECONDS = 400 * DAY_SECONDS // as long as browsers keep any

export interface Doors {
  /** Who sent this request; a change counts as use of the login. Throws the refusal `not_logged_in`. */
  whoIs(req: Request): Promise<Identity>
  /** The same from the headers of a socket's handshake; undefined when nobody is logged in. */
  identify(headers: IncomingHttpHeaders): Promise<Identity | undefined>
  /** The same for a page that somebody goes to, which counts as use of the login. */
  visit(req: Request): Promise<Identity | undefined>
  /** The account that this browser was last logged in to, logged out or not, and a name for the browser. */
  deviceOf(headers: IncomingHttpHeaders): { userId: string; device: string } | undefined
  /** A name for where the request comes from, one for a whole household. */
  householdOf(req: Request): string
  /** Returns the networks that the request comes from, the narrowest first. */
  networksOf(req: Request): readonly string[]
  /** Runs a registration or a log-in under a fresh token and leaves its cookie with the caller. */
  enter(res: Response, logIn: (loginHash: string, caller: Caller) => Promise<User>): Promise<User>
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
  const deviceName = `${cookieName}-device`
  // The log-ins keep the secret itself as their key: another would log everybody out.
  const sign = signer(secret)
  const signDevice = signer(keyFor(secret, 'device cookie'))

  const setCookie = (res: Response, name: string, value: string, maxAge: number) =>
    res.append(
      'Set-Cookie',
      stringifySetCookie(name, value, {
        httpOnly: true,
        sameSite: 'lax',
        secure: production,
        path: '/',
        maxAge,
      }),
    )

  const claimIn = (headers: IncomingHttpHeaders): { userId: string; token: string } | undefined => {
    const [userId, token, signature] = cookieIn(headers, cookieName)?.split('.') ?? []
    if (!userId || !token || !signature || !isSame(signature, sign(`${userId}.${token}`))) return undefined
    return { userId, token }
  }

  const identify = async (headers: IncomingHttpHeaders): Promise<Identity | undefined> => {
    const claim = claimIn(headers)
    return claim && accounts.identify(claim.userId, hashOf(claim.token))
  }

  return {
    identify,

    async visit(req) {
      const identity = await identify(req.headers)
      if (identity) await accounts.noteUse(identity)
      return identity
    },

    deviceOf(headers) {
      const [userId, device, signature] = cookieIn(headers, deviceName)?.split('.') ?? []
      if (!userId || !device || !signature || !isSame(signature, signDevice(`${userId}.${device}`)))
        return undefined
      return { userId, device }
    },

    householdOf: (req) => householdOf(req.ip),

    networksOf: (req) => networksOf(req.ip),

    async whoIs(req) {
      const identity = await identify(req.headers)
      if (!identity) throw new Refusal('not_logged_in', 'Log in first.')
      const notes = notesOf(req)
      if (notes) notes.userId = identity.user.id
      if (!SAFE_METHODS.has(req.method)) await accounts.noteUse(identity)
      return identity
    },

    async enter(res, logIn) {
      const token = randomBytes(32).toString('base64url')
      const replaced = claimIn(res.req.headers)
      const user = await logIn(hashOf(token), {
        ...(replaced ? { replaces: { userId: replaced.userId, loginHash: hashOf(replaced.token) } } : {}),
        device: describeDevice(res.req.headers['user-agent']),
        networks: networksOf(res.req.ip),
      })
      setCookie(res, cookieName, `${user.id}.${token}.${sign(`${user.id}.${token}`)}`, COOKIE_SECONDS)
      const device = `${user.id}.${randomBytes(9).toString('base64url')}`
      setCookie(res, deviceName, `${device}.${signDevice(device)}`, DEVICE_SECONDS)
      return user
    },

    leave: (res) => void setCookie(res, cookieName, '', 0),

    isOurs(headers) {
      const site = headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
      return headers.origin === undefined || isOurOrigin(headers.origin, publicOrigin, headers.host)
    },
  }
}

const signer = (key: string | Buffer) => (text: string) =>
  createHmac('sha256', key).update(text).digest('base64url')

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The one cookie of that name; two are a trick to have another's taken for one's own. */
function cookieIn({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  const times = cookie.split(';').filter((pair) => pair.trimStart().startsWith(`${name}=`)).length
  return times === 1 ? parseCookie(cookie)[name] : undefined
}

const BROWSERS = {
  Edge: /\bEdgA?\//,
  Opera: /\bOPR\//,
  Firefox: /\b(Firefox|FxiOS)\//,
  Chrome: /\b(Chrome|CriOS)\//,
  Safari: /\bSafari\//,
}
const SYSTEMS = {
  iPhone: /\biPhone\b/,
  iPad: /\biPad\b/,
  Android: /\bAndroid\b/,
  Windows: /\bWindows\b/,
  macOS: /\bMac OS X\b/,
  Linux: /\bLinux\b/,
}

/** "Firefox on Windows", for the list of one's logins; no more is kept of what a browser tells about itself. */
function describeDevice(agent = ''): string {
  const among = (known: Record<string, RegExp>) =>
    Object.entries(known).find(([, pattern]) => pattern.test(agent))?.[0]
  return `${among(BROWSERS) ?? 'A browser'} on ${among(SYSTEMS) ?? 'a device'}`
}

// ---------------------------------------------------------------- may they

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

export const BODY_LIMIT_BYTES = 64 * 1024

/** A body must be JSON, where there is one, and not announced as larger than it may be. Throws `not_json`, `too_large`. */
export const onlyJson: RequestHandler = (req, res, next) => {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > BODY_LIMIT_BYTES) {
    // Nobody waits for the rest of it.
    res.set('Connection', 'close')
    throw new Refusal('too_large', 'The request is too large.')
  }
  const hasBody = req.headers['transfer-encoding'] !== undefined || announced > 0
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
  proof_needed: 403,
  insufficient_funds: 402,
  forbidden: 403,
  cross_site: 403,
  account_frozen: 403,
  not_found: 404,
  method_not_allowed: 405,
  email_taken: 409,
  reader_unavailable: 409,
  already_in_session: 409,
  limit_reached: 409,
  wrong_state: 409,
  not_joined: 409,
  taken_over: 409,
  payment_mismatch: 409,
  idempotency_mismatch: 409,
  twin_payment: 409,
  too_large: 413,
  address_too_long: 414,
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
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

/** What is known of whoever was refused; what else is said of it goes into the log as it is. */
export interface Refused {
  readonly from?: string
  readonly userId?: string
  readonly [field: string]: unknown
}

/** What a failure was, for the log and the figures; everything a door refuses passes by here. */
export type OnRefusal = (code: ErrorCode, about: Refused) => void

/** The one place where a failure becomes an answer; what nobody expected is logged and told to nobody. */
export function answerErrors(log: Log, onRefusal: OnRefusal = () => undefined): ErrorRequestHandler {
  return (error, req, res, next) => {
    const refusal = toRefusal(error)
    const about = { ...notesOf(req), method: req.method, path: req.path.slice(0, 100) }
    if (refusal.code === 'internal') log.error({ ...about, err: error }, 'a request failed')
    onRefusal(refusal.code, about)
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
