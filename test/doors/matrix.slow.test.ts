/** Tests every route and event by every caller, and that a new one has its line here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TERMS_VERSION } from '../../shared/consent.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { type Page, type Person, say } from '../support/people.ts'

const CALLERS = ['no login', 'client', 'reader', 'otherClient', 'otherReader'] as const
type Caller = (typeof CALLERS)[number]

interface Given {
  readonly session: Pick<SessionView, 'id' | 'readerId'>
  readonly client: Person
  readonly reader: Person
}

const NO_SESSION = { id: 'none', readerId: 'none' }

interface Row {
  /** The state of the session of `client` and `reader`. */
  given?: 'requested' | 'accepted' | 'ended'
  path?: (given: Given) => string
  body?: (given: Given) => unknown
  /** The response of CONTRACT.md to each of {@link CALLERS}, in their order. */
  expected: readonly [number, number, number, number, number]
}

const ANYONE = [200, 200, 200, 200, 200] as const
const ANY_LOGIN = [401, 200, 200, 200, 200] as const
const CLIENTS = [401, 200, 403, 200, 403] as const
const READERS = [401, 403, 200, 403, 200] as const
const ITS_TWO = [401, 200, 200, 403, 403] as const
const ITS_CLIENT = [401, 200, 403, 403, 403] as const
const ITS_READER = [401, 403, 200, 403, 403] as const
/** A request about the money of `client`: every other caller is refused, whatever their role. */
const THAT_CLIENT = [401, 200, 403, 403, 403] as const

const ofSession = (tail = '') => ({ path: ({ session }: Given) => `/session/${session.id}${tail}` })
const madeElsewhere = () => createAuthenticator().create({ challenge: 'x', user: { id: 'eA' } })
let newcomers = 0
const someone = () => {
  newcomers += 1
  return `newcomer${newcomers}@example.com`
}

const ROWS: Record<string, Row> = {
  'GET /': { expected: ANYONE },
  'GET /healthz': { expected: ANYONE },
  'GET /metrics': { expected: [404, 404, 404, 404, 404] },
  'GET /settings': { expected: ANYONE },
  'GET /terms': { expected: ANYONE },
  'GET /privacy': { expected: ANYONE },
  'GET /refunds': { expected: ANYONE },
  'GET /help': { expected: ANYONE },
  'GET /robots.txt': { expected: ANYONE },
  'GET /.well-known/security.txt': { expected: ANYONE },
  'GET /dashboard': { expected: [302, 200, 200, 200, 200] },
  'GET /account': { expected: [302, 200, 200, 200, 200] },
  'GET /history': { expected: [302, 200, 200, 200, 200] },
  'GET /readers/count': { expected: ANYONE },
  'GET /earnings.csv': { expected: READERS },
  'GET /sessions.csv': { expected: ANY_LOGIN },
  'GET /history.csv': { expected: CLIENTS },
  'GET /export': { expected: ANY_LOGIN },
  'POST /account/delete': {
    body: () => ({ password: 'correct horse', giveUpCents: 5_000 }),
    expected: [401, 204, 204, 204, 204],
  },
  'POST /register': {
    body: () => ({
      role: 'client',
      name: 'New',
      email: someone(),
      password: 'correct horse',
      acceptTerms: true,
    }),
    expected: [201, 201, 201, 201, 201],
  },
  'POST /terms/agree': { body: () => ({ version: TERMS_VERSION }), expected: [401, 204, 204, 204, 204] },
  'POST /login': {
    body: ({ reader }) => ({ email: reader.user.email, password: 'correct horse' }),
    expected: ANYONE,
  },
  'POST /logout': { expected: [401, 204, 204, 204, 204] },
  'GET /logins': { expected: ANY_LOGIN },
  'POST /logins/end': { body: () => ({ password: 'correct horse' }), expected: ANY_LOGIN },
  'GET /passkeys': { expected: ANY_LOGIN },
  'POST /passkeys/begin': { expected: ANY_LOGIN },
  'POST /passkeys': {
    body: () => ({ name: 'Phone', response: madeElsewhere(), password: 'correct horse' }),
    expected: [401, 400, 400, 400, 400], // none was asked for it
  },
  'DELETE /passkeys/:id': {
    path: () => '/passkeys/unknown',
    body: () => ({ password: 'correct horse' }),
    expected: [401, 404, 404, 404, 404],
  },
  'POST /login/passkey/begin': { expected: ANYONE },
  'POST /login/passkey': {
    body: () => ({ response: createAuthenticator().answer({ challenge: 'x' }, { userHandle: 'eA' }) }),
    expected: [401, 401, 401, 401, 401], // no account has it
  },
  'POST /prove/begin': { expected: [401, 409, 409, 409, 409] }, // there is no passkey yet
  'POST /prove': { body: () => ({ password: 'correct horse' }), expected: [401, 204, 204, 204, 204] },
  'POST /password': {
    body: () => ({ password: 'correct horse', newPassword: 'battery staple' }),
    expected: ANY_LOGIN,
  },
  'GET /reset': { expected: ANYONE },
  'GET /confirm': { expected: ANYONE },
  'GET /undo-email': { expected: ANYONE },
  'GET /unsubscribe': { expected: ANYONE },
  'POST /mail/unsubscribe': { body: () => ({ token: 'made up' }), expected: [400, 400, 400, 400, 400] },
  'POST /password/forgot': {
    body: ({ client }) => ({ email: client.user.email }),
    expected: [202, 202, 202, 202, 202],
  },
  'POST /password/reset': {
    body: () => ({ token: 'made up', password: 'battery staple' }),
    expected: [400, 400, 400, 400, 400],
  },
  'POST /email': {
    body: () => ({ email: someone(), password: 'correct horse' }),
    expected: [401, 202, 202, 202, 202],
  },
  'POST /email/cancel': { expected: ANY_LOGIN },
  'POST /email/confirm/send': { expected: [401, 202, 202, 202, 202] },
  'POST /email/confirm': { body: () => ({ token: 'made up' }), expected: [400, 400, 400, 400, 400] },
  'POST /email/undo': { body: () => ({ token: 'made up' }), expected: [400, 400, 400, 400, 400] },
  'GET /me': { expected: ANY_LOGIN },
  'PATCH /me': { body: () => ({ name: 'Somebody' }), expected: ANY_LOGIN },
  'GET /readers': { expected: ANY_LOGIN },
  'POST /availability': { body: () => ({ available: true }), expected: READERS },
  'GET /earnings': { expected: READERS },
  'GET /limits': { expected: CLIENTS },
  'POST /limits': { body: () => ({ limitCents: 5_000 }), expected: CLIENTS },
  'POST /session/start': {
    given: 'ended',
    body: ({ session }) => ({ readerId: session.readerId, kind: 'chat' }),
    expected: [401, 201, 403, 201, 403],
  },
  'POST /session/:id/accept': { ...ofSession('/accept'), given: 'requested', expected: ITS_READER },
  'POST /session/:id/decline': { ...ofSession('/decline'), given: 'requested', expected: ITS_READER },
  'POST /session/:id/cancel': { ...ofSession('/cancel'), given: 'requested', expected: ITS_CLIENT },
  'POST /session/:id/end': { ...ofSession('/end'), given: 'accepted', expected: ITS_TWO },
  'POST /session/:id/limit': {
    ...ofSession('/limit'),
    given: 'accepted',
    body: () => ({ limitCents: 1_000 }),
    expected: ITS_CLIENT,
  },
  'GET /session/:id': { ...ofSession(), given: 'accepted', expected: ITS_TWO },
  'GET /sessions': { expected: ANY_LOGIN },
  'POST /add-funds': {
    body: ({ client }) => ({ userId: client.user.id, amountCents: 2_000 }),
    expected: THAT_CLIENT,
  },
  'POST /add-funds/confirm': {
    body: ({ client }) => ({ userId: client.user.id, paymentIntentId: 'pi_unknown' }),
    expected: [401, 404, 403, 403, 403],
  },
  'GET /check-balance': {
    path: ({ client }) => `/check-balance?userId=${client.user.id}`,
    expected: THAT_CLIENT,
  },
  'GET /cards': { expected: CLIENTS },
  'GET /payments': { expected: CLIENTS },
  'GET /payments/:id': { path: () => '/payments/unknown', expected: [401, 404, 403, 404, 403] },
  'POST /cards/default': { body: () => ({ cardId: 'pm_unknown' }), expected: [401, 404, 403, 404, 403] },
  'POST /cards/remove': { body: () => ({ cardId: 'pm_unknown' }), expected: [401, 404, 403, 404, 403] },
  'POST /auto-top-up': {
    body: () => ({ amountCents: 2_000, thresholdCents: 500, dailyCapCents: 4_000 }),
    expected: [401, 400, 403, 400, 403], // there is no card yet
  },
  'POST /auto-top-up/off': { expected: CLIENTS },
  'POST /stripe/webhook': { body: () => ({}), expected: [400, 400, 400, 400, 400] },
}

type People = Record<Exclude<Caller, 'no login'>, Person>

let server: LiveServer
let crowds = 0

beforeAll(async () => {
  server = await startLiveServer()
})

afterAll(() => server.stop())

/** Registers four people who have had no session yet. */
async function newPeople(): Promise<People> {
  crowds += 1
  const [client, otherClient, reader, otherReader] = await Promise.all([
    server.client(`Ana${crowds}`, 5_000),
    server.client(`Eve${crowds}`, 5_000),
    server.reader(`Mara${crowds}`, 250),
    server.reader(`Nell${crowds}`, 100),
  ])
  return { client, reader, otherClient, otherReader }
}

async function sessionIn({ client, reader }: People, state: Row['given']): Promise<SessionView> {
  await reader.send('POST', '/availability', { available: true })
  const wish = { readerId: reader.user.id, kind: 'chat' }
  const { session } = (await client.send<{ session: SessionView }>('POST', '/session/start', wish)).body
  if (state !== 'requested') await reader.send('POST', `/session/${session.id}/accept`)
  if (state === 'ended') await client.send('POST', `/session/${session.id}/end`)
  return session
}

/** Restores the world for the next caller: it ends every session. */
async function endAll(people: People): Promise<void> {
  for (const person of Object.values(people)) {
    const { body } = await person.send<{ openSession?: SessionView }>('GET', '/me')
    if (body.openSession) await person.send('POST', `/session/${body.openSession.id}/end`)
  }
}

async function ask(route: string, row: Row, people: People, caller: Caller): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const me = caller === 'no login' ? undefined : people[caller]
  const session = row.given ? await sessionIn(people, row.given) : undefined
  const given = { ...people, session: session ?? NO_SESSION }
  const send = me?.send ?? server.send
  const { status } = await send(method, row.path?.(given) ?? path, row.body?.(given))
  if (row.given) await endAll(people)
  return status
}

describe('every route by every caller', () => {
  it('has a line here', () => {
    const routes = server.routes.map(({ method, path }) => `${method} ${path}`)
    expect([...new Set(routes)].sort()).toEqual(Object.keys(ROWS).sort())
  })

  const onlyReads = (route: string, { given }: Row) => route.startsWith('GET ') && !given
  let readers: People
  beforeAll(async () => {
    readers = await newPeople()
  })

  it.each(Object.entries(ROWS))('%s', async (route, row) => {
    const people = onlyReads(route, row) ? readers : await newPeople()
    const answers: Record<string, number> = {}
    for (const caller of CALLERS) answers[caller] = await ask(route, row, people, caller)
    expect(answers).toEqual(Object.fromEntries(CALLERS.map((caller, at) => [caller, row.expected[at]])))
  })
})

describe('every socket event by every caller', () => {
  const inSession = (session: SessionView) => ({ sessionId: session.id })
  const described = (type: string) => (session: SessionView) => ({
    ...inSession(session),
    description: { type, sdp: 'v=0' },
  })
  const EVENTS: Record<string, (session: SessionView) => object> = {
    'session:join': inSession,
    offer: described('offer'),
    answer: described('answer'),
    'ice-candidate': (session) => ({ ...inSession(session), candidate: null }),
    'rtc:state': (session) => ({ ...inSession(session), state: 'connected' }),
  }

  const outcome = async (page: Page, event: string, session: SessionView): Promise<unknown> => {
    const ack = await say(page, event, EVENTS[event]?.(session))
    return ack.ok ? 'ok' : (ack.error as { code: string }).code
  }

  it.each(Object.keys(EVENTS))('%s belongs to the two people of the session', async (event) => {
    const people = await newPeople()
    const session = await sessionIn(people, 'accepted')
    const stranger = event === 'session:join' ? 'forbidden' : 'not_joined'
    for (const caller of ['otherClient', 'otherReader'] as const) {
      expect(await outcome(await people[caller].page(), event, session), caller).toBe(stranger)
    }
    for (const caller of ['client', 'reader'] as const) {
      const page = await people[caller].page()
      if (event !== 'session:join') expect(await outcome(page, event, session), caller).toBe('not_joined')
      await outcome(page, 'session:join', session)
      expect(await outcome(page, event, session), caller).toBe('ok')
    }
  })

  it('has a line here', async () => {
    const page = await (await newPeople()).client.page()
    for (const event of Object.keys(EVENTS)) {
      expect(await say(page, event, null), event).toMatchObject({ error: { code: 'invalid_input' } })
    }
    expect([...server.events].sort()).toEqual(Object.keys(EVENTS).sort())
  })
})
