/**
 * Cookies of a user's id and a random value, signed, so that nothing is looked up for one that we
 * did not make; and the random id that a browser has for itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { Response } from 'express'

export interface SignedCookie {
  /** Returns what the cookie holds; undefined without one, or with one that we did not sign. */
  read(headers: IncomingHttpHeaders): { userId: string; value: string } | undefined
  set(res: Response, content: { userId: string; value: string }): void
  clear(res: Response): void
}

/** Creates the cookie called `name`, which browsers keep for `maxAgeSeconds`. */
export function createSignedCookie(parts: {
  name: string
  key: string | Buffer
  maxAgeSeconds: number
  /** Sent over https alone. */
  secure: boolean
}): SignedCookie {
  const { name, key, maxAgeSeconds, secure } = parts
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')

  return {
    read(headers) {
      const [userId, value, signature] = cookieIn(headers, name)?.split('.') ?? []
      if (!userId || !value || !signature || !isSame(signature, sign(`${userId}.${value}`))) return undefined
      return { userId, value }
    },

    set(res, { userId, value }) {
      const content = `${userId}.${value}`
      write(res, { name, text: `${content}.${sign(content)}`, maxAge: maxAgeSeconds, secure })
    },

    clear: (res) => write(res, { name, text: '', maxAge: 0, secure }),
  }
}

export interface BrowserCookie {
  /** Returns the id; undefined without one, or with a text that is none. */
  read(headers: IncomingHttpHeaders): string | undefined
  set(res: Response, id: string): void
}

const BROWSER_ID = /^[\w-]{24}$/

/**
 * Creates the cookie with the id of a browser. It is not signed: an id counts only for the accounts
 * that have seen it, and another key for signing would make every browser a new one.
 */
export function createBrowserCookie(parts: {
  name: string
  maxAgeSeconds: number
  /** Sent over https alone. */
  secure: boolean
}): BrowserCookie {
  const { name, maxAgeSeconds: maxAge, secure } = parts
  return {
    read(headers) {
      const id = cookieIn(headers, name)
      return id !== undefined && BROWSER_ID.test(id) ? id : undefined
    },
    set: (res, id) => write(res, { name, text: id, maxAge, secure }),
  }
}

function write(
  res: Response,
  { name, text, maxAge, secure }: { name: string; text: string; maxAge: number; secure: boolean },
): void {
  const options = { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge } as const
  res.append('Set-Cookie', stringifySetCookie(name, text, options))
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * Returns the one cookie of that name; two are a trick to have another user's taken for one's own.
 */
function cookieIn({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  const times = cookie.split(';').filter((pair) => pair.trimStart().startsWith(`${name}=`)).length
  return times === 1 ? parseCookie(cookie)[name] : undefined
}
