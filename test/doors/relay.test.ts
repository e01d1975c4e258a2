/** Tests what signaling lets pass in relay-only calls. */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createIce } from '../../adapters/system/ice-servers.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { next, type Page, type Person, say } from '../support/people.ts'

const HOST = 'candidate:1 1 udp 2122260223 192.168.1.7 51000 typ host'
const RELAY = 'candidate:5 1 udp 41885439 198.51.100.4 49160 typ relay raddr 203.0.113.9 rport 51000'
const TOLD = 'candidate:5 1 udp 41885439 198.51.100.4 49160 typ relay raddr 0.0.0.0 rport 9'
const SECRET = 'what the relay and the server share'
const TURN_URLS = ['turn:127.0.0.1:3478']

let server: LiveServer
let client: Person
let reader: Person
let clientPage: Page
let readerPage: Page
let session: SessionView

const iceWith = (wish: Partial<Parameters<typeof createIce>[0]>) =>
  createIce({
    stunUrls: [],
    turnUrls: TURN_URLS,
    login: { secret: SECRET },
    policy: 'relay',
    wall: Date.now,
    ...wish,
  })

const startWith = async (policy: 'all' | 'relay') => {
  const ice = iceWith({ policy })
  server = await startLiveServer({ ice })
  client = await server.client('Ana', 50_000)
  reader = await server.reader('Mara', 250)
  clientPage = await client.page()
  readerPage = await reader.page()
}

const join = (page: Page) => say(page, 'session:join', { sessionId: session.id })

const begin = async () => {
  const { body } = await client.send<{ openSession?: SessionView }>('GET', '/me')
  if (body.openSession) await client.send('POST', `/session/${body.openSession.id}/end`)
  await reader.send('POST', '/availability', { available: true })
  session = await server.accepted(client, reader)
  await join(clientPage)
  await join(readerPage)
}

const candidate = (text: string) => ({
  sessionId: session.id,
  candidate: { candidate: text, sdpMid: '0', sdpMLineIndex: 0 },
})
const offer = (...lines: string[]) => ({
  sessionId: session.id,
  description: { type: 'offer', sdp: ['v=0', ...lines, 'a=mid:0', ''].join('\r\n') },
})

describe('where calls go through the relay alone', () => {
  beforeAll(() => startWith('relay'))
  afterAll(() => server.stop())
  beforeEach(begin)

  it('an address of a person never reaches the other, and the sender learns that it did not', async () => {
    const heard: unknown[] = []
    clientPage.on('ice-candidate', (payload) => heard.push(payload.candidate))
    expect(await say(readerPage, 'ice-candidate', candidate(HOST))).toEqual({ ok: true, delivered: false })
    expect(await say(readerPage, 'ice-candidate', candidate(RELAY))).toEqual({ ok: true, delivered: true })
    const end = next(clientPage, 'ice-candidate', ({ candidate }) => candidate === null)
    await say(readerPage, 'ice-candidate', { sessionId: session.id, candidate: null })
    await end
    clientPage.off('ice-candidate')
    expect(heard).toEqual([{ candidate: TOLD, sdpMid: '0', sdpMLineIndex: 0 }, null])
  })

  it.each(['offer', 'answer'] as const)('an address inside an %s does not either', async (event) => {
    const heard = next(clientPage, event)
    const said = offer('c=IN IP4 203.0.113.9', `a=${HOST}`, `a=${RELAY}`)
    expect(await say(readerPage, event, said)).toEqual({ ok: true, delivered: true })
    expect(await heard).toEqual(offer('c=IN IP4 0.0.0.0', `a=${TOLD}`))
  })

  it('a page without a seat learns nothing, whatever is sent', async () => {
    const eve = await (await server.client('Eve')).page()
    expect(await say(eve, 'ice-candidate', candidate(HOST))).toMatchObject({
      error: { code: 'not_joined' },
    })
  })
})

describe('where people may find each other directly', () => {
  beforeAll(() => startWith('all'))
  afterAll(() => server.stop())
  beforeEach(begin)

  it('every message passes as it was sent', async () => {
    for (const text of [HOST, RELAY, 'candidate:1']) {
      const heard = next(clientPage, 'ice-candidate')
      expect(await say(readerPage, 'ice-candidate', candidate(text))).toEqual({ ok: true, delivered: true })
      expect(await heard).toEqual(candidate(text))
    }
    const heard = next(clientPage, 'offer')
    const said = offer('c=IN IP4 203.0.113.9', `a=${HOST}`)
    await say(readerPage, 'offer', said)
    expect(await heard).toEqual(said)
  })

  it('each seat has a login of its own, renewed at every join, whose name reveals nothing', async () => {
    const [one, again, other] = [await join(clientPage), await join(clientPage), await join(readerPage)].map(
      (ack) => loginIn(ack),
    )
    expect(one?.label).toBe(again?.label)
    expect(one?.label).not.toBe(other?.label)
    expect(one?.label).toMatch(/^[\w-]{22}$/)
    for (const person of [session.id, client.user.id, reader.user.id, 'client', 'reader']) {
      expect(one?.label).not.toContain(person)
    }
  })

  it('there is no login for a session that is not accepted, or has ended', async () => {
    await client.send('POST', `/session/${session.id}/end`)
    expect(await join(clientPage)).toMatchObject({ ok: false, error: { code: 'not_found' } })
    await reader.send('POST', '/availability', { available: true })
    const wish = { readerId: reader.user.id, kind: 'video' }
    const { body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
    const ack = await say(clientPage, 'session:join', { sessionId: body.session.id })
    expect(ack).toMatchObject({ ok: false, error: { code: 'wrong_state' } })
    expect(ack).not.toHaveProperty('iceServers')
    await client.send('POST', `/session/${body.session.id}/cancel`)
  })
})

it('a login lapses after a quarter of an hour, and its password is the one that coturn computes', () => {
  let now = 1_700_000_000_000
  const ice = iceWith({ wall: () => now })
  const first = loginIn({ iceServers: ice.serversFor('a seat') })
  expect(first?.expiry).toBe(Math.floor(now / 1000) + 15 * 60)
  expect(first?.credential).toBe(
    createHmac('sha1', SECRET)
      .update(first?.username ?? '')
      .digest('base64'),
  )
  now += 60_000
  const later = loginIn({ iceServers: ice.serversFor('a seat') })
  expect(later).toMatchObject({ label: first?.label, expiry: (first?.expiry ?? 0) + 60 })
})

it('a login made after the wall clock was corrected is good for the same quarter of an hour', () => {
  let now = 1_700_000_000_000
  const ice = iceWith({ wall: () => now })
  for (const correction of [20 * 60_000, -45 * 60_000]) {
    now += correction
    const { expiry } = loginIn({ iceServers: ice.serversFor('a seat') }) ?? {}
    expect(expiry).toBe(Math.floor(now / 1000) + 15 * 60)
  }
})

it('a provider’s one login is given to every seat as it is', () => {
  const login = { username: 'soulseer', password: 'of the provider' }
  const ice = iceWith({ login })
  const server = { urls: TURN_URLS, username: 'soulseer', credential: 'of the provider' }
  expect(ice.serversFor('a seat')).toEqual([server])
})

function loginIn(ack: Record<string, unknown>) {
  const [server] = ack.iceServers as { urls: string[]; username: string; credential: string }[]
  const [expiry, label] = server?.username.split(':') ?? []
  return server && { ...server, expiry: Number(expiry), label }
}
