/** Tests the HTTP routes of a live server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol/session.ts'
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import type { Answer, Person } from '../support/people.ts'

let server: LiveServer
let client: Person
let reader: Person
let other: Person
let otherReader: Person

beforeAll(async () => {
  server = await startLiveServer()
  client = await server.client('Ana', 2_000)
  reader = await server.reader('Mara', 250)
  other = await server.client('Eve', 2_000)
  otherReader = await server.reader('Nell', 100)
})

afterAll(() => server.stop())

/** Returns the content of the journal: the same text means that nothing at all has changed. */
const journal = (): string =>
  server.disk
    .names()
    .filter((name) => name.startsWith('journal'))
    .map((name) => server.disk.text(name).replaceAll('\0', ''))
    .join('')

const isProblem = ({ status, headers, body }: Answer, expected: number, code: string): void => {
  expect({ status, code: body.code }).toEqual({ status: expected, code })
  expect(headers.get('content-type')).toMatch('application/problem+json')
  expect(Object.keys(body).sort()).toEqual(
    expect.arrayContaining(['code', 'detail', 'status', 'title', 'type']),
  )
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|at \w+ \(/)
}

describe('the settings', () => {
  it('report the version of the protocol, to everyone', async () => {
    const response = await fetch(`${server.url}/settings`)
    expect(await response.json()).toMatchObject({ protocolVersion: PROTOCOL_VERSION })
  })
})

describe('accounts', () => {
  const good = {
    role: 'client',
    name: 'Bo',
    email: 'bo@example.com',
    password: 'correct horse',
    acceptTerms: true,
  }

  it('registers, says where to go, and leaves a cookie that no script can read', async () => {
    const answer = await server.send('POST', '/register', { ...good, email: 'Cookie@Example.com' })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({
      user: {
        id: expect.any(String),
        role: 'client',
        name: 'Bo',
        email: 'cookie@example.com',
        balanceCents: 0,
      },
      redirect: '/dashboard',
    })
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^soulseer=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    )
  })

  it('takes an address once, whatever its case', async () => {
    await server.send('POST', '/register', { ...good, email: 'twice@example.com' })
    isProblem(
      await server.send('POST', '/register', { ...good, email: ' TWICE@example.com' }),
      409,
      'email_taken',
    )
  })

  it('two who register with one address at the same instant make one account', async () => {
    const both = await Promise.all(
      [1, 2].map(() => server.send('POST', '/register', { ...good, email: 'race@x.org' })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  it.each([
    ['a role that is none', { role: 'admin' }],
    ['no role', { role: undefined }],
    ['no word about the terms', { acceptTerms: undefined }],
    ['terms that are not accepted', { acceptTerms: false }],
    ['terms that are accepted in another way', { acceptTerms: 'true' }],
    ['an empty name', { name: '   ' }],
    ['a name that is too long', { name: 'x'.repeat(81) }],
    ['a name with a line break', { name: 'Ana\nAdmin' }],
    ['a name that switches direction', { name: 'Ana\u202Egnik' }],
    ['a broken letter', { name: 'Ana\uD800' }],
    ['no address', { email: 'bo' }],
    ['two addresses', { email: 'a@b.co, c@d.co' }],
    ['a number for an address', { email: 7 }],
    ['a short password', { password: '1234567' }],
    ['a password that is too long', { password: 'x'.repeat(129) }],
    ['a list for a password', { password: ['correct horse'] }],
    ['a rate from a client', { rateCents: 100 }],
    ['a reader without a rate', { role: 'reader', rateCents: undefined }],
    ['a rate of nothing', { role: 'reader', rateCents: 0 }],
    ['a negative rate', { role: 'reader', rateCents: -250 }],
    ['half a cent', { role: 'reader', rateCents: 2.5 }],
    ['a rate above the bound', { role: 'reader', rateCents: 60_001 }],
    ['a rate in text', { role: 'reader', rateCents: '250' }],
  ])('refuses %s, names the field, and stores nothing', async (_what, wrong) => {
    const before = journal()
    const answer = await server.send('POST', '/register', { ...good, email: 'wrong@example.com', ...wrong })
    isProblem(answer, 400, 'invalid_input')
    expect(answer.body.errors).toEqual([{ path: Object.keys(wrong).at(-1), message: expect.any(String) }])
    expect(journal()).toBe(before)
  })

  it('stores no field that it does not know', async () => {
    const extra = { ...good, email: 'extra@example.com', balanceCents: 99_999, id: 'mine', isAdmin: true }
    const { body } = await server.send('POST', '/register', extra)
    expect(body.user).toMatchObject({ balanceCents: 0 })
    expect(journal()).not.toMatch(/isAdmin|99999/)
  })

  it('logs in by password, and refuses a wrong one and an unknown address alike', async () => {
    const right = await server.send('POST', '/login', { email: 'ANA@example.com', password: 'correct horse' })
    expect(right).toMatchObject({ status: 200, body: { redirect: '/dashboard' } })
    const wrong = await server.send('POST', '/login', { email: 'ana@example.com', password: 'wrong horse' })
    const unknown = await server.send('POST', '/login', {
      email: 'nobody@example.com',
      password: 'correct horse',
    })
    isProblem(wrong, 401, 'bad_credentials')
    expect(unknown.body).toEqual(wrong.body)
  })

  it('a long password must fit to its last letter', async () => {
    const long = `${'é'.repeat(100)}x`
    await server.send('POST', '/register', { ...good, email: 'long@example.com', password: long })
    const tryIt = (password: string) => server.send('POST', '/login', { email: 'long@example.com', password })
    expect((await tryIt(long)).status).toBe(200)
    expect((await tryIt(`${'é'.repeat(100)}y`)).status).toBe(401)
  })

  it('a log-out ends the login at once, and a changed cookie never was one', async () => {
    const person = await server.client('Flo')
    expect((await person.send('GET', '/me')).status).toBe(200)
    expect((await person.send('POST', '/logout')).status).toBe(204)
    isProblem(await person.send('GET', '/me'), 401, 'not_logged_in')
    const forged = client.cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    isProblem(await server.send('GET', '/me', undefined, { cookie: forged }), 401, 'not_logged_in')
  })

  it('never shows a hash, a token or another person’s balance', async () => {
    const seen = await Promise.all([
      client.send('GET', '/me'),
      reader.send('GET', '/me'),
      client.send('GET', '/readers'),
    ])
    const text = JSON.stringify(seen.map(({ body }) => body))
    expect(text).not.toMatch(/hash|logins|topUps|\$2b/i)
    expect(JSON.stringify(seen[2]?.body)).not.toMatch(/email|balance/)
  })

  it('a reader changes name and rate, a client no rate', async () => {
    const person = await server.reader('Gil', 300)
    const changed = await person.send('PATCH', '/me', { name: ' Gilda ', rateCents: 400, balanceCents: 5 })
    expect(changed.body.user).toMatchObject({ name: 'Gilda', rateCents: 400 })
    isProblem(await client.send('PATCH', '/me', { rateCents: 400 }), 403, 'forbidden')
    isProblem(await person.send('PATCH', '/me', { rateCents: 0 }), 400, 'invalid_input')
  })
})

describe('who may', () => {
  const routes: [string, string, unknown][] = [
    ['GET', '/me', undefined],
    ['PATCH', '/me', {}],
    ['GET', '/readers', undefined],
    ['POST', '/availability', { available: true }],
    ['POST', '/session/start', { readerId: 'x', kind: 'chat' }],
    ['POST', '/session/x/accept', undefined],
    ['POST', '/session/x/decline', undefined],
    ['POST', '/session/x/cancel', undefined],
    ['POST', '/session/x/end', undefined],
    ['GET', '/session/x', undefined],
    ['GET', '/sessions', undefined],
    ['GET', '/earnings', undefined],
    ['POST', '/add-funds', { userId: 'x', amountCents: 2_000 }],
    ['POST', '/add-funds/confirm', { userId: 'x', paymentIntentId: 'pi_x' }],
    ['GET', '/check-balance?userId=x', undefined],
    ['POST', '/logout', undefined],
  ]

  it.each(routes)('%s %s is closed without a login', async (method, path, body) => {
    isProblem(await server.send(method, path, body), 401, 'not_logged_in')
  })

  it('each role keeps to its own routes', async () => {
    const before = journal()
    isProblem(await client.send('POST', '/availability', { available: true }), 403, 'forbidden')
    isProblem(await client.send('GET', '/earnings'), 403, 'forbidden')
    isProblem(
      await reader.send('POST', '/session/start', { readerId: reader.user.id, kind: 'chat' }),
      403,
      'forbidden',
    )
    const wish = { userId: reader.user.id, amountCents: 2_000 }
    isProblem(await reader.send('POST', '/add-funds', wish), 403, 'forbidden')
    isProblem(await reader.send('GET', `/check-balance?userId=${reader.user.id}`), 403, 'forbidden')
    expect(journal()).toBe(before)
  })

  it('no account acts for, or looks at, another person', async () => {
    const before = journal()
    const wish = { userId: client.user.id, amountCents: 2_000 }
    isProblem(await other.send('POST', '/add-funds', wish), 403, 'forbidden')
    isProblem(await other.send('GET', `/check-balance?userId=${client.user.id}`), 403, 'forbidden')
    isProblem(await other.send('GET', '/check-balance?userId=nobody'), 403, 'forbidden')
    expect(journal()).toBe(before)
  })

  it('a session belongs to its two people, and each does only what is theirs', async () => {
    const session = await server.accepted(client, reader)
    const before = journal()
    for (const stranger of [other, otherReader]) {
      isProblem(await stranger.send('GET', `/session/${session.id}`), 403, 'forbidden')
      for (const verb of ['accept', 'decline', 'cancel', 'end']) {
        isProblem(await stranger.send('POST', `/session/${session.id}/${verb}`), 403, 'forbidden')
      }
    }
    isProblem(await client.send('POST', `/session/${session.id}/accept`), 403, 'forbidden')
    isProblem(await client.send('POST', `/session/${session.id}/decline`), 403, 'forbidden')
    isProblem(await reader.send('POST', `/session/${session.id}/cancel`), 403, 'forbidden')
    isProblem(await client.send('POST', `/session/${session.id}/cancel`), 409, 'wrong_state')
    isProblem(await reader.send('POST', `/session/${session.id}/accept`), 409, 'wrong_state')
    isProblem(await client.send('POST', '/session/nothing/end'), 404, 'not_found')
    expect(journal()).toBe(before)

    const ended = await client.send<{ session: SessionView }>('POST', `/session/${session.id}/end`)
    expect(ended.body.session).toMatchObject({
      status: 'ended',
      endReason: 'client_ended',
      chargedCents: 0,
      charges: [],
    })
    const again = await reader.send<{ session: SessionView }>('POST', `/session/${session.id}/end`)
    expect(again.body).toEqual(ended.body)
    const { body } = await reader.send<{ sessions: SessionView[] }>('GET', '/sessions')
    expect(body.sessions[0]).toEqual(ended.body.session)
  })
})

describe('bad input', () => {
  it.each([-5, 0, 0.01, 499, 50_001, 1e21, 2_000.5, '2000', '0x10', ' 5 ', null, [2_000], true, {}])(
    'a top-up of %j is refused, and nothing is asked of Stripe',
    async (amountCents) => {
      const before = journal()
      isProblem(
        await client.send('POST', '/add-funds', { userId: client.user.id, amountCents }),
        400,
        'invalid_input',
      )
      expect(journal()).toBe(before)
    },
  )

  it.each([
    ['no kind', { readerId: 'x' }],
    ['a kind that is none', { readerId: 'x', kind: 'fax' }],
    ['a list of readers', { readerId: ['x'], kind: 'chat' }],
    ['an empty id', { readerId: '', kind: 'chat' }],
  ])('a session with %s is refused', async (_what, body) => {
    isProblem(await client.send('POST', '/session/start', body), 400, 'invalid_input')
  })

  it.each(['__proto__', 'constructor', 'toString', '../users', '%00', 'x'.repeat(64)])(
    'the id %j belongs to no account',
    async (id) => {
      isProblem(await client.send('POST', '/session/start', { readerId: id, kind: 'chat' }), 404, 'not_found')
      isProblem(await client.send('GET', `/session/${encodeURIComponent(id)}`), 404, 'not_found')
    },
  )

  it.each([
    ['cut-off JSON', '{"email":'],
    ['a bare word', 'hello'],
    ['a number', '7'],
    ['a list', '[]'],
    ['nothing', 'null'],
  ])('%s for a body is refused', async (_what, body) => {
    isProblem(await server.send('POST', '/login', body), 400, 'invalid_input')
  })

  it('no body at all is refused where one is needed', async () => {
    isProblem(await server.send('POST', '/login'), 400, 'invalid_input')
    isProblem(await client.send('POST', '/session/start'), 400, 'invalid_input')
  })

  it('a body that is not JSON, or too large, is refused', async () => {
    const asForm = { 'content-type': 'application/x-www-form-urlencoded' }
    isProblem(await server.send('POST', '/login', 'email=a&password=b', asForm), 415, 'not_json')
    isProblem(await server.send('POST', '/login', '{}', { 'content-type': 'text/plain' }), 415, 'not_json')
    const huge = { email: 'x'.repeat(70_000), password: 'x' }
    isProblem(await server.send('POST', '/login', huge), 413, 'too_large')
  })

  it('deep and poisoned bodies change nothing at all', async () => {
    const deep = `{"email":"a@b.co","password":"correct horse","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    isProblem(await server.send('POST', '/login', deep), 400, 'invalid_input')
    await server.send(
      'PATCH',
      '/me',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      {
        cookie: client.cookie,
      },
    )
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('an unknown address is 404, a wrong method 405', async () => {
    isProblem(await server.send('GET', '/nothing/here'), 404, 'not_found')
    isProblem(await server.send('GET', '/login'), 405, 'method_not_allowed')
    isProblem(await server.send('GET', '/add-funds'), 405, 'method_not_allowed')
  })

  it.each([
    '/users.json',
    '/logic/users.json',
    '/..%2flogic%2fusers.json',
    '/.env',
    '/package.json',
    '/server.ts',
  ])('%s is not to be had', async (path) => {
    expect((await server.send('GET', path)).status).toBe(404)
  })
})

describe('other sites', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('a change asked for by %j is refused', async (headers) => {
    isProblem(await client.send('PATCH', '/me', { name: 'Hacked' }, headers), 403, 'cross_site')
  })

  it('our own pages pass', async () => {
    const own = { origin: server.url, 'sec-fetch-site': 'same-origin' }
    expect((await client.send('PATCH', '/me', { name: 'Ana' }, own)).status).toBe(200)
  })
})

describe('pages', () => {
  it('one address serves a person the page and a program the session', async () => {
    const session = await server.accepted(other, otherReader)
    const asPerson = await other.send<string>('GET', `/session/${session.id}`, undefined, {
      accept: 'text/html,*/*;q=0.8',
    })
    expect(asPerson.headers.get('content-type')).toMatch('text/html')
    const asProgram = await other.send('GET', `/session/${session.id}`)
    expect(asProgram.body.session).toMatchObject({ id: session.id })
    await other.send('POST', `/session/${session.id}/end`)
  })

  it('without a login the pages lead home', async () => {
    for (const [path, location] of [
      ['/dashboard', '/'],
      ['/history', '/?next=%2Fhistory'],
      ['/session/x', '/?next=%2Fsession%2Fx'],
    ] as const) {
      const answer = await server.send('GET', path, undefined, { accept: 'text/html' })
      expect([answer.status, answer.headers.get('location')]).toEqual([302, location])
    }
  })

  it('is healthy, and says nothing of what it runs on', async () => {
    const answer = await server.send('GET', '/healthz')
    expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(answer.headers.get('x-powered-by')).toBeNull()
    expect(answer.headers.get('content-security-policy')).toMatch("script-src 'self';")
    expect(answer.headers.get('content-security-policy')).not.toMatch('unsafe')
  })
})

describe('a cursor that is none', () => {
  it.each([
    '/sessions?cursor=nonsense',
    '/sessions?cursor=',
    '/sessions?cursor=1-2',
    `/sessions?cursor=${Date.now()}-0`,
    '/payments?cursor=nonsense',
    '/payments?cursor=',
  ])('%s is refused by name', async (path) => {
    const { status, body } = await client.send<{ code: string; errors: object[] }>('GET', path)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'invalid_input', errors: [{ path: 'cursor' }] })
  })
})
