/** Tests access to other people's sessions, money and data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { next, type Person, say, untyped } from '../support/people.ts'
import { liveTalk } from '../support/talk.ts'
import { journalOf } from './support.ts'

let server: LiveServer
let crowds = 0

beforeAll(async () => {
  server = await startLiveServer()
})
afterAll(() => server.stop())

async function pair(balanceCents = 5_000): Promise<[Person, Person]> {
  crowds += 1
  return [await server.client(`Ana${crowds}`, balanceCents), await server.reader(`Mara${crowds}`, 250)]
}

const refused = ({ status, body }: { status: number; body: Record<string, unknown> }) => [status, body.code]

describe('other people’s things', () => {
  it('[M-1] a top-up for another person is refused, and no payment is made', async () => {
    const [client] = await pair()
    const [other] = await pair()
    const before = journalOf(server)
    const wish = { userId: other.user.id, amountCents: 2_000 }
    expect(refused(await client.send('POST', '/add-funds', wish))).toEqual([403, 'forbidden'])
    expect(journalOf(server)).toBe(before)
  })

  it('[M-2] whose balance exists is not to be found out', async () => {
    const [client] = await pair()
    const [other] = await pair()
    const answers = await Promise.all(
      [other.user.id, 'no-such-person', 'me', client.user.id.slice(0, -1)].map((id) =>
        client.send('GET', `/check-balance?userId=${id}`),
      ),
    )
    for (const answer of answers) {
      expect(refused(answer)).toEqual([403, 'forbidden'])
      expect(answer.body).toEqual(answers[0]?.body)
    }
  })

  it('[M-3] a stranger learns nothing of a session', async () => {
    const [client, reader] = await pair()
    const [stranger] = await pair()
    const session = await server.accepted(client, reader)
    const answer = await stranger.send('GET', `/session/${session.id}`)
    expect(refused(answer)).toEqual([403, 'forbidden'])
    expect(JSON.stringify(answer.body)).not.toMatch(/Ana|Mara|rateCents|charges/)
  })

  it('[M-4] [M-13] a reader receives nothing from which the client’s balance follows', async () => {
    const [client, reader] = await pair()
    const page = await reader.page()
    const heard: unknown[] = []
    page.onAny((event: string, payload: unknown) => heard.push([event, payload]))
    const talk = await liveTalk(server, client, reader)
    const seen = await Promise.all([
      reader.send('GET', `/session/${talk.session.id}`),
      reader.send('GET', '/sessions'),
      reader.send('GET', '/me'),
      reader.send('GET', '/readers'),
    ])
    await client.send('POST', `/session/${talk.session.id}/end`)
    const text = JSON.stringify([heard, seen.map(({ body }) => body)])
    expect(text).toContain(talk.session.id)
    expect(text).not.toMatch(/balanceCents|secondsLeft|limitCents|ana\d+@example|passwordHash|logins|topUps/)
  })

  it('[M-16] no page reports for a seat that is not its own', async () => {
    const [client, reader] = await pair()
    const session = await server.accepted(client, reader)
    const page = await reader.page()
    await say(page, 'session:join', { sessionId: session.id })
    for (const forged of [{ role: 'client' }, { userId: client.user.id }, { seat: 'client' }]) {
      expect(
        await say(page, 'rtc:state', { sessionId: session.id, state: 'connected', ...forged }),
      ).toMatchObject({ ok: true })
    }
    const { body } = await client.send<{ session: SessionView }>('GET', `/session/${session.id}`)
    expect(body.session.status, 'one person alone starts no meter').toBe('accepted')
  })

  it('[M-11] [W-11] [W-12] ends and responses come once, and from the right person', async () => {
    const [client, reader] = await pair()
    const wish = { readerId: reader.user.id, kind: 'chat' }
    const { body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
    const at = (verb: string) => `/session/${body.session.id}/${verb}`
    const page = await client.page()
    const offer = { sessionId: body.session.id, description: { type: 'offer', sdp: 'v=0' } }
    expect(await say(page, 'ice-candidate', { sessionId: body.session.id, candidate: null })).toMatchObject({
      error: { code: 'not_joined' },
    })
    expect(await say(page, 'session:join', { sessionId: body.session.id })).toMatchObject({
      error: { code: 'wrong_state' },
    })
    expect((await reader.send('POST', at('accept'))).status).toBe(200)
    expect(refused(await reader.send('POST', at('accept')))).toEqual([409, 'wrong_state'])
    expect(refused(await reader.send('POST', at('decline')))).toEqual([409, 'wrong_state'])
    expect(refused(await client.send('POST', at('accept')))).toEqual([403, 'forbidden'])
    const first = await client.send('POST', at('end'))
    const again = await reader.send('POST', at('end'))
    expect(again.body).toEqual(first.body)
    expect(first.body.session).toMatchObject({ chargedCents: 0 })
    expect(refused(await reader.send('POST', at('accept')))).toEqual([409, 'wrong_state'])
    expect(await say(page, 'offer', offer)).toMatchObject({ error: { code: 'not_joined' } })
  })
})

describe('money', () => {
  it('[M-8] [D-8] of fifty starts at once one rings', async () => {
    const [client] = await pair()
    const readers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => server.reader(`Many${crowds}-${n}`, 100)),
    )
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        client.send('POST', '/session/start', { readerId: readers[n % 10]?.user.id, kind: 'chat' }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]))
  })

  it('[M-9] two who accept, or end, at once do it once', async () => {
    const [client, reader] = await pair()
    const wish = { readerId: reader.user.id, kind: 'chat' }
    const { body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
    const accepts = await Promise.all(
      [1, 2, 3].map(() => reader.send('POST', `/session/${body.session.id}/accept`)),
    )
    expect(accepts.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    const page = await client.page()
    const told: unknown[] = []
    page.on('session:ended', (payload) => told.push(payload))
    const ended = next(page, 'session:ended')
    const ends = await Promise.all(
      [client, reader, client].map((person) => person.send('POST', `/session/${body.session.id}/end`)),
    )
    await ended
    expect(ends.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(ends.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    await say(page, 'session:join', { sessionId: body.session.id })
    expect(told).toHaveLength(1)
  })

  it('[M-10] one attempt has one amount', async () => {
    const [client] = await pair()
    const pay = (amountCents: number) =>
      client.send('POST', '/add-funds', { userId: client.user.id, amountCents }, { 'idempotency-key': 'one' })
    const first = await pay(2_000)
    expect((await pay(2_000)).body.paymentIntentId).toBe(first.body.paymentIntentId)
    expect(refused(await pay(5_000))).toEqual([409, 'idempotency_mismatch'])
  })

  it('[M-12] [M-19] a rate that changes while it rings is not this session’s', async () => {
    const [client, reader] = await pair()
    const wish = { readerId: reader.user.id, kind: 'chat', rateCents: 1 }
    const { body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
    await reader.send('PATCH', '/me', { rateCents: 60_000 })
    await reader.send('POST', `/session/${body.session.id}/accept`)
    const found = await client.send<{ session: SessionView }>('GET', `/session/${body.session.id}`)
    expect(found.body.session.rateCents).toBe(250)
  })

  it('[M-20] one cent short of the first minute is 402, with what is missing to be seen', async () => {
    const client = await server.client(`Short${crowds}`, 500)
    const reader = await server.reader(`Dear${crowds}`, 501)
    const answer = await client.send('POST', '/session/start', { readerId: reader.user.id, kind: 'chat' })
    expect(refused(answer)).toEqual([402, 'insufficient_funds'])
    expect(answer.body.detail).toMatch(/\$5\.01.*\$5\.00/)
  })

  it('[M-5] what is closed over HTTP is closed over sockets', async () => {
    const [client, reader] = await pair()
    const page = await client.page()
    for (const event of ['session:accept', 'session:start', 'add-funds', 'balance', 'availability']) {
      expect(await say(page, event, { userId: reader.user.id, sessionId: 'x' })).toMatchObject({
        ok: false,
        error: { code: 'not_found' },
      })
    }
    untyped(page).emit('session:charged', { sessionId: 'x', chargedCents: -500 })
    expect((await client.send('GET', '/me')).body.user).toMatchObject({ balanceCents: 5_000 })
  })
})

describe('patience', () => {
  it('[D-9] a reader who does not respond is rung three times in half an hour, and no more until a response', async () => {
    const strict = await startLiveServer({ strictness: 'production' })
    const client = await strict.client('Ana', 5_000)
    const reader = await strict.reader('Mara', 250)
    const ring = () =>
      client.send<{ session: SessionView }>('POST', '/session/start', {
        readerId: reader.user.id,
        kind: 'chat',
      })
    const first = await ring()
    await reader.send('POST', `/session/${first.body.session.id}/accept`)
    await client.send('POST', `/session/${first.body.session.id}/end`)
    for (let n = 0; n < 3; n += 1) {
      const { status, body } = await ring()
      expect(status).toBe(201)
      await client.send('POST', `/session/${body.session.id}/cancel`)
    }
    const refusal = await ring()
    expect(refusal.status).toBe(429)
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(60)
    await strict.stop()
  })

  it('[D-6] on a disk that fills nothing that can wait is written, and what runs is settled to its end', async () => {
    let isFilling = false
    const full = await startLiveServer({ isFilling: () => isFilling })
    const client = await full.client('Ana', 5_000)
    const reader = await full.reader('Mara', 250)
    const talk = await liveTalk(full, client, reader)
    isFilling = true
    const beginnings = [
      await full.send('POST', '/register', {
        role: 'client',
        name: 'Bo',
        email: 'bo@x.org',
        password: 'correct horse',
        acceptTerms: true,
      }),
      await client.send('POST', '/add-funds', { userId: client.user.id, amountCents: 2_000 }),
      await client.send('POST', '/limits', { limitCents: 2_000 }),
      await client.send('POST', '/login', { email: client.user.email, password: 'correct horse' }),
      await reader.send('PATCH', '/me', { bio: 'x' }),
      await reader.send('POST', '/availability', { available: false }),
    ]
    for (const answer of beginnings) {
      expect(refused(answer)).toEqual([503, 'storage_full'])
      expect(answer.headers.get('retry-after')).toBe('60')
    }
    expect(await full.send('GET', '/healthz')).toMatchObject({
      status: 200,
      body: { status: 'ok', disk: 'low' },
    })
    const ended = await client.send<{ session: SessionView }>('POST', `/session/${talk.session.id}/end`)
    expect(ended.body.session).toMatchObject({ status: 'ended', endReason: 'client_ended' })
    expect(
      refused(await client.send('POST', '/session/start', { readerId: reader.user.id, kind: 'chat' })),
    ).toEqual([503, 'storage_full'])
    isFilling = false
    expect((await full.send('GET', '/healthz')).body).toEqual({ status: 'ok' })
    expect(
      (await client.send('POST', '/add-funds', { userId: client.user.id, amountCents: 2_000 })).status,
    ).toBe(200)
    await full.stop()
  })
})
