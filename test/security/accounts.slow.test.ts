/** Tests the attacks on accounts, passwords and logins. */
import bcrypt from 'bcrypt'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Passwords } from '../../engine/ports.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { passwordsAt } from '../support/passwords.ts'
import { type Answer, type Person, say } from '../support/people.ts'
import { createWorld } from '../support/world.ts'
import { journalOf } from './support.ts'

let server: LiveServer
let people = 0

beforeAll(async () => {
  server = await startLiveServer()
})
afterAll(() => server.stop())

const register = (more: object): Promise<Answer> => {
  people += 1
  return server.send('POST', '/register', {
    role: 'client',
    name: 'Bo',
    email: `person${people}@example.com`,
    password: 'correct horse',
    acceptTerms: true,
    ...more,
  })
}
const logIn = (email: string, password: unknown, headers = {}) =>
  server.send('POST', '/login', { email, password }, headers)

describe('signing up', () => {
  it.each([
    ['role admin', { role: 'admin' }],
    ['an array of roles', { role: ['client'] }],
  ])('[A-1] %s is refused', async (_what, more) => {
    const before = journalOf(server)
    expect((await register(more)).status).toBe(400)
    expect(journalOf(server)).toBe(before)
  })

  it('[A-1] no field of the server’s own can be brought along', async () => {
    const { status } = await register({ balanceCents: 1_234_567, id: 'mine', createdAt: 7, logins: [{}] })
    expect(status).toBe(201)
    expect(journalOf(server)).not.toMatch(/1234567|"mine"|"createdAt":7[,}]/)
  })

  it('[A-2] case and spaces around make no second account; dots and plus signs do', async () => {
    expect((await register({ email: 'same.one@example.com' })).status).toBe(201)
    for (const email of ['SAME.ONE@EXAMPLE.COM', ' same.one@example.com ', 'same.one@example.com\t']) {
      expect(await register({ email })).toMatchObject({ status: 409, body: { code: 'email_taken' } })
    }
    expect((await register({ email: 'sameone@example.com' })).status).toBe(201)
  })

  it.each([
    'a@b.co\nx',
    'a\u0000@b.co',
    `${'x'.repeat(5_000)}@b.co`,
    'a@b@c.co',
    'a\u202Eb@c.co',
    '\uFF41@b.co',
    'a b@c.co',
  ])('[A-3] %j is no address', async (email) => {
    expect(await register({ email })).toMatchObject({ status: 400, body: { errors: [{ path: 'email' }] } })
  })

  it.each(['1234567', 'password123', 'PASSWORD123', 'iloveyou', 'soulseer.app', 'SoulSeer'])(
    '[A-4] %s is too easy to guess',
    async (password) => {
      expect(await register({ password })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'password', message: expect.any(String) }] },
      })
    },
  )

  it('[A-4] so is one’s own address', async () => {
    const email = 'somebody.else@example.com'
    for (const password of [email, 'Somebody.Else']) {
      expect((await register({ email, password })).status).toBe(400)
    }
  })

  it('[A-18] two at the same instant with one address make one account', async () => {
    const both = await Promise.all([1, 2].map(() => register({ email: 'twins@example.com' })))
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    '[A-19] %s is a name like any other',
    async (name) => {
      const { status, body } = await register({ name })
      expect([status, (body.user as { name: string }).name]).toEqual([201, name])
      const found = await server.send('GET', `/check-balance?userId=${name}`)
      expect(found.status).toBe(401)
    },
  )
})

describe('passwords', () => {
  it.each([
    ['73 bytes', 'x'.repeat(73)],
    ['64 accented letters', 'é'.repeat(64)],
    ['64 emoji', '😀'.repeat(64)],
    ['128 letters', 'k'.repeat(128)],
  ])('[A-5] [A-6] %s are read to the last letter', async (_what, password) => {
    const { body } = await register({ password })
    const { email } = body.user as { email: string }
    expect((await logIn(email, password)).status).toBe(200)
    expect((await logIn(email, `${password}x`)).status).toBe(401)
    expect((await logIn(email, `${[...password].slice(0, -1).join('')}z`)).status).toBe(401)
  })

  it('[A-6] one letter written in two ways is one letter', async () => {
    const { body } = await register({ password: 'caf\u00e9 correct' })
    expect((await logIn((body.user as { email: string }).email, 'cafe\u0301 correct')).status).toBe(200)
  })

  it('[A-5] no password of more than 72 bytes opens for its beginning', async () => {
    const passwords = passwordsAt(4)
    for (let length = 73; length <= 93; length += 1) {
      const long = 'ab'.repeat(64).slice(0, length)
      const hash = await passwords.hash(long, {})
      expect(await passwords.verify(long, hash, {})).toBe(true)
      expect(await passwords.verify(long.slice(0, 72), hash, {})).toBe(false)
      expect(await passwords.verify(`${long}x`, hash, {})).toBe(false)
    }
  })

  it.each([7, ['correct horse'], {}, null, true, undefined, 'x'.repeat(2_000)])(
    '[A-11] %j is no password, and nothing is hashed for it',
    async (password) => {
      const compare = vi.spyOn(bcrypt, 'compare')
      expect((await logIn('ana@example.com', password)).status).toBe(400)
      expect((await register({ password })).status).toBe(400)
      expect(compare).not.toHaveBeenCalled()
      compare.mockRestore()
    },
  )

  it('[A-11] a megabyte is too large', async () => {
    expect((await logIn('ana@example.com', 'x'.repeat(1_000_000))).status).toBe(413)
  })

  it('[A-13] a broken letter is refused', async () => {
    expect((await logIn('ana@example.com', 'correct \uD800 horse')).status).toBe(400)
    expect((await register({ password: 'correct \uD800 horse' })).status).toBe(400)
  })

  it('[A-7] a hash of a lower cost works, and is replaced at the next log-in', async () => {
    const old = passwordsAt(4)
    const today = passwordsAt(5)
    const hash = await old.hash('correct horse', {})
    expect(await today.verify('correct horse', hash, {})).toBe(true)
    expect([today.isStale(hash), old.isStale(hash)]).toEqual([true, false])

    let now = old
    let hashed = 0
    const passwords: Passwords = {
      hash: (password, caller) => {
        hashed += 1
        return now.hash(password, caller)
      },
      verify: (password, hash, caller) => now.verify(password, hash, caller),
      isStale: (hash) => now.isStale(hash),
      isCommon: () => false,
    }
    const server = await startLiveServer({ passwords })
    const person = await server.client('Ana')
    const storedRounds = () => {
      const [, hash = ''] = /"passwordHash":"([^"]+)"/.exec(server.disk.text('users.json')) ?? []
      return hash && bcrypt.getRounds(hash)
    }
    await expect.poll(storedRounds).toBe(4)
    now = today
    const again = { email: person.user.email, password: 'correct horse' }
    expect((await server.send('POST', '/login', again)).status).toBe(200)
    await expect.poll(storedRounds).toBe(5)
    expect((await server.send('POST', '/login', again)).status).toBe(200)
    expect(hashed, 'at registering, and once more').toBe(2)
    await server.stop()
  })

  it('[A-8] an unknown account costs the same one comparison as a wrong password, with the same response', async () => {
    await register({ email: 'known@example.com' })
    const compare = vi.spyOn(bcrypt, 'compare')
    const wrong = await logIn('known@example.com', 'wrong horse')
    const unknown = await logIn('unknown@example.com', 'wrong horse')
    const rounds = compare.mock.calls.map(([, hash]) => bcrypt.getRounds(hash))
    compare.mockRestore()
    expect(rounds).toHaveLength(2)
    expect(rounds[0]).toBe(rounds[1])
    expect([wrong.status, wrong.body]).toEqual([unknown.status, unknown.body])
    const named = (answer: Answer) =>
      [...answer.headers.keys()].filter((name) => name !== 'date' && name !== 'x-request-id')
    expect(named(wrong)).toEqual(named(unknown))
  })
})

describe('logins', () => {
  const secondLogin = async (person: Person): Promise<string> => {
    const { headers } = await logIn(person.user.email, 'correct horse', {
      'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0',
    })
    return (headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  }
  const me = (cookie: string) => server.send('GET', '/me', undefined, { cookie })

  it('[S-2] a chosen token is never taken over', async () => {
    const person = await server.client('Fixated')
    const chosen = `soulseer=${person.user.id}.chosen.signature`
    const { headers } = await logIn(person.user.email, 'correct horse', { cookie: chosen })
    expect(headers.getSetCookie()[0]).not.toContain('chosen')
    expect((await me(chosen)).status).toBe(401)
  })

  it('[S-3] [S-4] a log-out ends one login at once, its socket too, and no other', async () => {
    const person = await server.client('Flo')
    const other = await secondLogin(person)
    const page = await person.page()
    const closed = new Promise((resolve) => page.once('disconnect', resolve))
    await person.send('POST', '/logout')
    expect(await closed).toBe('io server disconnect')
    expect((await me(person.cookie)).status).toBe(401)
    expect((await me(other)).status).toBe(200)
  })

  it('lists where one is logged in, and ends the others on request', async () => {
    const person = await server.client('Lis')
    const other = await secondLogin(person)
    const { body } = await person.send<{ logins: Record<string, unknown>[] }>('GET', '/logins')
    expect(body.logins).toEqual([
      {
        id: expect.any(String),
        createdAt: expect.any(Number),
        seenAt: expect.any(Number),
        device: 'Firefox on Windows',
        current: false,
        sameNetwork: true,
      },
      expect.objectContaining({ current: true }),
    ])
    const meant = { loginId: body.logins[0]?.id, password: 'correct horse' }
    const ended = await person.send<{ logins: object[] }>('POST', '/logins/end', meant)
    expect(ended.body.logins).toHaveLength(1)
    expect((await me(other)).status).toBe(401)
    expect((await person.send('POST', '/logins/end', meant)).status).toBe(404)

    const third = await secondLogin(person)
    await person.send('POST', '/logins/end', { password: 'correct horse' })
    expect([(await me(third)).status, (await me(person.cookie)).status]).toEqual([401, 200])
  })

  it('no person ends another person’s login', async () => {
    const [one, other] = [await server.client('Ona'), await server.client('Odo')]
    const { body } = await one.send<{ logins: { id: string }[] }>('GET', '/logins')
    const meant = { loginId: body.logins[0]?.id, password: 'correct horse' }
    expect((await other.send('POST', '/logins/end', meant)).status).toBe(404)
    expect((await me(one.cookie)).status).toBe(200)
  })

  it('[S-10] a holder of only the cookie ends no other login; one’s own needs no password', async () => {
    const person = await server.client('Olga')
    const other = await secondLogin(person)
    const { body } = await person.send<{ logins: { id: string; current: boolean }[] }>('GET', '/logins')
    const [theirs, own] = body.logins
    const before = journalOf(server)
    for (const meant of [{}, { loginId: theirs?.id }]) {
      const answer = await person.send('POST', '/logins/end', meant)
      expect(answer).toMatchObject({ status: 403, body: { code: 'proof_needed' } })
      const wrong = await person.send('POST', '/logins/end', { ...meant, password: 'wrong horse' })
      expect(wrong).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    expect(journalOf(server)).toBe(before)
    expect((await me(other)).status).toBe(200)
    expect((await person.send('POST', '/logins/end', { loginId: own?.id })).status).toBe(200)
    expect((await me(person.cookie)).status).toBe(401)
    expect((await me(other)).status).toBe(200)
  })

  it('[S-9] a log-in over a living one ends it, its socket too, for any account', async () => {
    const [person, next] = [await server.client('Petra'), await server.client('Paul')]
    const page = await person.page()
    const closed = new Promise((resolve) => page.once('disconnect', resolve))
    const again = await logIn(person.user.email, 'correct horse', { cookie: person.cookie })
    expect(await closed).toBe('io server disconnect')
    expect((await me(person.cookie)).status).toBe(401)
    const cookie = (again.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const other = await logIn(next.user.email, 'correct horse', { cookie })
    expect((await me(cookie)).status).toBe(401)
    expect(other.status).toBe(200)
    expect((await me(next.cookie)).status).toBe(200)

    expect((await logIn(next.user.email, 'wrong horse', { cookie: next.cookie })).status).toBe(401)
    expect((await me(next.cookie)).status).toBe(200)
    const newcomer = { role: 'client', name: 'Piet', email: 'piet@example.com', password: 'correct horse' }
    await server.send('POST', '/register', { ...newcomer, acceptTerms: true }, { cookie: next.cookie })
    expect((await me(next.cookie)).status).toBe(401)
  })

  it('[S-11] the cookie by which a browser is known again is no login, whatever is written around it', async () => {
    const person = await server.client('Kira')
    const { headers } = await logIn(person.user.email, 'correct horse')
    const device = (headers.getSetCookie()[1] ?? '').split(';')[0]?.split('=')[1] ?? ''
    expect(device.split('.')).toHaveLength(3)
    for (const text of [device, `device%20${device}`, `device ${device}`]) {
      expect((await me(`soulseer=${text}`)).status).toBe(401)
    }
    const login = (headers.getSetCookie()[0] ?? '').split(';')[0]?.split('=')[1] ?? ''
    expect((await me(`soulseer=${login}`)).status).toBe(200)
  })

  it('[A-16] [S-5] a new password needs the current one', async () => {
    const person = await server.client('Pia')
    const before = journalOf(server)
    const change = (body: object) => person.send('POST', '/password', body)
    expect(await change({ newPassword: 'battery staple' })).toMatchObject({
      status: 403,
      body: { code: 'proof_needed' },
    })
    expect(await change({ password: 'wrong horse', newPassword: 'battery staple' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    expect((await change({ password: 'correct horse', newPassword: 'password123' })).status).toBe(400)
    expect(journalOf(server)).toBe(before)
  })

  it('[A-17] ends every other login and socket at once, and goes on under a fresh token', async () => {
    const person = await server.client('Pam')
    const other = await secondLogin(person)
    const page = await person.page()
    const closed = new Promise((resolve) => page.once('disconnect', resolve))
    const answer = await person.send('POST', '/password', {
      password: 'correct horse',
      newPassword: 'battery staple',
    })
    expect(answer.status).toBe(200)
    await closed
    const fresh = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    expect([(await me(other)).status, (await me(person.cookie)).status, (await me(fresh)).status]).toEqual([
      401, 401, 200,
    ])
    expect((await logIn(person.user.email, 'correct horse')).status).toBe(401)
    expect((await logIn(person.user.email, 'battery staple')).status).toBe(200)
  })

  it('[S-6] an altered, a doubled and an oversized cookie belong to no account', async () => {
    const person = await server.client('Alt')
    const flipped = person.cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const middle = person.cookie.replace(/\.(.)/, (_all, letter) => `.${letter === 'A' ? 'B' : 'A'}`)
    for (const cookie of [
      flipped,
      middle,
      `${person.cookie}; ${person.cookie}`,
      'soulseer=',
      'soulseer=..',
    ]) {
      expect((await me(cookie)).status).toBe(401)
    }
    expect((await me(`soulseer=${'x'.repeat(20_000)}`)).status).toBe(431)
  })

  it('[S-7] a token in the address is no login', async () => {
    const person = await server.client('Adr')
    const answer = await server.send('GET', `/me?${person.cookie}&token=${person.cookie.split('=')[1]}`)
    expect(answer.status).toBe(401)
  })

  it('[S-8] the store holds hashes of tokens, and no password', async () => {
    const person = await server.client('Sto')
    const token = person.cookie.split('.')[1] ?? ''
    const files = server.disk.names().map((name) => server.disk.text(name))
    expect(files.join('')).not.toContain(token)
    expect(files.join('')).not.toContain('correct horse')
    expect(files.join('')).toContain(person.user.id)
  })
})

describe('the end of a login', () => {
  const DAY = 24 * 60 * 60 * 1000
  const entered = async () => {
    const world = await createWorld()
    const ana = await world.client('Ana', 0)
    const { accounts } = world.engine
    const isIn = () => accounts.identify(ana.id, 'login-of-Ana')
    const use = async () => {
      const identity = await isIn()
      if (identity) await accounts.noteUse(identity)
      return identity
    }
    return { world, ana, isIn, use }
  }

  it('comes after seven days without use, and after thirty in any case', async () => {
    const { world, isIn, use } = await entered()
    for (let day = 0; day < 29; day += 1) {
      await world.clock.leap(DAY)
      expect(await use()).toBeDefined()
    }
    await world.clock.leap(DAY)
    expect(await isIn()).toBeUndefined()
    const idle = await entered()
    for (let day = 0; day < 6; day += 1) {
      await idle.world.clock.leap(DAY)
      expect(await idle.isIn(), 'a page that only looks on is no use').toBeDefined()
    }
    await idle.world.clock.leap(DAY)
    expect(await idle.isIn()).toBeUndefined()
  })

  it('[S-3] [W-6] comes at once when an account is closed, which then opens to no login', async () => {
    const { world, ana, isIn } = await entered()
    const { accounts, admin } = world.engine
    const note = { by: 'Olu', why: 'threats' }
    await admin.suspend(ana.id, note)
    expect(await isIn()).toBeUndefined()
    expect(world.announced('login-ended')).toEqual([{ type: 'login-ended', loginHash: 'login-of-Ana' }])
    const again = { email: ana.email, password: 'correct horse' }
    await expect(accounts.login(again, 'next')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(accounts.login({ ...again, password: 'wrong' }, 'next')).rejects.toMatchObject({
      code: 'bad_credentials',
    })
    await admin.unsuspend(ana.id, note)
    expect(await accounts.login(again, 'next')).toMatchObject({ id: ana.id })
  })

  it('is written down once an hour at the most', async () => {
    const { world, use } = await entered()
    const before = world.disk.text(world.disk.names().find((name) => name.startsWith('journal')) ?? '')
    await world.clock.leap(59 * 60_000)
    await use()
    const journal = () => world.disk.text(world.disk.names().find((name) => name.startsWith('journal')) ?? '')
    expect(journal()).toBe(before)
    await world.clock.leap(60_000)
    await Promise.all([use(), use(), use()])
    expect(journal()).not.toBe(before)
  })
})

describe('the log-in route under load', () => {
  it('[A-12] forty log-ins at once get a response, or are asked to come back', async () => {
    const person = await server.client('Many')
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => logIn(person.user.email, 'correct horse')),
    )
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].every((status) => status === 200 || status === 503)).toBe(true)
    expect(statuses.has(200)).toBe(true)
    for (const { status, headers } of answers) {
      if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
  })

  it('[W-6] a socket that was let go by a log-out is not let back in', async () => {
    const person = await server.client('Rec')
    const page = await person.page()
    expect(await say(page, 'session:join', { sessionId: 'x' })).toMatchObject({ ok: false })
    const closed = new Promise((resolve) => page.once('disconnect', resolve))
    await person.send('POST', '/logout')
    await closed
    const refused = new Promise((resolve) => page.once('connect_error', resolve))
    page.connect()
    expect(await refused).toMatchObject({ message: 'not_logged_in' })
  })
})
