/** Tests requests that start before a page's scripts. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askEarly, earlyFetch } from '../../../browser/lib/prefetch.ts'

let asked: { path: string; init: RequestInit | undefined }[]
let answerWith: () => Promise<Response>

beforeEach(() => {
  asked = []
  answerWith = async () => new Response('{}', { headers: { Date: new Date(10_000).toUTCString() } })
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  vi.stubGlobal('window', {})
  vi.stubGlobal('location', { pathname: '/session/abc' })
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    asked.push({ path, init })
    return answerWith()
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const paths = () => asked.map(({ path }) => path)
/** Returns the script in the head of a page, as far as it matters here. */
const script = (dataset: Record<string, string>) => ({ dataset }) as unknown as HTMLScriptElement

describe('what a page asks for early', () => {
  it('is what its markup names for all roles and for the role', () => {
    const dataset = {
      early: '/me .',
      earlyClient: '/limits',
      earlyReader: '/earnings?zone=*',
      role: 'reader',
    }
    askEarly(script(dataset))
    const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)
    expect(paths()).toEqual(['/me', '/session/abc', `/earnings?zone=${zone}`])
    for (const { init } of asked) expect(init?.headers).toEqual({ Accept: 'application/json' })
  })

  it('is nothing on a page that names nothing, or without a script', () => {
    askEarly(script({}))
    askEarly(null)
    expect(asked).toEqual([])
  })

  it('is handed over once, and requested again after that', async () => {
    askEarly(script({ early: '/me' }))
    const first = await earlyFetch('/me', { method: 'GET' })
    await earlyFetch('/me', { method: 'GET' })
    expect(paths()).toEqual(['/me', '/me'])
    expect(await first.json()).toEqual({})
  })

  it('serves no request that changes something', async () => {
    askEarly(script({ early: '/me' }))
    await earlyFetch('/me', { method: 'PATCH' })
    expect(asked.map(({ init }) => init?.method)).toEqual([undefined, 'PATCH'])
  })

  it('is not handed over any more when it has grown old', async () => {
    askEarly(script({ early: '/me' }))
    vi.advanceTimersByTime(20_000)
    await earlyFetch('/me')
    expect(paths()).toEqual(['/me', '/me'])
  })

  it('returns the server’s time as it is when it is handed over, not when it came', async () => {
    askEarly(script({ early: '/me' }))
    await vi.advanceTimersByTimeAsync(7_000)
    const { headers } = await earlyFetch('/me')
    expect(Date.parse(headers.get('Date') ?? '')).toBe(17_000)
  })

  it('keeps a refusal as it was, and a lost network for the caller', async () => {
    answerWith = async () => new Response('{"code":"not_logged_in"}', { status: 401 })
    askEarly(script({ early: '/me' }))
    const refused = await earlyFetch('/me')
    expect([refused.ok, refused.status, await refused.json()]).toEqual([
      false,
      401,
      { code: 'not_logged_in' },
    ])
    answerWith = async () => {
      throw new TypeError('no network')
    }
    askEarly(script({ early: '/me' }))
    await expect(earlyFetch('/me')).rejects.toThrow('no network')
  })
})
