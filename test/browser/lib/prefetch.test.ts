/** Tests requests that start before a page's scripts. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { prefetch, prefetchedFetch } from '../../../browser/lib/prefetch.ts'

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
    prefetch(script(dataset))
    const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)
    expect(paths()).toEqual(['/me', '/session/abc', `/earnings?zone=${zone}`])
    for (const { init } of asked) expect(init?.headers).toEqual({ Accept: 'application/json' })
  })

  it('is nothing on a page that names nothing, or without a script', () => {
    prefetch(script({}))
    prefetch(null)
    expect(asked).toEqual([])
  })

  it('is handed over once, and requested again after that', async () => {
    prefetch(script({ early: '/me' }))
    const first = await prefetchedFetch('/me', { method: 'GET' })
    await prefetchedFetch('/me', { method: 'GET' })
    expect(paths()).toEqual(['/me', '/me'])
    expect(await first.json()).toEqual({})
  })

  it('serves no request that changes something', async () => {
    prefetch(script({ early: '/me' }))
    await prefetchedFetch('/me', { method: 'PATCH' })
    expect(asked.map(({ init }) => init?.method)).toEqual([undefined, 'PATCH'])
  })

  it('is not handed over any more when it has grown old', async () => {
    prefetch(script({ early: '/me' }))
    vi.advanceTimersByTime(20_000)
    await prefetchedFetch('/me')
    expect(paths()).toEqual(['/me', '/me'])
  })

  it('returns the server’s time as it is when it is handed over, not when it came', async () => {
    prefetch(script({ early: '/me' }))
    await vi.advanceTimersByTimeAsync(7_000)
    const { headers } = await prefetchedFetch('/me')
    expect(Date.parse(headers.get('Date') ?? '')).toBe(17_000)
  })

  it('keeps a refusal as it was, and a lost network for the caller', async () => {
    answerWith = async () => new Response('{"code":"not_logged_in"}', { status: 401 })
    prefetch(script({ early: '/me' }))
    const refused = await prefetchedFetch('/me')
    expect([refused.ok, refused.status, await refused.json()]).toEqual([
      false,
      401,
      { code: 'not_logged_in' },
    ])
    answerWith = async () => {
      throw new TypeError('no network')
    }
    prefetch(script({ early: '/me' }))
    await expect(prefetchedFetch('/me')).rejects.toThrow('no network')
  })
})
