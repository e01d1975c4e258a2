/** Finds out which user a request comes from, by the cookie of the login. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Request, Response } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Accounts } from '../engine/accounts/accounts.ts'
import type { Identity } from '../engine/accounts/logins.ts'
import type { Caller, Site } from '../engine/ports.ts'
import { clientSubnet, networksOf } from './client-address.ts'
import { describeDevice } from './device-name.ts'
import { keyFor } from './keys.ts'
import { isOurOrigin, siteOf } from './origin.ts'
import { notesOf } from './request-log.ts'
import { createBrowserCookie, createSignedCookie } from './signed-cookies.ts'

/** Methods that change nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

const DAY_SECONDS = 24 * 60 * 60
const LOGIN_SECONDS = 30 * DAY_SECONDS
const DEVICE_SECONDS = 400 * DAY_SECONDS // as long as browsers keep any
const VISITOR_SECONDS = DAY_SECONDS
const NETWORK_CHARS = 12 // enough to distinguish a user's networks

/** A login that has been made for a browser, and that no account knows yet. */
export interface NewLogin {
  /** Hash of the token, which the account keeps. */
  readonly hash: string
  /** Random token, which the browser keeps. */
  readonly token: string
  /** Random id of the browser, the same for all accounts and logins there. */
  readonly browserId: string
  readonly caller: Caller
}

export interface Authentication {
  /**
   * Returns who sent the request; a change counts as use of the login. Throws the refusal
   * `not_logged_in`.
   */
  requireLogin(req: Request): Promise<Identity>
  /**
   * Returns whose login the headers hold, those of a socket's handshake too; undefined without one.
   */
  identify(headers: IncomingHttpHeaders): Promise<Identity | undefined>
  /** Does the same for a page that a user goes to, which counts as use of the login. */
  identifyVisitor(req: Request): Promise<Identity | undefined>
  /**
   * Returns the account that this browser was last logged in to, logged out or not, and a name for
   * the browser.
   */
  deviceOf(headers: IncomingHttpHeaders): { userId: string; device: string } | undefined
  /** Makes a login for the browser that sent the request. */
  newLogin(req: Request): NewLogin
  /** Leaves a login that `userId`'s account has taken in with the browser. */
  setCookies(res: Response, userId: string, login: NewLogin): void
  /** Leaves with the browser that it is one of `userId`'s, without logging it in. */
  setDevice(res: Response, userId: string, login: NewLogin): void
  /** Takes the login back from the browser. */
  clearLogin(res: Response): void
  /**
   * Returns the name of a browser that may not be logged in, under which it was sent a challenge;
   * undefined where it has none.
   */
  visitorIn(headers: IncomingHttpHeaders): string | undefined
  /** Returns that name, and gives the browser one where it has none. */
  nameVisitor(req: Request, res: Response): string
  /** Returns the site that passkeys belong to. */
  siteOf(req: Request): Site
  /** Checks whether the headers come from our own pages, or from no browser at all. */
  isOurs(headers: IncomingHttpHeaders): boolean
}

/**
 * Creates the authentication of all requests. The cookie holds the user's id, a random token, and a
 * signature over both, checked before anything is looked up. The store keeps only the token's hash,
 * so that a stolen file is no login.
 */
export function createAuthentication(parts: {
  accounts: Accounts
  secret: string
  production: boolean
  /**
   * The one origin of the pages; undefined outside production, where it is the request's own host.
   */
  publicOrigin: string | undefined
}): Authentication {
  const { accounts, secret, production, publicOrigin } = parts
  const { loginCookie, deviceCookie, browserCookie, visitorCookie } = createCookies(secret, production)
  const visitorIn = (headers: IncomingHttpHeaders) => visitorCookie.read(headers)?.value

  const networkKey = keyFor(secret, 'network of a login')
  const networkOf = (address: string | undefined) =>
    createHmac('sha256', networkKey).update(clientSubnet(address)).digest('base64url').slice(0, NETWORK_CHARS)

  const setDevice = (res: Response, userId: string, { browserId }: NewLogin): void => {
    deviceCookie.set(res, { userId, value: randomBytes(9).toString('base64url') })
    browserCookie.set(res, browserId)
  }

  const identify = async (headers: IncomingHttpHeaders): Promise<Identity | undefined> => {
    const login = loginCookie.read(headers)
    return login && accounts.identify(login.userId, hashOf(login.value))
  }

  return {
    identify,

    async identifyVisitor(req) {
      const identity = await identify(req.headers)
      if (identity) await accounts.noteUse({ ...identity, network: networkOf(req.ip) })
      return identity
    },

    deviceOf(headers) {
      const content = deviceCookie.read(headers)
      return content && { userId: content.userId, device: content.value }
    },

    async requireLogin(req) {
      const found = await identify(req.headers)
      if (!found) throw new Refusal('not_logged_in', 'Log in first.')
      const identity = { ...found, network: networkOf(req.ip) }
      const notes = notesOf(req)
      if (notes) notes.userId = identity.user.id
      if (!SAFE_METHODS.has(req.method)) await accounts.noteUse(identity)
      return identity
    },

    newLogin(req) {
      const token = randomBytes(32).toString('base64url')
      const replaced = loginCookie.read(req.headers)
      const browserId = browserCookie.read(req.headers) ?? randomBytes(18).toString('base64url')
      const caller = {
        ...(replaced ? { replaces: { userId: replaced.userId, loginHash: hashOf(replaced.value) } } : {}),
        ...callerOf(req),
        network: networkOf(req.ip),
        browser: hashOf(browserId),
      }
      return { hash: hashOf(token), token, browserId, caller }
    },

    setCookies(res, userId, login) {
      loginCookie.set(res, { userId, value: login.token })
      setDevice(res, userId, login)
    },

    setDevice,

    clearLogin: loginCookie.clear,

    visitorIn,

    nameVisitor(req, res) {
      const value = visitorIn(req.headers) ?? randomBytes(18).toString('base64url')
      visitorCookie.set(res, { userId: 'visitor', value })
      return value
    },

    siteOf: (req) => siteOf(publicOrigin, req.headers.host),

    isOurs(headers) {
      const site = headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
      return headers.origin === undefined || isOurOrigin(headers.origin, publicOrigin, headers.host)
    },
  }
}

/** Creates the cookies of a login, of an account's browser, of any browser, and of a visitor. */
function createCookies(secret: string, production: boolean) {
  const name = production ? '__Host-soulseer' : 'soulseer'
  const loginCookie = createSignedCookie({
    name,
    key: secret, // another key would log everybody out
    maxAgeSeconds: LOGIN_SECONDS,
    secure: production,
  })
  const deviceCookie = createSignedCookie({
    name: `${name}-device`,
    key: keyFor(secret, 'device cookie'),
    maxAgeSeconds: DEVICE_SECONDS,
    secure: production,
  })
  const visitorCookie = createSignedCookie({
    name: `${name}-visitor`,
    key: keyFor(secret, 'visitor cookie'),
    maxAgeSeconds: VISITOR_SECONDS,
    secure: production,
  })
  const browserCookie = createBrowserCookie({
    name: `${name}-browser`,
    maxAgeSeconds: DEVICE_SECONDS,
    secure: production,
  })
  return { loginCookie, deviceCookie, browserCookie, visitorCookie }
}

/** Returns who asks, by the browser and the networks that the request comes from. */
export const callerOf = (req: Request): Caller => ({
  device: describeDevice(req.headers['user-agent']),
  networks: networksOf(req.ip),
})

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
