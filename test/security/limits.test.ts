/** Tests the rate limits by account, address and subnet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../domain/errors.ts'
import { LONGEST_KEY, MOST_KEYS } from '../../http/bounded-map.ts'
import { clientSubnet, networksOf } from '../../http/client-address.ts'
import { createLoginThrottle } from '../../http/login/login-throttle.ts'
import { createRateLimiter, LIMITS, type LimitName } from '../../http/rate-limiter.ts'
import { limitUnanswered, ringKey } from '../../http/route-limits.ts'
import { fakeClock } from '../support/fake-clock.ts'
import type { LiveServer } from '../support/live-server.ts'
import { plainPasswords } from '../support/passwords.ts'
import { ask, startStrict, through } from './support.ts'

const NAMES = Object.keys(LIMITS) as LimitName[]

describe('the table', () => {
  it.each(NAMES)('%s trips at its figure, says when, and comes back on time', async (name) => {
    const clock = fakeClock()
    const rateLimiter = createRateLimiter({ clock, strictness: 'production' })
    const { burst, everyMs } = LIMITS[name]
    for (let taken = 0; taken < burst; taken += 1) expect(rateLimiter.tryTake(name, 'ana')).toBe(0)
    expect(rateLimiter.tryTake(name, 'ana')).toBeCloseTo(everyMs, 3)
    expect(() => rateLimiter.take(name, 'ana')).toThrow(Refusal)
    expect(rateLimiter.tryTake(name, 'bo'), 'another address is not held up').toBe(0)
    await clock.advance(Math.ceil(everyMs))
    expect(rateLimiter.tryTake(name, 'ana')).toBe(0)
  })

  it('takes nothing when limits are off, and is more generous outside production', () => {
    const off = createRateLimiter({ clock: fakeClock(), strictness: 'off' })
    const outside = createRateLimiter({ clock: fakeClock(), strictness: 'outside' })
    for (let taken = 0; taken < 100; taken += 1) {
      expect(off.tryTake('signUpHourly', 'here')).toBe(0)
      expect(outside.tryTake('signUpHourly', 'here')).toBe(0)
    }
  })

  it('gives back what did not count', () => {
    const rateLimiter = createRateLimiter({ clock: fakeClock(), strictness: 'production' })
    for (let taken = 0; taken < 100; taken += 1) {
      rateLimiter.take('call', 'ana')
      rateLimiter.giveBack('call', 'ana')
    }
    expect(rateLimiter.tryTake('call', 'ana')).toBe(0)
  })

  it('[D-14] keeps so many keys of each limit, and a key that was made up pushes out none that was used more', () => {
    const rateLimiter = createRateLimiter({ clock: fakeClock(), strictness: 'production' })
    for (let taken = 0; taken < LIMITS.signUpDaily.burst; taken += 1) {
      rateLimiter.take('signUpDaily', 'busy')
      rateLimiter.take('balance', 'busy')
    }
    for (let other = 0; other < 1.2 * MOST_KEYS; other += 1)
      rateLimiter.tryTake('signUpDaily', `other ${other}`)
    expect(rateLimiter.size('signUpDaily')).toBeLessThanOrEqual(MOST_KEYS)
    expect(rateLimiter.tryTake('signUpDaily', 'busy')).toBeGreaterThan(0)
    expect(rateLimiter.size('balance'), 'no limit takes room from another').toBe(1)
  })

  it('forgets a key whose bucket is full again', async () => {
    const clock = fakeClock()
    const rateLimiter = createRateLimiter({ clock, strictness: 'production' })
    for (let n = 0; n < 1_000; n += 1) rateLimiter.take('call', `early ${n}`)
    await clock.leap(LIMITS.call.everyMs)
    for (let n = 0; n < 1_000; n += 1) rateLimiter.take('call', `late ${n}`)
    expect(rateLimiter.size('call')).toBe(1_000)
    for (let n = 0; n < 1_000; n += 1) rateLimiter.giveBack('call', `late ${n}`)
    expect(rateLimiter.size('call'), 'and one that was given back').toBe(0)
  })

  it('takes one from each network that a request comes from, of which the wider have more', () => {
    const rateLimiter = createRateLimiter({ clock: fakeClock(), strictness: 'production' })
    const takeFrom = (prefix: string, times: number): number => {
      const networks = networksOf(`${prefix}::1`)
      return Array.from({ length: times }, () => rateLimiter.tryTake('signUpHourly', networks)).filter(
        (waitMs) => waitMs === 0,
      ).length
    }
    expect(['2001:db8:0:100', '2001:db8:0:101', '2001:db8:0:102'].map((net) => takeFrom(net, 15))).toEqual([
      10, 10, 0,
    ])
    const homes = Array.from({ length: 10 }, (_, n) => `2001:db8:0:${(0x200 + n * 0x100).toString(16)}`)
    expect(homes.map((net) => takeFrom(net, 15))).toEqual([10, 10, 10, 10, 10, 10, 0, 0, 0, 0])
    expect(takeFrom('2001:db8:1:100', 15), 'another site').toBe(10)
    const before = rateLimiter.size('signUpHourly')
    for (let n = 0; n < 256; n += 1) takeFrom(`2001:db8:0:${(0xf00 + n).toString(16)}`, 1)
    expect(rateLimiter.size('signUpHourly'), 'what is refused leaves no key').toBe(before)
    rateLimiter.giveBack('signUpHourly', networksOf('2001:db8:0:200::1'))
    expect(takeFrom('2001:db8:0:900', 2), 'and all of them get it back').toBe(1)
  })

  it('keeps nothing of a reader who does not exist', async () => {
    const rateLimiter = createRateLimiter({ clock: fakeClock(), strictness: 'production' })
    const refused = () => Promise.reject(new Refusal('not_found', 'There is no such reader.'))
    for (let n = 0; n < 100; n += 1) {
      const key = ringKey('ana', `${'x'.repeat(64)}${n}`)
      await expect(limitUnanswered(rateLimiter, key, refused)).rejects.toMatchObject({ code: 'not_found' })
    }
    expect(rateLimiter.size('unanswered')).toBe(0)
    for (let n = 0; n < LIMITS.unanswered.burst; n += 1) {
      expect(await limitUnanswered(rateLimiter, ringKey('ana', 'mara'), async () => 'rung')).toBe('rung')
    }
    await expect(limitUnanswered(rateLimiter, ringKey('ana', 'mara'), refused)).rejects.toMatchObject({
      code: 'rate_limited',
    })
    expect(ringKey('x'.repeat(36), 'x'.repeat(36)).length).toBeLessThan(LONGEST_KEY)
  })

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['0:0:0:1:2::', '0:0:0:1'],
    ['not an address', 'unreadable'],
    ['', 'unreadable'],
  ])('%s belongs to the subnet %s', (address, subnet) => {
    expect(clientSubnet(address)).toBe(subnet)
  })

  it.each([
    ['203.0.113.7', ['203.0.113.7']],
    ['2001:db8:1:2ff::9', ['2001:db8:1:2ff', '2001:db8:1:200/56', '2001:db8:1/48']],
    ['2001:db8:1:23::9', ['2001:db8:1:23', '2001:db8:1:0/56', '2001:db8:1/48']],
  ])('%s is in the networks %j', (address, networks) => {
    expect(networksOf(address)).toEqual(networks)
  })
})

describe('guessing passwords', () => {
  const wrong = () => Promise.reject(new Refusal('bad_credentials', 'wrong'))
  const right = async () => 'in'
  const from = (place: string, more: object = {}) => ({
    email: 'ana@example.com',
    networks: place.includes(':') ? networksOf(place) : [place],
    device: undefined as string | undefined,
    ...more,
  })

  const createGuard = () => {
    const clock = fakeClock()
    const rateLimiter = createRateLimiter({ clock, strictness: 'production' })
    const throttle = createLoginThrottle({ clock, rateLimiter, strictness: 'production' })
    const codeOf = (attempt: ReturnType<typeof from>, logIn: () => Promise<unknown>) =>
      throttle.attempt(attempt, logIn).then(
        () => 'in',
        (error: Refusal) => error.code,
      )
    const fail = async (times: number, place: string, more = {}) => {
      for (let time = 0; time < times; time += 1) await codeOf(from(place, more), wrong)
    }
    /** Returns the number of tries from these places that reach the password check. */
    const answered = async (times: number, placeOf: (n: number) => string, more = {}) => {
      let count = 0
      for (let n = 0; n < times; n += 1) {
        if ((await codeOf(from(placeOf(n), more), wrong)) === 'bad_credentials') count += 1
      }
      return count
    }
    return { clock, rateLimiter, codeOf, fail, answered }
  }

  it('counts nothing against a client whom a busy server sent away, beside tries that came through', async () => {
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

  it('[A-9] a thousand wrong passwords from two hundred places are a hundred, and the owner’s browser gets in', async () => {
    const { clock, codeOf, answered } = createGuard()
    expect(await answered(1_000, (n) => `bot ${n % 200}`)).toBe(LIMITS.loginNewDevice.burst)
    expect(await codeOf(from('home', { device: 'her own' }), right)).toBe('in')
    expect(await codeOf(from('bot 7', { device: 'her own' }), right), 'from the guessers’ own place').toBe(
      'in',
    )
    expect(await codeOf(from('home'), right), 'from a browser that she never used').toBe('rate_limited')
    expect(await codeOf(from('home', { email: 'bo@example.com' }), right), 'another account').toBe('in')
    await clock.advance(LIMITS.loginNewDevice.everyMs)
    expect(await codeOf(from('home'), right)).toBe('in')
  })

  it('[A-9] one IPv6 /56 has ten tries at an account, and a /48 forty, whatever the addresses', async () => {
    const { answered } = createGuard()
    const prefix = (first: number) => (n: number) => `2001:db8:0:${(first + (n % 200)).toString(16)}::1`
    expect(await answered(150, prefix(0x100))).toBe(10)
    const { answered: elsewhere } = createGuard()
    expect(await elsewhere(250, (n) => `2001:db8:0:${((n + 1) * 0x100 - 1).toString(16)}::1`)).toBe(40)
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

  it('a subnet logs in sixty times a minute, whatever comes of it', async () => {
    const { clock, codeOf } = createGuard()
    const person = (n: number) => from('a hotel', { email: `guest${n}@x.org` })
    for (let n = 0; n < LIMITS.loginTries.burst; n += 1) expect(await codeOf(person(n), right)).toBe('in')
    expect(await codeOf(person(60), right)).toBe('rate_limited')
    expect(await codeOf(from('elsewhere'), right)).toBe('in')
    expect(await codeOf({ ...person(0), device: 'her own' }, right), 'a browser that is known').toBe('in')
    await clock.advance(LIMITS.loginTries.everyMs)
    expect(await codeOf(person(60), right)).toBe('in')
  })

  it('an account logs in thirty times in a quarter of an hour, wherever from; failures take none of it', async () => {
    const { codeOf, fail } = createGuard()
    for (let n = 0; n < 8; n += 1) await fail(4, `bot ${n}`)
    for (let n = 0; n < LIMITS.login.burst; n += 1) {
      expect(await codeOf(from(`place ${n}`, n % 2 === 0 ? {} : { device: `browser ${n}` }), right)).toBe(
        'in',
      )
    }
    expect(await codeOf(from('one more'), right)).toBe('rate_limited')
    expect(await codeOf(from('one more', { device: 'her own' }), right)).toBe('rate_limited')
  })

  it('keeps nothing of tries that did not count', async () => {
    const { rateLimiter, codeOf } = createGuard()
    const busy = () => Promise.reject(new Refusal('busy', 'later'))
    for (let n = 0; n < 100; n += 1) {
      await codeOf(from(`place ${n}`, { email: `${'x'.repeat(200)}${n}@x.org` }), busy)
    }
    const names = ['loginTries', 'loginAddress', 'loginAccount', 'loginNewDevice', 'login'] as const
    expect(names.map((name) => rateLimiter.size(name))).toEqual([0, 0, 0, 0, 0])
  })

  it('what was no wrong password does not count', async () => {
    const { codeOf } = createGuard()
    const busy = () => Promise.reject(new Refusal('busy', 'later'))
    for (let time = 0; time < 30; time += 1) expect(await codeOf(from('here'), busy)).toBe('busy')
    expect(await codeOf(from('here'), right)).toBe('in')
  })
})

describe('over HTTP, as in production', () => {
  let server: LiveServer
  /** Does not move, so that a busy machine lets no bucket fill up between two requests. */
  const clock = fakeClock(Date.now())

  beforeAll(async () => {
    server = await startStrict({ clock })
  })
  afterAll(() => server.stop())

  const register = (n: number, address: string) =>
    ask(server.url, 'POST', '/register', {
      headers: through(address),
      body: {
        role: 'client',
        name: 'Bo',
        email: `bo${n}@${address.replaceAll(':', '-')}.org`,
        password: 'correct horse',
        acceptTerms: true,
      },
    })

  it('a subnet makes ten accounts an hour, mistakes not counted', async () => {
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

  it('one IPv6 /56 makes twenty accounts in a row, whatever its prefixes', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 24; n += 1) {
      statuses.push(
        (await register(n, `2001:db8:0:${(0x100 + Math.floor(n / 8)).toString(16)}::${n}`)).status,
      )
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(20)
    expect(new Set(statuses.slice(20))).toEqual(new Set([429]))
  })

  it('what the server could not do is given back: sign-ups, log-ins, checks of a password', async () => {
    let isBusy = false
    const busy = () => new Refusal('busy', 'Many people are logging in right now.', { retryAfterSeconds: 5 })
    const moody = await startStrict({
      clock,
      passwords: {
        ...plainPasswords,
        hash: async (password) => (isBusy ? Promise.reject(busy()) : password),
        verify: async (password, hash) => (isBusy ? Promise.reject(busy()) : password === hash),
      },
    })
    const here = through('198.51.100.3')
    const send = async (path: string, body: object, headers: Record<string, string> = here) =>
      (await ask(moody.url, 'POST', path, { headers, body })).status
    const bo = {
      role: 'client',
      name: 'Bo',
      email: 'bo@x.org',
      password: 'correct horse',
      acceptTerms: true,
    }
    const made = await ask(moody.url, 'POST', '/register', { headers: here, body: bo })
    const cookie = String(made.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    isBusy = true
    for (let n = 0; n < 12; n += 1) {
      expect(await send('/register', { ...bo, email: `bo${n}@x.org` })).toBe(503)
      expect(await send('/login', bo)).toBe(503)
      const change = { password: 'correct horse', newPassword: 'battery staple' }
      expect(await send('/password', change, { ...here, cookie })).toBe(503)
      expect(await send('/account/delete', { password: 'correct horse' }, { ...here, cookie })).toBe(503)
    }
    isBusy = false
    for (let n = 0; n < 9; n += 1) expect(await send('/register', { ...bo, email: `bo${n}@x.org` })).toBe(201)
    expect(await send('/login', bo)).toBe(200)
    for (let n = 0; n < 5; n += 1) {
      expect(await send('/account/delete', { password: 'wrong' }, { ...here, cookie })).toBe(403)
    }
    await moody.stop()
  })

  it('an account takes thirty new passwords in a quarter of an hour, though it knows the old one', async () => {
    const here = '198.51.100.6'
    let { headers } = await register(6, here)
    let status = 200
    let changes = 0
    for (; status === 200 && changes < 60; changes += 1) {
      const cookie = String(headers['set-cookie']?.[0]).split(';')[0] ?? ''
      const body = { password: 'correct horse', newPassword: 'correct horse' }
      const answer = await ask(server.url, 'POST', '/password', {
        headers: { ...through(here), cookie },
        body,
      })
      status = answer.status
      headers = answer.headers
    }
    expect(status).toBe(429)
    expect(changes).toBe(LIMITS.login.burst + 1)
  })

  it('the cookie of a deleted account counts as its subnet', async () => {
    const here = through('198.51.100.4')
    const made = await register(4, '198.51.100.4')
    const cookie = String(made.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const headers = { ...here, cookie }
    const gone = { headers, body: { password: 'correct horse' } }
    expect((await ask(server.url, 'POST', '/account/delete', gone)).status).toBe(204)
    const ask100 = (headers: Record<string, string>) =>
      Promise.all(Array.from({ length: 100 }, () => ask(server.url, 'GET', '/me', { headers })))
    const statusesOf = async (headers: Record<string, string>) =>
      new Set((await ask100(headers)).map(({ status }) => status))
    expect(await statusesOf(here), 'without a login').toEqual(new Set([401, 429]))
    expect(await statusesOf(headers), 'with one that ended').toContain(429)
  })

  it('people who are logged in have limits of their own, however much others at their address ask', async () => {
    const here = through('198.51.100.5')
    const cookies: string[] = []
    for (let n = 0; n < 9; n += 1) {
      const made = await register(50 + n, '198.51.100.5')
      cookies.push(String(made.headers['set-cookie']?.[0]).split(';')[0] ?? '')
    }
    const strangers = await Promise.all(
      Array.from({ length: 100 }, () => ask(server.url, 'GET', '/me', { headers: here })),
    )
    expect(strangers.map(({ status }) => status)).toContain(429)
    for (const cookie of cookies) {
      for (let n = 0; n < 20; n += 1) {
        expect((await ask(server.url, 'GET', '/me', { headers: { ...here, cookie } })).status).toBe(200)
      }
    }
  })

  it('[D-14] made-up forwarding headers change no bucket', async () => {
    const askFrom = (made: string) =>
      ask(server.url, 'GET', '/me', {
        headers: { ...through(), 'x-forwarded-for': `${made}, 198.51.100.9, 172.70.1.1` },
      })
    const { burst } = LIMITS.anonymous
    const answers = await Promise.all(Array.from({ length: 2 * burst }, (_, n) => askFrom(`10.0.0.${n}`)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(burst)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(burst)
  })

  it('[D-10] the balance can be read sixty times a minute', async () => {
    const answer = await register(77, '198.51.100.20')
    const cookie = String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? ''
    const { id } = answer.json.user as { id: string }
    const headers = { ...through('198.51.100.20'), cookie }
    const statuses: number[] = []
    for (let n = 0; n < 61; n += 1) {
      statuses.push((await ask(server.url, 'GET', `/check-balance?userId=${id}`, { headers })).status)
    }
    expect(new Set(statuses.slice(0, 60))).toEqual(new Set([200]))
    expect(statuses.at(-1)).toBe(429)
  })

  it('a reader switches six times a minute, whatever comes of it', async () => {
    const here = '198.51.100.50'
    const made = await ask(server.url, 'POST', '/register', {
      headers: through(here),
      body: {
        role: 'reader',
        name: 'Mara',
        email: 'mara@x.org',
        password: 'correct horse',
        acceptTerms: true,
        rateCents: 100,
      },
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

  it('[A-9] the browser of the owner gets in from the subnet of a guesser', async () => {
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
