/** Load and abuse at once: sessions tick on while others log in, sit idle, and shout nonsense. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol.ts'
import { ask } from '../security/support.ts'
import { type RunningServer, startServer } from '../support/e2e-server.ts'
import { type People, type Person, peopleAt, untyped } from '../support/people.ts'
import { liveTalk, type Talk } from '../support/talk.ts'

const SESSIONS = Number(process.env.ABUSE_SESSIONS ?? 40)
const IDLE_SOCKETS = 75
const FLOODERS = 10
const SHOUTS = 2_000
const TOKEN = 'a token for the tests alone'
const BATCH = 10

let server: RunningServer
let people: People

beforeAll(async () => {
  server = await startServer({ RATE_LIMITS: 'on', BILLING_INTERVAL_MS: '1000', METRICS_TOKEN: TOKEN })
  people = peopleAt(server.origin)
})
afterAll(async () => {
  people.leave()
  await server.stop()
})

const figures = async (): Promise<string> =>
  (await ask(server.origin, 'GET', '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).text

const figure = (text: string, name: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  )

/** What part of the observations since `before` took no longer than the bound. */
function shareWithin(before: string, after: string, name: string, seconds: number): number {
  const since = (line: string) => figure(after, line) - (figure(before, line) || 0)
  return since(`${name}_bucket{le="${seconds}"}`) / since(`${name}_count`)
}

async function startTalks(): Promise<{ client: Person; talk: Talk }[]> {
  const talks: { client: Person; talk: Talk }[] = []
  while (talks.length < SESSIONS) {
    const batch = Array.from({ length: Math.min(BATCH, SESSIONS - talks.length) }, async (_, n) => {
      const client = await people.client(`Ana${talks.length + n}`, 50_000)
      const reader = await people.reader(`Mara${talks.length + n}`, 10)
      return { client, talk: await liveTalk(people, client, reader) }
    })
    talks.push(...(await Promise.all(batch)))
  }
  return talks
}

/** Shouts until the server has had enough, or there is no more to shout. */
async function flood(person: Person): Promise<string> {
  const page = await person.page()
  const letGo = new Promise<string>((resolve) => page.once('disconnect', resolve))
  for (let n = 0; n < SHOUTS; n += 1) {
    untyped(page).emit(
      n % 2 ? 'offer' : `noise-${n % 7}`,
      { sessionId: 'x', noise: 'x'.repeat(500) },
      () => undefined,
    )
  }
  return letGo
}

it('no session ends, and no charge is late', async () => {
  const talks = await startTalks()
  const idle = await people.client('Idle')
  const flooders = await Promise.all(Array.from({ length: FLOODERS }, (_, n) => people.client(`Flood${n}`)))
  const before = await figures()

  const pages = await Promise.all(Array.from({ length: IDLE_SOCKETS }, () => idle.page()))
  const logIns = Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      people.send('POST', '/login', { email: `ana${n % SESSIONS}@example.com`, password: 'correct horse' }),
    ),
  )
  const endings = await Promise.all(flooders.map(flood))
  expect(new Set(endings), 'those who shout are let go').toEqual(new Set(['io server disconnect']))
  for (const { status } of await logIns) expect([200, 503]).toContain(status)

  const during = await figures()
  expect(figure(during, 'soulseer_sessions_live')).toBe(SESSIONS)
  expect(shareWithin(before, during, 'soulseer_alarm_lateness_seconds', 0.5)).toBeGreaterThanOrEqual(0.99)
  for (const page of pages) page.disconnect()

  for (const { client, talk } of talks) {
    const { body } = await client.send<{ session: SessionView }>('POST', `/session/${talk.session.id}/end`)
    expect(body.session).toMatchObject({ endReason: 'client_ended', pauses: [] })
    expect(body.session.chargedCents).toBe(Math.floor((10 * body.session.billedMs) / 1_000))
    talk.client.page.disconnect()
    talk.reader.page.disconnect()
  }
  await expect.poll(async () => figure(await figures(), 'soulseer_sockets'), { timeout: 10_000 }).toBe(0)
  expect(figure(await figures(), 'soulseer_sessions')).toBe(0)
})
