/** Tests hostile input to the routes. */
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AvailabilityBody, LoginBody, ProfileBody, RegisterBody } from '../../shared/protocol/http.ts'
import { CandidatePayload, DescriptionPayload } from '../../shared/protocol/socket.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { type Page, type Person, say } from '../support/people.ts'
import { ask, journalOf, sayRaw } from './support.ts'

let server: LiveServer
let client: Person
let reader: Person
let page: Page

beforeAll(async () => {
  server = await startLiveServer()
  client = await server.client('Ana', 2_000)
  reader = await server.reader('Mara', 250)
  page = await client.page()
})
afterAll(() => server.stop())

interface JsonRoute {
  /** Asks for nothing in particular, so an empty body is one of its bodies. */
  takesNothing?: true
  method: string
  path: string
  by: () => Person | undefined
  good: () => Record<string, unknown>
}

const withoutLogin = () => undefined
const byClient = () => client
const byReader = () => reader

/** Every route that takes a body, with one that it would accept. */
const JSON_ROUTES: JsonRoute[] = [
  {
    method: 'POST',
    path: '/register',
    by: withoutLogin,
    good: () => ({
      role: 'reader',
      name: 'New',
      email: 'new@example.com',
      password: 'correct horse',
      acceptTerms: true,
      rateCents: 9,
    }),
  },
  { method: 'POST', path: '/login', by: withoutLogin, good: () => ({ email: 'a@b.co', password: 'x' }) },
  {
    takesNothing: true,
    method: 'PATCH',
    path: '/me',
    by: byReader,
    good: () => ({ name: 'Mara', rateCents: 250 }),
  },
  { method: 'POST', path: '/availability', by: byReader, good: () => ({ available: true }) },
  {
    method: 'POST',
    path: '/password',
    by: byClient,
    good: () => ({ password: 'x', newPassword: 'battery staple' }),
  },
  {
    method: 'POST',
    path: '/passkeys',
    by: byClient,
    good: () => ({ name: 'Phone', response: createAuthenticator().create({ challenge: 'x' }) }),
  },
  {
    method: 'POST',
    path: '/login/passkey',
    by: withoutLogin,
    good: () => ({ response: createAuthenticator().answer({ challenge: 'x' }) }),
  },
  { method: 'POST', path: '/prove', takesNothing: true, by: byClient, good: () => ({ password: 'x' }) },
  { method: 'POST', path: '/logins/end', takesNothing: true, by: byClient, good: () => ({ loginId: 'x' }) },
  { method: 'POST', path: '/limits', by: byClient, good: () => ({ limitCents: 5_000 }) },
  { method: 'POST', path: '/session/start', by: byClient, good: () => ({ readerId: 'x', kind: 'chat' }) },
  { method: 'POST', path: '/session/x/limit', by: byClient, good: () => ({ limitCents: 5_000 }) },
  {
    method: 'POST',
    path: '/add-funds',
    by: byClient,
    good: () => ({ userId: client.user.id, amountCents: 500 }),
  },
  {
    method: 'POST',
    path: '/add-funds/confirm',
    by: byClient,
    good: () => ({ userId: client.user.id, paymentIntentId: 'pi_x' }),
  },
]

const send = ({ method, path, by }: JsonRoute, body: unknown, headers = {}) =>
  ask(server.url, method, path, { headers: { cookie: by()?.cookie ?? '', ...headers }, body })

const isRefused = (answer: { status: number; json: Record<string, unknown> }, status = 400): void => {
  expect([answer.status, answer.json.status]).toEqual([status, status])
  expect(JSON.stringify(answer.json)).not.toMatch(/node_modules|\.ts:|at \w+ \(/)
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
const withExtra = (route: JsonRoute, extra: string) =>
  JSON.stringify(route.good()).replace(/}$/, `,${extra}}`)

describe.each(JSON_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s',
  (_name, route) => {
    it('[I-1] [I-2] takes no body that reaches for what all objects share', async () => {
      const before = journalOf(server)
      for (const extra of [
        '"__proto__":{"polluted":1}',
        '"constructor":{"prototype":{"polluted":1}}',
        '"x":{"__proto__":{"polluted":1}}',
        '"prototype":1',
      ]) {
        isRefused(await send(route, withExtra(route, extra)))
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
      expect(journalOf(server)).toBe(before)
    })

    it.each([
      ['a list', '[]'],
      ['a text', '"x"'],
      ['a number', '7'],
      ['null', 'null'],
      ['no JSON', '{a:1}'],
      ['half of it', '{"a":'],
      ['two of them', '{}{}'],
    ])('[I-4] takes no %s', async (_what, body) => {
      const before = journalOf(server)
      isRefused(await send(route, body))
      expect(journalOf(server)).toBe(before)
    })

    it.skipIf(route.takesNothing)('[I-4] takes no empty body', async () => {
      for (const body of [undefined, '', '{}', '\uFEFF{}']) isRefused(await send(route, body))
    })

    it('[I-5] [I-6] takes nothing deep and nothing with ten thousand names', async () => {
      const before = journalOf(server)
      isRefused(await send(route, withExtra(route, `"x":${nested(5_000)}`)))
      isRefused(await send(route, withExtra(route, `"x":${nested(20_000)}`)))
      const names = Array.from({ length: 5_000 }, (_, n) => `"k${n}":1`).join(',')
      isRefused(await send(route, withExtra(route, names)))
      isRefused(await send(route, withExtra(route, `"x":[${'1,'.repeat(9_999)}1]`)))
      expect(journalOf(server)).toBe(before)
    })

    it('[I-8] names the field of every wrong type', async () => {
      const before = journalOf(server)
      for (const field of Object.keys(route.good())) {
        for (const wrong of [
          [],
          {},
          [route.good()[field]],
          typeof route.good()[field] === 'string' ? 7 : 'seven',
        ]) {
          const answer = await send(route, { ...route.good(), [field]: wrong })
          isRefused(answer)
          expect(answer.json.errors, `${field} as ${JSON.stringify(wrong)}`).toEqual(
            expect.arrayContaining([expect.objectContaining({ path: expect.stringMatching(`^${field}`) })]),
          )
        }
      }
      expect(journalOf(server)).toBe(before)
    })

    it('[I-11] takes no NUL and no half of a letter', async () => {
      for (const [field, value] of Object.entries(route.good()).filter(
        ([, value]) => typeof value === 'string',
      )) {
        for (const odd of ['\0', '\uD800', '\uDC00']) {
          const answer = await send(route, { ...route.good(), [field]: `${value}${odd}` })
          isRefused(answer)
        }
      }
    })

    it('[I-12] takes JSON as plain UTF-8 alone', async () => {
      isRefused(await send(route, '{}', { 'content-type': 'text/html' }), 415)
      isRefused(await send(route, '{}', { 'content-type': 'application/json; charset=koi8-r' }), 415)
      isRefused(await send(route, '{}', { 'content-encoding': 'br' }), 415)
      isRefused(await send(route, '{}', { 'content-encoding': 'nonsense' }), 415)
    })

    it('[D-3] takes nothing over 64 KiB', async () => {
      const body = JSON.stringify({ x: 'x'.repeat(64 * 1024) })
      isRefused(await send(route, body), 413)
    })

    it('[F-7] reveals no more than it must, and gives the request a number', async () => {
      const answer = await send(route, '{')
      expect(Object.keys(answer.json).sort()).toEqual(['code', 'detail', 'errors', 'status', 'title', 'type'])
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{16}$/)
    })
  },
)

describe('what the routes do with text', () => {
  it('[I-7] [M-14] [M-19] unknown fields are ignored by every route and kept nowhere', async () => {
    const extra = { planted: 'planted-field', rateCents: 1, elapsedMs: 10 ** 9, price: 0 }
    const { body } = await client.send('POST', '/session/start', {
      readerId: reader.user.id,
      kind: 'chat',
      ...extra,
    })
    expect(body.session).toMatchObject({ rateCents: 250, billedMs: 0 })
    await client.send('POST', `/session/${(body.session as { id: string }).id}/cancel`, extra)
    expect(journalOf(server)).not.toContain('planted')
  })

  it.each([
    ['80 letters', 'x'.repeat(80), true],
    ['81 letters', 'x'.repeat(81), false],
    ['80 emoji', '😀'.repeat(80), true],
    ['nothing', '', false],
    ['spaces', '   ', false],
    ['zero-width alone', '\u200B\u200B', false],
    ['a hundred marks on one letter', `a${'\u0301'.repeat(100)}`, false],
    ['markup', '<img src=x onerror=alert(1)>', true],
    // Of these nothing is seen.
    ['Hangul fillers', '\u3164\uFFA0\u115F', false],
    ['a Braille blank', '\u2800', false],
    ['soft hyphens and joiners', '\u00AD\u200D\u034F\u180E', false],
    ['selectors and tags', '\uFE0F\u{E0041}', false],
    ['marks without a letter', '\u0301\u0302', false],
    ['a family', '👩‍👩‍👧‍👦', true],
    ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}', true],
    ['Persian with U+200C', 'می‌خواهم', true],
    ['Hindi', 'क्षि', true],
    ['Vietnamese', 'Nguyễn Thị Ngọc', true],
  ])('[I-9] a name of %s: %s', async (_what, name, isTaken) => {
    const answer = await client.send('PATCH', '/me', { name })
    expect(answer.status).toBe(isTaken ? 200 : 400)
  })

  it.each([
    'Mara\u202E',
    'Ma\u200Era',
    'Mara\u2066',
    'Mara\u2028',
    'Mara\nAdmin',
    'Ma\u0000ra',
    '\uFEFFMara',
    'Mar\u001Ba',
  ])('[I-10] [I-11] [F-5] %j cannot pass for another name', async (name) => {
    const { status, body } = await client.send('PATCH', '/me', { name })
    if (status === 200) expect((body.user as { name: string }).name, 'stripped').toBe('Mara')
    else expect(status).toBe(400)
  })

  it.each([-5, 0, 0.01, '1e3', '0x10', ' 5 ', null, [50], true, {}, 499, 50_001, 19.99, '５00', '5000'])(
    '[M-6] %j is no amount',
    async (amountCents) => {
      const before = journalOf(server)
      isRefused(
        await send(JSON_ROUTES.find(({ path }) => path === '/add-funds') as JsonRoute, {
          userId: client.user.id,
          amountCents,
        }),
      )
      expect(journalOf(server)).toBe(before)
    },
  )

  it.each(['NaN', 'Infinity', '1e400', '9007199254740993', '-0', '1e3.5', '05000'])(
    '[M-6] nor is %s',
    async (text) => {
      const before = journalOf(server)
      const body = `{"userId":"${client.user.id}","amountCents":${text}}`
      isRefused(await send(JSON_ROUTES.find(({ path }) => path === '/add-funds') as JsonRoute, body))
      expect(journalOf(server)).toBe(before)
    },
  )

  it('[M-7] of an amount given twice the last one alone counts, in every part', async () => {
    const twice = `{"userId":"${client.user.id}","amountCents":50000,"amountCents":600}`
    const { status } = await client.send('POST', '/add-funds', twice)
    expect(status).toBe(200)
    expect(journalOf(server)).toContain('"amountCents":600')
    expect(journalOf(server)).not.toContain('"amountCents":50000')
  })

  // A pattern that backtracks would take hours over these, and run into the test's time limit.
  it('[D-11] no pattern of ours can be made to think for long', { timeout: 60_000 }, () => {
    const evil = [
      'a'.repeat(50_000),
      `${'a.'.repeat(25_000)}@`,
      `a@${'b.'.repeat(25_000)}`,
      `${'-'.repeat(50_000)}!`,
      ' '.repeat(50_000),
    ]
    const schemas = [
      RegisterBody,
      LoginBody,
      ProfileBody,
      AvailabilityBody,
      DescriptionPayload,
      CandidatePayload,
    ]
    for (const text of evil) {
      for (const schema of schemas) {
        const body = {
          role: 'client',
          name: text,
          email: text,
          password: text,
          sessionId: text,
          description: { type: text, sdp: text },
          candidate: { candidate: text },
        }
        expect(schema.safeParse(body).success).toBe(false)
      }
    }
  })
})

describe('addresses', () => {
  const get = (path: string) => ask(server.url, 'GET', path, { headers: { cookie: client.cookie } })

  it('[I-1] [I-3] parameters come once each, as text', async () => {
    for (const query of [
      'userId=a&userId=b',
      'userId[]=a',
      'userId[x]=1',
      'a[b]=1',
      '__proto__=1',
      'constructor=1',
      Array.from({ length: 1_000 }, (_, n) => `k${n}=1`).join('&'),
    ]) {
      const { status } = await get(`/check-balance?${query}`)
      expect([400, 414], query.slice(0, 40)).toContain(status)
    }
  })

  it.each([
    '..',
    '.',
    '%00',
    '%2e%2e',
    'a b',
    "' OR 1=1 --",
    '../../etc/passwd',
    'x'.repeat(1_500),
    '__proto__',
    'CONSTRUCTOR',
    '%ff',
    'é',
    '$where',
    '*',
  ])('[I-14] %j is no account’s id', async (id) => {
    const path = `/session/${encodeURIComponent(id)}`
    expect([400, 404]).toContain((await get(path)).status)
    expect([400, 404]).toContain(
      (await ask(server.url, 'POST', `${path}/end`, { headers: { cookie: client.cookie } })).status,
    )
  })

  it('[I-14] [I-15] what is too long or cannot be read is refused', async () => {
    expect((await get(`/session/${'x'.repeat(4_000)}`)).status).toBe(414)
    expect((await get(`/${'x'.repeat(8_000)}`)).status).toBe(414)
    expect((await get('/session/%zz')).status).toBe(400)
    expect((await get('/session/%c3')).status).toBe(400)
    expect([400, 404]).toContain((await get('http://evil.example/session/x')).status)
    expect(await sayRaw(server.url, 'GET /session/x\r\nx: y HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      /^HTTP\/1.1 4\d\d (?!.*x: y)/s,
    )
  })

  it('[H-11] [M-2] nothing else is served for what does not exist', async () => {
    for (const path of [
      '/users',
      '/index.html.bak',
      '/client.js/x',
      '/fonts',
      '/api',
      '/session',
      '/admin',
      '/me/..;/x',
    ]) {
      expect((await get(path)).status, path).toBe(404)
    }
  })
})

describe('a body that unpacks', () => {
  it('[I-12] is not unpacked at all', async () => {
    const bomb = gzipSync(JSON.stringify({ email: 'x'.repeat(5_000_000), password: 'x' }))
    const { hostname, port } = new URL(server.url)
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      const sent = request({ hostname, port, method: 'POST', path: '/login', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      sent.once('error', reject)
      sent.end(bomb)
    })
    expect(status).toBe(415)
  })
})

describe('events', () => {
  const EVENTS = ['session:join', 'offer', 'answer', 'ice-candidate', 'rtc:state']
  let deep: unknown = 1
  for (let depth = 0; depth < 2_000; depth += 1) deep = [deep]

  it.each(EVENTS)('[I-1] [I-5] [W-3] %s takes no nonsense', async (event) => {
    const poisoned = JSON.parse('{"__proto__":{"polluted":1},"sessionId":"x"}')
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, 1]))
    for (const payload of [
      null,
      [],
      7,
      'x',
      {},
      deep,
      many,
      poisoned,
      { sessionId: ['x'] },
      { sessionId: 'x\uD800' },
    ]) {
      expect(await say(page, event, payload)).toMatchObject({ ok: false, error: { code: 'invalid_input' } })
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('[R-2] a description over 32 KiB is refused', async () => {
    const description = { type: 'offer', sdp: 'x'.repeat(32_769) }
    expect(await say(page, 'offer', { sessionId: 'x', description })).toMatchObject({
      error: { code: 'invalid_input' },
    })
  })
})
