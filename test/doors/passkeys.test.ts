/** Tests passkeys over HTTP: what a browser is sent, and by which cookies it is known again. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../support/authenticator.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import type { Person } from '../support/people.ts'

const PASSWORD = 'correct horse'
const lines: Record<string, unknown>[] = []
const note = (fields: object) => void lines.push(fields as Record<string, unknown>)
let server: LiveServer
let mara: Person
let people = 0

beforeAll(async () => {
  server = await startLiveServer({
    strictness: 'production',
    log: { info: note, warn: note, error: note },
  })
})
afterAll(() => server.stop())

beforeEach(async () => {
  people += 1
  lines.length = 0
  mara = await server.reader(`Mara${people}`, 250)
})

const newPhone = () => createAuthenticator({ origin: server.url, host: new URL(server.url).hostname })
type Phone = ReturnType<typeof newPhone>

async function add(person: Person, phone: Phone) {
  const options = await person.send<object>('POST', '/passkeys/begin')
  const body = { name: 'My phone', response: phone.create(options.body), password: PASSWORD }
  return person.send<{ passkey: { id: string } }>('POST', '/passkeys', body)
}

const cookiesOf = ({ headers }: { headers: Headers }) =>
  headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')

async function begin() {
  const answer = await server.send('POST', '/login/passkey/begin')
  return { options: answer.body, cookie: cookiesOf(answer)[0] ?? '' }
}

async function logIn(phone: Phone, ways = {}) {
  const { options, cookie } = await begin()
  return server.send('POST', '/login/passkey', { response: phone.answer(options, ways) }, { cookie })
}

describe('a passkey over HTTP', () => {
  it('is added, listed, used and removed', async () => {
    const phone = newPhone()
    expect(await add(mara, phone)).toMatchObject({ status: 201, body: { passkey: { name: 'My phone' } } })
    expect((await mara.send('GET', '/me')).body).toMatchObject({ user: { hasPasskey: true } })
    const answer = await logIn(phone)
    expect(answer).toMatchObject({
      status: 200,
      body: { user: { id: mara.user.id }, redirect: '/dashboard' },
    })
    const [cookie = ''] = cookiesOf(answer)
    const list = await server.send('GET', '/passkeys', undefined, { cookie })
    const kept = list.body.passkeys as { id: string }[]
    expect(kept).toEqual([
      {
        id: expect.any(String),
        name: 'My phone',
        createdAt: expect.any(Number),
        lastUsedAt: expect.any(Number),
      },
    ])
    const path = `/passkeys/${kept[0]?.id}`
    expect(await mara.send('DELETE', path)).toMatchObject({ status: 403, body: { code: 'proof_needed' } })
    expect((await mara.send('POST', '/prove', { password: PASSWORD })).status).toBe(204)
    expect((await mara.send('DELETE', path)).status).toBe(204)
    expect((await mara.send('DELETE', path)).status).toBe(404)
    expect((await logIn(phone)).status).toBe(401)
  })

  it('names no account before it is used, and is asked for verification of its user', async () => {
    const { options } = await begin()
    expect(options).toEqual({
      challenge: expect.any(String),
      rpId: '127.0.0.1',
      timeout: 300_000,
      userVerification: 'required',
    })
    const adding = await mara.send<object>('POST', '/passkeys/begin')
    expect(adding.body).toMatchObject({
      rp: { name: 'SoulSeer', id: '127.0.0.1' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
  })

  it('belongs to the host of the public origin, whatever the request names', async () => {
    const named = await startLiveServer({ publicOrigin: 'https://soulseer.example' })
    const person = await named.client('Ana')
    const options = (await person.send<object>('POST', '/passkeys/begin')).body
    expect(options).toMatchObject({ rp: { id: 'soulseer.example' } })
    const body = (response: object) => ({ name: 'My phone', response, password: PASSWORD })
    const here = createAuthenticator({ origin: named.url, host: 'soulseer.example' })
    expect((await person.send('POST', '/passkeys', body(here.create(options)))).status).toBe(400)
    expect((await person.send('POST', '/passkeys', body(createAuthenticator().create(options)))).status).toBe(
      201,
    )
    await named.stop()
  })

  it('logs in the browser that asked for the challenge alone', async () => {
    const phone = newPhone()
    await add(mara, phone)
    const { options } = await begin()
    const other = await begin()
    for (const cookie of ['', other.cookie]) {
      const response = phone.answer(options)
      expect((await server.send('POST', '/login/passkey', { response }, { cookie })).status).toBe(401)
    }
  })

  it('is a line in the security log, whoever is logged in or not', async () => {
    const phone = newPhone()
    await add(mara, phone)
    await logIn(phone, { origin: 'https://evil.test' })
    await logIn(phone)
    const noted = lines.filter(({ security }) => security === 'login')
    expect(noted).toMatchObject([
      { path: '/login/passkey', outcome: 'bad_credentials', userId: mara.user.id, knownDevice: false },
      { path: '/login/passkey', outcome: 'logged_in', userId: mara.user.id },
    ])
    expect(lines.find(({ security }) => security === 'passkey_refused')?.why).toContain('https://evil.test')
  })

  it('cannot be tried again and again: answers that do not fit count like wrong passwords', async () => {
    const phone = newPhone()
    await add(mara, phone)
    const statuses = []
    for (let n = 0; n < 6; n += 1) statuses.push((await logIn(phone, { origin: 'https://evil.test' })).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    expect((await logIn(phone)).status).toBe(429)
  })
})
