import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { householdOf } from '../../boundary/address.ts'
import { createLimiter, LIMITS, type LimitName } from '../../boundary/limiter.ts'
import { createLoginGuard } from '../../boundary/login-guard.ts'
import { Refusal } from '../../domain/errors.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { LiveServer } from '../support/live-server.ts'
import { ask, startStrict, through } from './support.ts'

const NAMES = Object.keys(LIMITS) as LimitName[]

describe('the table', () => {
  it.each(NAMES)('%s trips at its figure, tells when, and comes back on time', async (name) => {
    const clock = fakeClock()
    const limiter = createLimiter({ clock, strictness: 'production' })
    const { burst, everyMs } = LIMITS[name]
    for (let taken = 0; taken < burst; taken += 1) expect(limiter.tryTake(name, 'ana')).toBe(0)
    expect(limiter.tryTake(name, 'ana')).toBeCloseTo(everyMs, 3)
    expect(() => limiter.take(name, 'ana')).toThrow(Refusal)
    expect(limiter.tryTake(name, 'bo'), 'somebody else is not held up').toBe(0)
    await clock.advance(Math.ceil(everyMs))
    expect(limiter.tryTake(name, 'ana')).toBe(0)
  })

  it('takes nothing when limits are off, and is more generous outside production', () => {
    const off = createLimiter({ clock: fakeClock(), strictness: 'off' })
    const outside = createLimiter({ clock: fakeClock(), strictness: 'outside' })
    for (let taken = 0; taken < 100; taken += 1) {
      expect(off.tryTake('signUpHourly', 'here')).toBe(0)
      expect(outside.tryTake('signUpHourly', 'here')).toBe(0)
    }
  })

  it('gives back what did not count', () => {
    const limiter = createLimiter({ clock: fakeClock(), strictness: 'production' })
    for (let taken = 0; taken < 100; taken += 1) {
      limiter.take('call', 'ana')
      limiter.giveBack('call', 'ana')
    }
    expect(limiter.tryTake('call', 'ana')).toBe(0)
  })

  it('[D-14] forgets the key left alone longest, so that it cannot grow without end', () => {
    const limiter = createLimiter({ clock: fakeClock(), strictness: 'production' })
    for (let taken = 0; taken < LIMITS.call.burst; taken += 1) limiter.take('call', 'first')
    for (let other = 0; other < 50_000; other += 1) limiter.take('call', `other ${other}`)
    expect(limiter.tryTake('call', 'first')).toBe(0)
  })

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s belongs to the household %s', (address, household) => {
    expect(householdOf(address)).toBe(household)
  })
})

describe('guessing passwords', () => {
  const wrong = () => Promise.reject(new Refusal('bad_credentials', 'wrong'))
  const right = async () => 'in'
  const from = (household: string, more: object = {}) => ({
    email: 'ana@example.com',
    household,
    device: undefined,
    ...more,
  })

  const createGuard = () => {
    const clock = fakeClock()
    const limiter = createLimiter({ clock, strictness: 'production' })
    const guard = createLoginGuard({ clock, limiter, strictness: 'production' })
    const codeOf = (attempt: ReturnType<typeof from>, logIn: () => Promise<unknown>) =>
      guard.attempt(attempt, logIn).then(
        () => 'in',
        (error: Refusal) => error.code,
      )
    const fail = async (times: number, household: string, more = {}) => {
      for (let time = 0; time < times; time += 1) await codeOf(from(household, more), wrong)
    }
    return { clock, codeOf, fail }
  }

  it('counts nothing against somebody whom a busy server sent away, beside tries that came through', async () => {
    const { codeOf } = createGuard()
    const busy = async () => {
      await Promise.resolve()
      throw new Refusal('busy', 'Many people are logging in.')
    }
    for (let time = 0; time < 20; time += 1) {
      const both = await Promise.all([codeOf(from('here'), right), codeOf(from('here'), busy)])
      expect(both).toEqual(['in', 'busy'])
    }
  })

  it('[A-9] after five failures waits, longer with each, and fifteen minutes at the most', async () => {
    const { clock, codeOf, fail } = createGuard()
    await fail(4, 'here')
    expect(await codeOf(from('here'), wrong)).toBe('bad_credentials')
    let waitedMs = 0
    for (const expectedMs of [30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]) {
      expect(await codeOf(from('here'), right), `after ${waitedMs}`).toBe('rate_limited')
      await clock.advance(expectedMs - 1)
      expect(await codeOf(from('here'), wrong)).toBe('rate_limited')
      await clock.advance(1)
      expect(await codeOf(from('here'), wrong)).toBe('bad_credentials')
      waitedMs += expectedMs
    }
    await clock.advance(900_000)
    expect(await codeOf(from('here'), right)).toBe('in')
    await fail(4, 'here')
    expect(await codeOf(from('here'), right), 'success forgets the failures').toBe('in')
  })

  it('[A-9] a thousand wrong passwords from two hundred places never keep the owner out', async () => {
    const { clock, codeOf, fail } = createGuard()
    for (let place = 0; place < 200; place += 1) await fail(5, `bot ${place}`)
    expect(await codeOf(from('home'), right), 'from a place that has not failed').toBe('in')
    expect(await codeOf(from('bot 7', { device: 'her own' }), right), 'from a known browser').toBe('in')
    expect(await codeOf(from('bot 7'), right), 'from the guessers’ own place').toBe('rate_limited')
    await clock.advance(15 * 60_000)
    expect(await codeOf(from('bot 7'), right)).toBe('in')
  })

  it('[A-9] while an account is tried from everywhere, a new place has one try, not five', async () => {
    const { codeOf, fail } = createGuard()
    for (let place = 0; place < 10; place += 1) await fail(5, `bot ${place}`)
    expect(await codeOf(from('bot 11'), wrong)).toBe('bad_credentials')
    expect(await codeOf(from('bot 11'), wrong)).toBe('rate_limited')
  })

  it('[A-10] one place may fail twenty times, whatever the accounts', async () => {
    const { codeOf, fail } = createGuard()
    for (let account = 0; account < 20; account += 1) await fail(1, 'here', { email: `a${account}@x.org` })
    expect(await codeOf(from('here', { email: 'fresh@x.org' }), right)).toBe('rate_limited')
    expect(await codeOf(from('elsewhere', { email: 'fresh@x.org' }), right)).toBe('in')
  })

  it('[A-9] who uses up the tries of one browser leaves those of another', async () => {
    const { codeOf, fail } = createGuard()
    await fail(6, 'here', { device: 'a shared one' })
    expect(await codeOf(from('here', { device: 'a shared one' }), right)).toBe('rate_limited')
    expect(await codeOf(from('here', { device: 'her own' }), right)).toBe('in')
  })

  it('counts many at once like many in a row', async () => {
    const { codeOf } = createGuard()
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(from('here'), wrong)))
    expect(codes.filter((code) => code === 'bad_credentials')).toHaveLength(5)
  })

  it('what was no wrong password does not count', async () => {
    const { codeOf } = createGuard()
    const busy = () => Promise.reject(new Refusal('busy', 'later'))
    for (let time = 0; time < 30; time += 1) expect(await codeOf(from('here'), busy)).toBe('busy')
    expect(await codeOf(from('here'), right)).toBe('in')
  })
})

describe('at the doors, as in production', () => {
  let server: LiveServer

  beforeAll(async () => {
    server = await startStrict()
  })
  afterAll(() => server.stop())

  const register = (n: number, address: string) =>
    ask(server.url, 'POST', '/register', {
      headers: through(address),
      body: { role: 'client', name: 'Bo', email: `bo${n}@${address}.org`, password: 'correct horse' },
    })

  it('a household makes ten accounts an hour, mistakes not counted', async () => {
    const here = '198.51.100.1'
    for (let n = 0; n < 15; n += 1) {
      const mistaken = await ask(server.url, 'POST', '/register', { headers: through(here), body: {} })
      expect(mistaken.status).toBe(400)
    }
    for (let n = 0; n < 10; n += 1) expect((await register(n, here)).status).toBe(201)
    const refused = await register(10, here)
    expect(refused.status).toBe(429)
    expect(refused.json.code).toBe('rate_limited')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await register(0, '198.51.100.2')).status).toBe(201)
  })

  it('[D-14] made-up forwarding headers change no bucket', async () => {
    const askFrom = (made: string) =>
      ask(server.url, 'GET', '/me', {
        headers: { ...through(), 'x-forwarded-for': `${made}, 198.51.100.9, 172.70.1.1` },
      })
    const statuses: number[] = []
    for (let n = 0; n < LIMITS.anonymous.burst + 1; n += 1)
      statuses.push((await askFrom(`10.0.0.${n}`)).status)
    expect(statuses.slice(0, -1).every((status) => status === 401)).toBe(true)
    expect(statuses.at(-1)).toBe(429)
  })

  it('[D-10] the balance can be read sixty times a minute', async () => {
    const answer = await register(77, '198.51.100.20')
    const cookie = String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const { id } = answer.json.user as { id: string }
    const headers = { ...through('198.51.100.20'), cookie }
    const statuses: number[] = []
    // One more comes back each second, so on a slow machine the refusal comes a few questions later.
    while (!statuses.includes(429) && statuses.length < 600) {
      statuses.push((await ask(server.url, 'GET', `/check-balance?userId=${id}`, { headers })).status)
    }
    expect(new Set(statuses.slice(0, 60))).toEqual(new Set([200]))
    expect(statuses.at(-1)).toBe(429)
  })

  it('a reader switches six times a minute, whatever comes of it', async () => {
    const here = '198.51.100.50'
    const made = await ask(server.url, 'POST', '/register', {
      headers: through(here),
      body: { role: 'reader', name: 'Mara', email: 'mara@x.org', password: 'correct horse', rateCents: 100 },
    })
    const cookie = String(made.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const headers = { ...through(here), cookie }
    const switchTo = (available: unknown) =>
      ask(server.url, 'POST', '/availability', { headers, body: { available } })
    expect((await switchTo('perhaps')).status).toBe(400)
    for (let n = 0; n < 6; n += 1) expect((await switchTo(n % 2 === 0)).status).toBe(200)
    const refused = await switchTo(true)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('[A-9] the browser of the owner gets in from the house where somebody guesses', async () => {
    const here = '198.51.100.40'
    const made = await register(40, here)
    const cookies = made.headers['set-cookie'] as string[]
    const device =
      cookies.map((cookie) => cookie.split(';')[0]).find((cookie) => cookie?.includes('-device=')) ?? ''
    const logIn = (password: string, headers = {}) =>
      ask(server.url, 'POST', '/login', {
        headers: { ...through(here), ...headers },
        body: { email: `bo40@${here}.org`, password },
      })
    for (let n = 0; n < 6; n += 1) await logIn('wrong horse')
    expect((await logIn('correct horse')).status).toBe(429)
    expect((await logIn('correct horse', { cookie: device })).status).toBe(200)
    expect((await logIn('correct horse', { cookie: device.replace(/.$/, 'x') })).status).toBe(429)
  })

  it('[A-10] the same words for an unknown account, and a time to come back', async () => {
    const logIn = (email: string) =>
      ask(server.url, 'POST', '/login', {
        headers: through('198.51.100.30'),
        body: { email, password: 'wrong horse' },
      })
    for (const email of ['bo0@198.51.100.1.org', 'nobody@x.org']) {
      for (let n = 0; n < 5; n += 1) expect((await logIn(email)).status).toBe(401)
    }
    const [known, unknown] = [await logIn('bo0@198.51.100.1.org'), await logIn('nobody@x.org')]
    expect(known.status).toBe(429)
    expect(unknown.json).toEqual(known.json)
    expect(known.headers['retry-after']).toBe('30')
  })
})
