/** Tests requests from other origins and forged forwarding headers. */
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import type { Person } from '../support/people.ts'
import { ask, journalOf, ORIGIN, type RawAnswer, startStrict, through } from './support.ts'

let strict: LiveServer
let local: LiveServer
let person: Person

beforeAll(async () => {
  strict = await startStrict()
  local = await startLiveServer()
  person = await local.client('Ana', 2_000)
})
afterAll(() => Promise.all([strict.stop(), local.stop()]))

let visitors = 0
/** Registers a newcomer, each from a subnet of their own. */
const enter = (headers = {}): Promise<RawAnswer> => {
  visitors += 1
  return ask(strict.url, 'POST', '/register', {
    headers: { ...through(`198.51.100.${visitors}`), ...headers },
    body: {
      role: 'client',
      name: 'Ana',
      email: `visitor${visitors}@example.com`,
      password: 'correct horse',
      acceptTerms: true,
    },
  })
}

const LOOK_ALIKES = [
  'null',
  'http://soulseer.app',
  'https://soulseer.app:8443',
  'https://soulseer.app.evil.example',
  'https://evilsoulseer.app',
  'https://www.soulseer.app',
  'https://soulseer.app.',
  'https://soulseer.app@evil.example',
  'https://evil.example',
  'https://xn--soulser-o4a.app',
  'HTTPS://SOULSEER.APP',
  ' https://soulseer.app x',
]

describe('one origin', () => {
  it.each([
    ['another host', { host: 'soulseer.onrender.com' }],
    ['www', { host: 'www.soulseer.app' }],
    ['a host with a port', { host: 'soulseer.app:8080' }],
    ['an address', { host: '203.0.113.1' }],
    ['plain http', { 'x-forwarded-proto': 'http' }],
    ['no proxy at all', { 'x-forwarded-proto': '' }],
  ])('%s is sent to soulseer.app with the path that was asked for', async (_what, headers) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(strict.url, method, '/session/7?cursor=2', {
        headers: { ...through(), ...headers },
      })
      expect([answer.status, answer.headers.location]).toEqual([308, `${ORIGIN}/session/7?cursor=2`])
    }
  })

  it.each([
    ['/login', { 'x-forwarded-proto': 'http' }],
    ['/stripe/webhook', { 'x-forwarded-proto': 'http' }],
    ['/login', { host: 'www.soulseer.app' }],
  ])('[C-9] a change sent to %s with %o is refused, not sent on with its password', async (path, headers) => {
    const before = journalOf(strict)
    const answer = await ask(strict.url, 'POST', path, {
      headers: { ...through(), ...headers },
      body: { email: 'ana@example.com', password: 'correct horse' },
    })
    expect([answer.status, answer.json.code]).toEqual([403, 'forbidden'])
    expect(answer.headers.location).toBeUndefined()
    expect(answer.headers.connection).toBe('close')
    expect(journalOf(strict)).toBe(before)
  })

  it('[A-15] what a stranger writes into the forwarding headers leads nowhere else', async () => {
    const forged = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    const moved = await ask(strict.url, 'GET', '/', {
      headers: { ...through(), ...forged, host: 'evil.example' },
    })
    expect(moved.headers.location).toBe(`${ORIGIN}/`)
    const home = await ask(strict.url, 'GET', '/dashboard', {
      headers: { ...through(), ...forged, accept: 'text/html' },
    })
    expect([home.status, home.headers.location]).toEqual([302, '/'])
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/%2F%2Fevil.example',
    '/?next=//evil.example',
    '/x%0d%0aSet-Cookie:a=b',
  ])('[I-17] [I-16] %s stays on our own site', async (path) => {
    const moved = await ask(strict.url, 'GET', path, { headers: { ...through(), host: 'www.soulseer.app' } })
    expect(moved.status).toBe(308)
    expect(new URL(String(moved.headers.location)).origin).toBe(ORIGIN)
    expect(moved.headers['set-cookie']).toBeUndefined()
    const here = await ask(strict.url, 'GET', path, { headers: through() })
    expect(String(here.headers.location ?? '/')).toMatch(/^\/(?![/\\])/)
  })

  it('is healthy by whatever name the probe asks, and is never sent elsewhere', async () => {
    for (const headers of [
      { host: 'soulseer.app' },
      { host: '10.0.0.3:10000' },
      { host: 'www.soulseer.app' },
    ]) {
      const answer = await ask(strict.url, 'GET', '/healthz', { headers })
      expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }])
    }
  })
})

describe('the cookie', () => {
  it('[S-1] is for this host alone, over https alone, and for no script', async () => {
    const answer = await enter()
    expect(answer.status).toBe(201)
    const cookies = answer.headers['set-cookie'] as string[]
    expect(cookies[0]).toMatch(
      /^__Host-soulseer=[\w.-]{60,300}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-/)
      expect(cookie).not.toMatch(/Domain/i)
      expect(cookie.length).toBeLessThan(4_096)
    }
  })
})

describe('other sites', () => {
  it.each(LOOK_ALIKES)('[C-4] %j changes nothing here', async (origin) => {
    const before = journalOf(strict)
    const answer = await enter({ origin })
    expect([answer.status, answer.json.code]).toEqual([403, 'cross_site'])
    expect(journalOf(strict)).toBe(before)
  })

  it.each(['cross-site', 'same-site', 'nonsense'])(
    '[C-2] a browser that says %s is refused',
    async (site) => {
      expect((await enter({ 'sec-fetch-site': site })).status).toBe(403)
      expect((await enter({ 'sec-fetch-site': site, origin: ORIGIN })).status).toBe(403)
    },
  )

  it('our own page passes, and so does [C-3] what comes from no browser, as the contract says', async () => {
    expect((await enter({ origin: ORIGIN, 'sec-fetch-site': 'same-origin' })).status).toBe(201)
    expect((await enter()).status).toBe(201)
  })

  it.each([
    ['application/x-www-form-urlencoded', 'userId=x&amountCents=2000'],
    ['text/plain', '{"name":"Hacked"}'],
    ['multipart/form-data; boundary=x', '--x\r\n\r\n--x--'],
  ])('[C-1] a form of type %s is refused', async (type, body) => {
    for (const headers of [{}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }]) {
      const answer = await ask(local.url, 'PATCH', '/me', {
        headers: { cookie: person.cookie, 'content-type': type, ...headers },
        body,
      })
      expect([403, 415]).toContain(answer.status)
    }
  })

  it('[C-2] [C-7] no preflight and no probe lets another site read', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await ask(local.url, method, '/me', { headers: { ...headers, cookie: person.cookie } })
      expect(answer.status).toBe(method === 'OPTIONS' ? 405 : 200)
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin')
    }
  })

  it('[C-5] no look at an address ever changes anything', async () => {
    const before = journalOf(local)
    const changing = local.routes.filter(({ method }) => method !== 'GET')
    expect(changing.length).toBeGreaterThan(10)
    for (const { path } of changing.filter(
      ({ path }) => !local.routes.some((it) => it.path === path && it.method === 'GET'),
    )) {
      const answer = await ask(local.url, 'GET', path.replace(':id', 'x'), {
        headers: { cookie: person.cookie },
      })
      expect([answer.status, answer.json.code], path).toEqual([405, 'method_not_allowed'])
      expect(answer.headers.allow, path).toMatch(/POST|PATCH|DELETE/)
    }
    expect(journalOf(local)).toBe(before)
  })

  it('[C-8] a method hidden in a header or a parameter is not looked at', async () => {
    const before = journalOf(local)
    const headers = { cookie: person.cookie, 'x-http-method-override': 'PATCH', 'x-method-override': 'PATCH' }
    const answer = await ask(local.url, 'POST', '/me?_method=PATCH', { headers, body: { name: 'Hidden' } })
    expect(answer.status).toBe(405)
    expect(journalOf(local)).toBe(before)
  })
})

describe('sockets from other sites', () => {
  const open = (url: string, transport: 'websocket' | 'polling', extraHeaders: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const page = io(url, { extraHeaders, transports: [transport], forceNew: true, reconnection: false })
      page.once('connect', () => resolve('open'))
      page.once('connect_error', () => resolve('refused'))
      page.once('connect', () => page.disconnect())
    })

  it.each(['websocket', 'polling'] as const)(
    '[W-1] none of twenty look-alikes opens one by %s',
    async (transport) => {
      const cookie = String((await enter()).headers['set-cookie']?.[0]).split(';')[0] ?? ''
      const more = [
        'https://',
        'https://soulseer.app/',
        'https://soulseer.app/x',
        'file://',
        'chrome-extension://abc',
        'https://localhost',
        'http://127.0.0.1',
        'wss://soulseer.app',
      ]
      for (const [n, origin] of [...LOOK_ALIKES, ...more].entries()) {
        const headers = { ...through(`192.0.2.${n}`), cookie, origin }
        expect(await open(strict.url, transport, headers), origin).toBe('refused')
      }
      expect(await open(strict.url, transport, { ...through('192.0.2.200'), cookie, origin: ORIGIN })).toBe(
        'open',
      )
      expect(
        await open(strict.url, transport, {
          ...through('192.0.2.201'),
          cookie,
          'sec-fetch-site': 'cross-site',
        }),
      ).toBe('refused')
    },
  )

  it.each(['websocket', 'polling'] as const)(
    '[W-2] without a login of one’s own there is none by %s',
    async (transport) => {
      const token = person.cookie.split('=')[1] ?? ''
      expect(await open(local.url, transport, {})).toBe('refused')
      expect(await open(`${local.url}?${person.cookie}`, transport, {})).toBe('refused')
      expect(await open(`${local.url}?token=${token}`, transport, { authorization: `Bearer ${token}` })).toBe(
        'refused',
      )
      const gone = await local.client(`Gone-${transport}`)
      await gone.send('POST', '/logout')
      expect(await open(local.url, transport, { cookie: gone.cookie })).toBe('refused')
      expect(await open(local.url, transport, { cookie: person.cookie })).toBe('open')
    },
  )
})
