/**
 * Tests the table of docs/BILLING.md, row by row, against the real process over real sockets with a
 * short minute.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STANDIN_KEYS } from '../../dev/stripe/keys.ts'
import { type Standin, startStripeStandin } from '../../dev/stripe/server.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { next, type People, type Person, peopleAt } from '../support/people.ts'
import { sampleSize } from '../support/sample.ts'
import { becomes, liveTalk, type Talk } from '../support/talk.ts'

const MINUTE_MS = 400
const RATE = 300

const SETTINGS = { BILLING_INTERVAL_MS: String(MINUTE_MS) }
/**
 * For the cases in which a person stays away; in the others a slow machine must not count as such a
 * person.
 */
const IMPATIENT = {
  ...SETTINGS,
  HEARTBEAT_TIMEOUT_MS: '4000',
  RECONNECT_GRACE_MS: '8000', // a page tries again after a second or two, and all of this is one process
  RING_TIMEOUT_MS: '3000',
  CONNECT_TIMEOUT_MS: '8000',
}

let standin: Standin
let server: RunningServer
let people: People
/** Another server, over other data. */
let impatient: RunningServer
let hurried: People
let pairs = 0

beforeAll(async () => {
  standin = await startStripeStandin({ webhookUrl: () => `${server.origin}/stripe/webhook` })
  server = await startServer({ ...SETTINGS, STRIPE_API_BASE: standin.url })
  people = peopleAt(server.origin)
  impatient = await startServer(IMPATIENT)
  hurried = peopleAt(impatient.origin)
})

afterAll(async () => {
  people.leave()
  hurried.leave()
  await server.stop()
  await impatient.stop()
  await standin.stop()
})

const newPair = async (balanceCents = 20_000, where = people): Promise<[Person, Person]> => {
  pairs += 1
  const number = pairs
  return [await where.client(`client${number}`, balanceCents), await where.reader(`reader${number}`, RATE)]
}

/** Refunds everything that the client has paid, as from Stripe's own dashboard. */
async function refundAll({ user }: Person): Promise<void> {
  const headers = { authorization: `Bearer ${STANDIN_KEYS.secretKey}` }
  const list = await fetch(`${standin.url}/v1/payment_intents?limit=100`, { headers })
  const { data } = (await list.json()) as { data: { id: string; metadata: { userId?: string } }[] }
  for (const { id } of data.filter(({ metadata }) => metadata.userId === user.id)) {
    const body = new URLSearchParams({ payment_intent: id })
    const answer = await fetch(`${standin.url}/v1/refunds`, { method: 'POST', headers, body })
    expect(answer.ok).toBe(true)
  }
}

const owed = (billedMs: number): number => Math.floor((RATE * billedMs) / MINUTE_MS)

const summary = async (person: Person, id: string): Promise<SessionView> => {
  const { body } = await person.send<{ session: SessionView }>('GET', `/session/${id}`)
  return body.session
}

const end = async (person: Person, id: string): Promise<SessionView> => {
  const { body } = await person.send<{ session: SessionView }>('POST', `/session/${id}/end`)
  return body.session
}

const balanceOf = async ({ send, user }: Person): Promise<number> =>
  (await send<{ balanceCents: number }>('GET', `/check-balance?userId=${user.id}`)).body.balanceCents

/**
 * Checks that both see the same receipt, that it adds up line by line, and that what left the one
 * reached the other.
 */
const addsUp = async (session: SessionView, client: Person, reader: Person, startCents = 20_000) => {
  expect(await summary(client, session.id)).toEqual(session)
  expect(await summary(reader, session.id)).toEqual(session)
  expect(session.charges.reduce((sum, charge) => sum + charge.cents, 0)).toBe(session.chargedCents)
  expect(session.earnedCents).toBe(session.chargedCents)
  expect(await balanceOf(client)).toBe(startCents - session.chargedCents)
  const earned = await reader.send<{ totalCents: number }>('GET', '/earnings')
  expect(earned.body.totalCents).toBe(session.earnedCents)
}

describe.concurrent('who pays what', () => {
  it.each(['client', 'reader'] as const)('the %s hangs up: the time used', async (who) => {
    const [client, reader] = await newPair()
    const talk = await liveTalk(people, client, reader)
    await next(talk.client.page, 'session:charged')
    const ended = await end(who === 'client' ? client : reader, talk.session.id)
    expect(ended).toMatchObject({ endReason: `${who}_ended`, chargedCents: owed(ended.billedMs) })
    expect(ended.charges[0]).toMatchObject({ minute: 1, billedMs: MINUTE_MS, cents: RATE })
    expect(await end(who === 'client' ? reader : client, talk.session.id)).toEqual(ended)
    await addsUp(ended, client, reader)
  })

  it('the money is used up: everything that was there, to $0.00', async () => {
    const lows: number[] = []
    // The simulation's clock judges which prompts there are. A wake-up that is late by most of such a
    // minute leaves all of them out: then another session has to show that there are any.
    for (let tries = 0; tries < 5 && lows.length === 0; tries += 1) {
      const [client, reader] = await newPair(1_000)
      const talk = await liveTalk(people, client, reader)
      talk.client.page.on('balance:low', ({ balanceCents }) => lows.push(balanceCents))
      const { session } = await next(talk.client.page, 'session:ended')
      expect(session).toMatchObject({ endReason: 'out_of_funds', chargedCents: 1_000 })
      expect(session.charges.map(({ cents }) => cents)).toEqual([300, 300, 300, 100])
      expect(session.billedMs).toBe(Math.ceil((1_000 * MINUTE_MS) / RATE))
      await addsUp(session, client, reader, 1_000)
    }
    expect([1, 2]).toContain(lows.length)
  })

  it('a top-up while it runs moves the end', async () => {
    const [client, reader] = await newPair(6_000) // seconds, in which the top-up has to be made
    const talk = await liveTalk(people, client, reader)
    const { page } = talk.client
    const over = next(page, 'session:ended')
    const { balanceCents: before = 0 } = await next(page, 'session:charged')
    const more = next(page, 'session:clock', (clock) => (clock.balanceCents ?? 0) > before)
    await people.topUp(client, 1_000)
    await more
    const { session } = await over
    expect(session).toMatchObject({ endReason: 'out_of_funds', chargedCents: 7_000 })
    expect(await balanceOf(client)).toBe(0)
  })

  it('a limit that the client set is reached: exactly up to the limit', async () => {
    const limitCents = 4_000 // reached in seconds, in which it has to be set
    const [client, reader] = await newPair()
    const talk = await liveTalk(people, client, reader)
    const path = `/session/${talk.session.id}/limit`
    expect(await client.send('POST', path, { limitCents })).toMatchObject({ status: 200 })
    const { session } = await next(talk.client.page, 'session:ended')
    expect(session).toMatchObject({ endReason: 'limit_reached', chargedCents: limitCents })
    expect(session.billedMs).toBe(Math.ceil((limitCents * MINUTE_MS) / RATE))
    await addsUp(session, client, reader)
  })

  it('[B16] the payment is reversed: the time used; the rest is taken back, and the reader keeps what was earned', async () => {
    const [client, reader] = await newPair()
    const talk = await liveTalk(people, client, reader)
    await next(talk.client.page, 'session:charged')
    const over = next(talk.reader.page, 'session:ended')
    await refundAll(client)
    const { session } = await over
    expect(session).toMatchObject({ endReason: 'payment_reversed', chargedCents: owed(session.billedMs) })
    expect(session.chargedCents).toBeGreaterThanOrEqual(RATE)
    expect(await summary(client, session.id)).toEqual(session)
    expect(await balanceOf(client)).toBe(0)
    const { body } = await client.send<{ debtCents: number }>('GET', '/payments')
    expect(body.debtCents).toBe(session.chargedCents)
    const earned = await reader.send<{ totalCents: number }>('GET', '/earnings')
    expect(earned.body.totalCents).toBe(session.chargedCents)
  })

  it.each([
    ['closes its page without a goodbye', 'client_left'],
    ['reports that the call is interrupted', 'client_connection'],
    ['is heard no more', 'client_connection'],
  ])('one side %s and comes back: the gap is free', async (what, cause) => {
    const [client, reader] = await newPair(20_000, hurried)
    const talk = await liveTalk(hurried, client, reader)
    await next(talk.client.page, 'session:charged')
    const paused = becomes(talk.reader.page, 'paused')
    const stopped = next(talk.reader.page, 'session:clock', (clock) => !clock.running)
    // Nothing is on its way to the page any more: a message to a closed socket would be a lost connection.
    await talk.client.report('connected')
    talk.client.fallSilent()
    if (cause === 'client_left') talk.client.page.io.engine.close()
    else if (what.startsWith('reports')) await talk.client.report('interrupted')
    const { billedMs } = await paused
    expect(await stopped).toMatchObject({ running: false, billedMs, cause })
    const live = becomes(talk.reader.page, 'live')
    if (cause !== 'client_left') await talk.client.hangOn()
    expect((await live).billedMs).toBe(billedMs)
    await next(talk.reader.page, 'session:charged')
    const ended = await end(client, talk.session.id)
    expect(ended.pauses).toMatchObject([{ cause, from: expect.any(Number), to: expect.any(Number) }])
    expect(ended.chargedCents).toBe(owed(ended.billedMs))
    const [{ from = 0, to = 0 } = {}] = ended.pauses
    expect(ended.billedMs).toBeLessThanOrEqual((ended.endedAt ?? 0) - (ended.startedAt ?? 0) - (to - from))
    await addsUp(ended, client, reader)
  })

  it('both fall silent and stay away: until the last good moment, as connection_lost', async () => {
    const [client, reader] = await newPair(20_000, hurried)
    const talk = await liveTalk(hurried, client, reader)
    await next(talk.client.page, 'session:charged')
    talk.client.fallSilent()
    talk.reader.fallSilent()
    const { session } = await next(talk.client.page, 'session:ended')
    expect(session.endReason).toBe('connection_lost')
    expect(session.chargedCents).toBe(owed(session.billedMs))
    await addsUp(session, client, reader)
  })

  it('the two never connect: nothing', async () => {
    const [client, reader] = await newPair(20_000, hurried)
    const page = await client.page()
    const ended = next(page, 'session:ended')
    await hurried.accepted(client, reader)
    const { session } = await ended
    expect(session).toMatchObject({ endReason: 'never_connected', chargedCents: 0, billedMs: 0, charges: [] })
    await addsUp(session, client, reader)
  })

  it('no response: nothing', async () => {
    const [client, reader] = await newPair(20_000, hurried)
    const page = await client.page()
    const ended = next(page, 'session:ended')
    await client.send('POST', '/session/start', { readerId: reader.user.id, kind: 'chat' })
    const { session } = await ended
    expect(session).toMatchObject({ endReason: 'missed', chargedCents: 0 })
    await addsUp(session, client, reader)
  })
})

describe.each([
  ['full', Math.ceil],
  ['free', Math.floor],
] as const)('the operator has chosen free seconds and PARTIAL_MINUTE=%s', (partialMinute, toMinutes) => {
  let chosen: RunningServer
  let there: People

  beforeAll(async () => {
    chosen = await startServer({ ...IMPATIENT, PARTIAL_MINUTE: partialMinute, COURTESY_SECONDS: '59' })
    there = peopleAt(chosen.origin)
  })
  afterAll(async () => {
    there.leave()
    await chosen.stop()
  })

  const hangUp = async (client: Person, reader: Person): Promise<SessionView> =>
    end(client, (await liveTalk(there, client, reader)).session.id)

  it('a short session is free, twice; then a hang-up costs whole minutes, and a lost connection no more than the time used', async () => {
    const [client, reader] = await newPair(20_000, there)
    expect((await hangUp(client, reader)).chargedCents).toBe(0)
    expect((await hangUp(client, reader)).chargedCents).toBe(0)
    const talk = await liveTalk(there, client, reader)
    await next(talk.client.page, 'session:charged')
    const ended = await end(reader, talk.session.id)
    expect(ended.chargedCents).toBe(RATE * toMinutes(ended.billedMs / MINUTE_MS))

    const again = await liveTalk(there, client, reader)
    await next(again.client.page, 'session:charged')
    again.client.fallSilent()
    again.reader.fallSilent()
    const { session: cut } = await next(again.client.page, 'session:ended')
    expect(cut.endReason).toBe('connection_lost')
    const whole = RATE * Math.floor(cut.billedMs / MINUTE_MS)
    expect(cut.chargedCents).toBe(partialMinute === 'free' ? whole : owed(cut.billedMs))
    expect(await balanceOf(client)).toBe(20_000 - ended.chargedCents - cut.chargedCents)
  })
})

describe('the server stops', () => {
  it.each([
    ['SIGTERM', 0],
    ['SIGKILL', null],
  ] as const)('by %s, and both come back: the gap is free and the session goes on', async (signal, code) => {
    const [client, reader] = await newPair()
    const talk = await liveTalk(people, client, reader)
    await next(talk.client.page, 'session:charged')
    expect(await server.end(signal)).toBe(code)
    const live = becomes(talk.reader.page, 'live')
    await server.startAgain()
    const resumed = await live
    expect(resumed.billedMs).toBeGreaterThanOrEqual(MINUTE_MS)
    expect(resumed.chargedCents).toBe(owed(resumed.billedMs))
    await next(talk.reader.page, 'session:charged')
    const ended = await end(reader, talk.session.id)
    expect(ended.pauses.map(({ cause }) => cause)).toContain('server_stopped')
    expect(ended.chargedCents).toBe(owed(ended.billedMs))
    await addsUp(ended, client, reader)
  })

  it('and neither comes back: until the last moment both were known to be connected, as server_stopped', async () => {
    const [client, reader] = await newPair(20_000, hurried)
    const talk = await liveTalk(hurried, client, reader)
    await next(talk.client.page, 'session:charged')
    talk.client.page.disconnect()
    await becomes(talk.reader.page, 'paused')
    await talk.client.page.connect()
    await becomes(talk.reader.page, 'live')
    await impatient.end('SIGKILL')
    talk.client.page.disconnect()
    talk.reader.page.disconnect()
    await impatient.startAgain()
    await expect.poll(async () => (await summary(client, talk.session.id)).status).toBe('ended')
    const ended = await summary(client, talk.session.id)
    expect(ended).toMatchObject({ endReason: 'server_stopped', chargedCents: owed(ended.billedMs) })
    await addsUp(ended, client, reader)
  })

  it('what was acknowledged before a kill is there after it', async () => {
    const [client, reader] = await newPair()
    const talk = await liveTalk(people, client, reader)
    await next(talk.client.page, 'session:charged')
    const ended = await end(client, talk.session.id)
    const declined = await people.accepted(client, reader)
    const cancelled = await end(client, declined.id)
    await server.end('SIGKILL')
    await server.startAgain()
    expect(await summary(client, talk.session.id)).toEqual(ended)
    expect(await summary(reader, declined.id)).toEqual(cancelled)
    await addsUp(ended, client, reader)
  })
})

describe('many at once', () => {
  const COUNT = sampleSize(40, 200)
  const BATCH = 10 // with more passwords at a time the server would ask us to wait
  const START_CENTS = 50_000

  it('sessions ended at random add up over the three files, to the cent', async () => {
    const talks: { client: Person; reader: Person; talk: Talk }[] = []
    while (talks.length < COUNT) {
      const batch = Array.from({ length: BATCH }, async () => {
        const [client, reader] = await newPair(START_CENTS)
        return { client, reader, talk: await liveTalk(people, client, reader) }
      })
      talks.push(...(await Promise.all(batch)))
    }
    const ended = await Promise.all(
      talks.map(async ({ client, reader, talk }, index) => {
        for (let charges = 0; charges < index % 4; charges += 1)
          await next(talk.client.page, 'session:charged')
        return end(index % 2 === 0 ? client : reader, talk.session.id)
      }),
    )
    for (const session of ended) expect(session.chargedCents).toBe(owed(session.billedMs))
    const charged = sum(ended.map(({ chargedCents }) => chargedCents))
    const ours = new Set(talks.flatMap(({ client, reader }) => [client.user.id, reader.user.id]))
    const totals = () => {
      const { users, sessions, earnings } = server.files()
      return {
        balances: sum(users.filter(({ id }) => ours.has(id)).map(({ balanceCents }) => balanceCents ?? 0)),
        charged: sum(sessions.filter(({ clientId }) => ours.has(clientId)).map((it) => it.chargedCents)),
        earned: sum(earnings.filter(({ readerId }) => ours.has(readerId)).map((it) => it.totalCents)),
      }
    }
    // Each file follows within a second, and not all at one instant.
    await expect.poll(totals).toEqual({ balances: COUNT * START_CENTS - charged, charged, earned: charged })
  })
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
