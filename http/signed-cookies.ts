/**
 * Cookies of a user's id and a random value, signed, so that nothing is looked up for one that we
 * did not make.
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

  const write = (res: Response, text: string, maxAge: number): void => {
    const options = { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge } as const
    res.append('Set-Cookie', stringifySetCookie(name, text, options))
  }

  return {
    read(headers) {
      const [userId, value, signature] = cookieIn(headers, name)?.split('.') ?? []
      if (!userId || !value || !signature || !isSame(signature, sign(`${userId}.${value}`))) return undefined
      return { userId, value }
    },

    set(res, { userId, value }) {
      const content = `${userId}.${value}`
      write(res, `${content}.${sign(content)}`, maxAgeSeconds)
    },

    clear: (res) => write(res, '', 0),
  }
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
