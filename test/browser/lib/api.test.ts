/** Tests the HTTP client of the pages. */
import { describe, expect, it, vi } from 'vitest'
import { createApi } from '../../../browser/lib/api.ts'
import { createHttp } from '../../../browser/lib/http.ts'

function apiAnswering(response: () => Response | Promise<Response>, now = 0) {
  const asked: { path: string; init: RequestInit | undefined }[] = []
  const http = createHttp({
    now: () => now,
    fetch: async (path, init) => {
      asked.push({ path: String(path), init })
      return response()
    },
  })
  return { api: createApi(http), asked }
}

describe('requests to the server', () => {
  it('are asked with JSON, on the site the page came from', async () => {
    const { api, asked } = apiAnswering(() => Response.json({ session: { id: 's1' } }, { status: 201 }))
    expect(await api.start({ readerId: 'r1', kind: 'voice' })).toEqual({
      ok: true,
      value: { session: { id: 's1' } },
    })
    expect(asked[0]?.path).toBe('/session/start')
    expect(asked[0]?.init).toMatchObject({
      method: 'POST',
      credentials: 'same-origin',
      body: '{"readerId":"r1","kind":"voice"}',
    })
  })

  it('report a refusal with its code, its fields and how long to wait', async () => {
    const problem = {
      type: 'x',
      title: 'x',
      status: 429,
      detail: 'Slow down.',
      code: 'rate_limited',
      errors: [],
    }
    const { api } = apiAnswering(() =>
      Response.json(problem, { status: 429, headers: { 'Retry-After': '30' } }),
    )
    expect(await api.login({ email: 'a', password: 'b' })).toEqual({
      ok: false,
      failure: { code: 'rate_limited', detail: 'Slow down.', errors: [], retryAfterSeconds: 30 },
    })
  })

  it('count as lost where no response comes within half a minute, or only its beginning', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const isAborted = (init: RequestInit | undefined) =>
      new Promise<never>((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    const stuck = new Response(new ReadableStream(), { status: 200 })
    for (const fetch of [
      (_: unknown, init?: RequestInit) => isAborted(init),
      async (_: unknown, init?: RequestInit) => {
        vi.spyOn(stuck, 'json').mockImplementation(() => isAborted(init))
        return stuck
      },
    ]) {
      const answer = createApi(createHttp({ now: () => 0, fetch })).me()
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await answer).toEqual({ ok: false, failure: { code: 'offline' } })
    }
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('ask for proof where the server wants it, and are sent once more when it is given', async () => {
    for (const isGiven of [true, false]) {
      let proven = false
      const sent: unknown[] = []
      const http = createHttp({
        now: () => 0,
        fetch: async (path, init) => {
          sent.push([path, init?.body])
          if (proven) return new Response(null, { status: 204 })
          return Response.json({ code: 'proof_needed' }, { status: 403 })
        },
      })
      http.askProofBy(async () => {
        proven = isGiven
        return isGiven
      })
      const answer = await createApi(http).deleteAccount({})
      expect(answer.ok).toBe(isGiven)
      expect(sent).toEqual(Array(isGiven ? 2 : 1).fill(['/account/delete', '{}']))
    }
  })

  it('report `internal` when the refusal is not ours, such as a proxy’s page', async () => {
    const { api } = apiAnswering(() => new Response('<html>', { status: 502 }))
    expect(await api.me()).toEqual({ ok: false, failure: { code: 'internal' } })
  })

  it('report `offline` when nothing comes back', async () => {
    const { api } = apiAnswering(() => Promise.reject(new TypeError('network')))
    expect(await api.me()).toEqual({ ok: false, failure: { code: 'offline' } })
  })

  it('return nothing for a logout', async () => {
    const { api } = apiAnswering(() => new Response(null, { status: 204 }))
    expect(await api.logout()).toEqual({ ok: true, value: undefined })
  })

  it('return the server’s clock, once it is far from ours', async () => {
    const server = Date.UTC(2026, 0, 1, 12, 10)
    const headers = { Date: new Date(server).toUTCString() }
    const ours = server - 600_000
    const { api } = apiAnswering(() => Response.json({}, { headers }), ours)
    expect(api.serverNow()).toBe(ours)
    await api.me()
    expect(api.serverNow()).toBe(server + 500)
  })

  it('keep to our own clock while it is right to the server’s second', async () => {
    const ours = Date.UTC(2026, 0, 1, 12, 0, 0, 900)
    const headers = { Date: new Date(ours).toUTCString() }
    const { api } = apiAnswering(() => Response.json({}, { headers }), ours)
    await api.me()
    expect(api.serverNow()).toBe(ours)
  })
})
