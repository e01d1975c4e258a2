/** Tests the socket events of a live server. */
import { io } from 'socket.io-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SENT_AT_A_CHANGE } from '../../domain/session.ts'
import { SOCKETS } from '../../http/rate-limiter.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { next, type Page, type Person, say, untyped } from '../support/people.ts'
import { becomes } from '../support/talk.ts'

let server: LiveServer
let client: Person
let reader: Person
let stranger: Person

beforeAll(async () => {
  server = await startLiveServer()
  client = await server.client('Ana', 50_000)
  reader = await server.reader('Mara', 250)
  stranger = await server.client('Eve', 2_000)
})

afterAll(() => server.stop())

let clientPage: Page
let readerPage: Page
let session: SessionView

/** A fresh session that is accepted, with a page for each of its two people. */
beforeEach(async () => {
  const { body } = await client.send<{ openSession?: SessionView }>('GET', '/me')
  if (body.openSession) await client.send('POST', `/session/${body.openSession.id}/end`)
  await reader.send('POST', '/availability', { available: true })
  clientPage = await client.page()
  readerPage = await reader.page()
  session = await server.accepted(client, reader)
})

const join = (page: Page) => say(page, 'session:join', { sessionId: session.id })
const connected = (page: Page) => say(page, 'rtc:state', { sessionId: session.id, state: 'connected' })
const offer = () => ({ sessionId: session.id, description: { type: 'offer', sdp: 'v=0' } })

describe('a page that connects', () => {
  /** Resolves with the first events of a page, by name, up to the acknowledgement of one it sends. */
  async function firstEvents(person: Person, auth: object): Promise<[string, unknown][]> {
    const page: Page = io(server.url, {
      transports: ['websocket'],
      extraHeaders: { cookie: person.cookie },
      forceNew: true,
      auth,
    })
    const heard: [string, unknown][] = []
    page.onAny((event: string, payload: unknown) => heard.push([event, payload]))
    await new Promise<void>((resolve) => page.once('connect', resolve))
    await say(page, 'session:join', { sessionId: 'none' })
    page.disconnect()
    return heard.filter(([event]) => event !== 'reader:status')
  }

  it('hears who it is, as GET /me says, where it asks for that', async () => {
    for (const person of [client, reader, stranger]) {
      const { body } = await person.send('GET', '/me')
      expect(await firstEvents(person, { userId: person.user.id, me: true })).toEqual([['me', body]])
      expect(await firstEvents(person, { userId: person.user.id })).toEqual([])
    }
  })
})

describe('joining', () => {
  it('sends each page its part', async () => {
    expect(await join(clientPage)).toMatchObject({
      ok: true,
      session: { id: session.id, status: 'accepted' },
      iceServers: [],
      iceTransportPolicy: 'all',
      polite: true,
      peerPresent: false,
    })
    const joined = next(clientPage, 'peer:joined')
    expect(await join(readerPage)).toMatchObject({ ok: true, polite: false, peerPresent: true })
    expect(await joined).toEqual({ sessionId: session.id })
  })

  it('refuses any third person', async () => {
    const page = await stranger.page()
    expect(await join(page)).toMatchObject({ ok: false, error: { code: 'forbidden' } })
    expect(await say(page, 'offer', offer())).toMatchObject({ ok: false, error: { code: 'not_joined' } })
    expect(await connected(page)).toMatchObject({ ok: false, error: { code: 'not_joined' } })
    expect(await say(page, 'session:join', { sessionId: 'nothing' })).toMatchObject({
      error: { code: 'not_found' },
    })
  })

  it('a second tab takes the seat over, and the first is notified', async () => {
    await join(clientPage)
    const second = await client.page()
    const told = next(clientPage, 'session:taken-over')
    expect(await join(second)).toMatchObject({ ok: true })
    expect(await told).toEqual({ sessionId: session.id })
    expect(await connected(clientPage)).toMatchObject({ ok: false, error: { code: 'not_joined' } })
    expect(await connected(second)).toMatchObject({ ok: true })
  })

  it('closing the tab that was taken over does not touch the call', async () => {
    await join(clientPage)
    await join(readerPage)
    const second = await client.page()
    await join(second)
    const left = next(readerPage, 'peer:left')
    clientPage.disconnect()
    const ack = await say(second, 'offer', offer())
    expect(ack).toEqual({ ok: true, delivered: true })
    second.disconnect()
    expect(await left).toEqual({ sessionId: session.id })
  })
})

describe('relaying', () => {
  it('says of a page that confirms what it receives if it has received', async () => {
    await say(clientPage, 'session:join', { sessionId: session.id, confirms: true })
    await join(readerPage)
    const heard: unknown[] = []
    const confirm = (payload: unknown, reply: () => void) => {
      heard.push(payload)
      reply()
    }
    untyped(clientPage).on('offer', confirm)
    expect(await say(readerPage, 'offer', offer())).toEqual({ ok: true, delivered: true })
    expect(heard).toEqual([offer()])
    untyped(clientPage).off('offer', confirm)
    expect(await say(readerPage, 'offer', offer())).toEqual({ ok: true, delivered: false })
  })

  it('reaches the other person alone, as it was sent', async () => {
    await join(clientPage)
    await join(readerPage)
    const eve = await stranger.page()
    const overheard: string[] = []
    eve.onAny((event: string) => overheard.push(event))
    const payloads = {
      offer: offer(),
      answer: { sessionId: session.id, description: { type: 'answer', sdp: 'v=0\r\na=x' } },
      'ice-candidate': {
        sessionId: session.id,
        candidate: { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 },
      },
    } as const
    for (const [event, payload] of Object.entries(payloads)) {
      const received = next(clientPage, event as keyof typeof payloads)
      expect(await say(readerPage, event, payload)).toEqual({ ok: true, delivered: true })
      expect(await received).toEqual(payload)
    }
    const end = next(readerPage, 'ice-candidate')
    await say(clientPage, 'ice-candidate', { sessionId: session.id, candidate: null })
    expect(await end).toEqual({ sessionId: session.id, candidate: null })
    expect(overheard.filter((event) => event !== 'reader:status')).toEqual([])
  })

  it('says when there was no page to receive it', async () => {
    await join(clientPage)
    expect(await say(clientPage, 'offer', offer())).toEqual({ ok: true, delivered: false })
  })

  it('says no more once the session has ended', async () => {
    await join(clientPage)
    await join(readerPage)
    const told = next(readerPage, 'session:ended')
    await client.send('POST', `/session/${session.id}/end`)
    expect((await told).session).toMatchObject({ status: 'ended', endReason: 'client_ended' })
    expect(await say(clientPage, 'offer', offer())).toMatchObject({
      ok: false,
      error: { code: 'not_joined' },
    })
  })
})

describe('the clock', () => {
  it('tells the client alone, before both are connected, what the money is enough for', async () => {
    await client.send('POST', `/session/${session.id}/limit`, { limitCents: 500 })
    const [forClient, forReader] = [await join(clientPage), await join(readerPage)]
    const stopped = { sessionId: session.id, running: false, billedMs: 0, chargedCents: 0 }
    expect(forReader).toHaveProperty('clock', stopped)
    const left = { balanceCents: expect.any(Number), limitCents: 500, secondsLeft: 120 }
    expect(forClient).toMatchObject({ ok: true, clock: { ...stopped, ...left } })
  })

  it('starts when both are connected; the balance is sent to the client alone', async () => {
    await join(clientPage)
    await join(readerPage)
    const clocks = Promise.all([next(clientPage, 'session:clock'), next(readerPage, 'session:clock')])
    const live = next(readerPage, 'session:updated', (payload) => payload.session.status === 'live')
    await connected(clientPage)
    await connected(readerPage)
    const [forClient, forReader] = await clocks
    expect(forClient).toMatchObject({
      running: true,
      billedMs: 0,
      chargedCents: 0,
      balanceCents: expect.any(Number),
    })
    expect(forClient.secondsLeft).toBeGreaterThan(0)
    expect(forReader).toEqual({ sessionId: session.id, running: true, billedMs: 0, chargedCents: 0 })
    await live
  })

  it('stops when a page is closed without a goodbye, and goes on when it is back', async () => {
    await join(clientPage)
    await join(readerPage)
    await connected(clientPage)
    await connected(readerPage)
    const paused = next(readerPage, 'session:clock', (clock) => !clock.running)
    clientPage.io.engine.close()
    expect(await paused).toMatchObject({ running: false, cause: 'client_left' })
    const back = await client.page()
    expect(await join(back)).toMatchObject({
      ok: true,
      session: { status: 'paused' },
      clock: { running: false },
    })
    const running = next(readerPage, 'session:clock', (clock) => clock.running)
    await connected(back)
    expect(await running).toMatchObject({ running: true })
  })
})

describe('a page more than a person may have', () => {
  it('closes the oldest without a seat, with the reason', async () => {
    const strict = await startLiveServer({ strictness: 'production' })
    const ana = await strict.client('Ana', 5_000)
    const mara = await strict.reader('Mara', 250)
    const seated = await ana.page()
    await mara.page()
    await mara.send('POST', '/availability', { available: true })
    const { id: sessionId } = await strict.accepted(ana, mara)
    await say(seated, 'session:join', { sessionId })
    const spare = await ana.page()
    const told = next(spare, 'page:set-aside')
    const cut = new Promise((resolve) => spare.once('disconnect', resolve))
    for (let n = 2; n <= SOCKETS.perAccount; n += 1) await ana.page()
    expect(await told).toEqual({})
    expect(await cut).toBe('io server disconnect')
    expect(await say(seated, 'rtc:state', { sessionId, state: 'connected' })).toMatchObject({ ok: true })
    await strict.stop()
  })
})

describe('a session that changes many times', () => {
  it('sends its newest charges at each change, and all of them to a page that asks for it and when it ends', async () => {
    const rich = await server.client('Rex', 50_000)
    await server.topUp(rich, 20_000)
    const dear = await server.reader('Dea', 60_000)
    const pages = [await rich.page(), await dear.page()]
    const { id } = await server.accepted(rich, dear)
    for (const page of pages) await say(page, 'session:join', { sessionId: id })
    const told: SessionView[] = []
    pages[0]?.on('session:updated', ({ session }) => told.push(session))
    const tell = async (state: string) => {
      for (const page of pages) await say(page, 'rtc:state', { sessionId: id, state })
    }
    const inFull = async () =>
      (await rich.send<{ session: SessionView }>('GET', `/session/${id}`)).body.session
    await tell('connected')
    while ((await inFull()).charges.length <= SENT_AT_A_CHANGE + 5) {
      await tell('interrupted')
      await tell('connected')
    }
    const { charges } = await inFull()
    expect(Math.max(...told.map((session) => session.charges.length))).toBe(SENT_AT_A_CHANGE)
    expect(charges).toEqual(expect.arrayContaining([...(told.at(-1)?.charges ?? [])]))
    const over = next(pages[0] as Page, 'session:ended')
    await rich.send('POST', `/session/${id}/end`)
    expect((await over).session).toEqual(await inFull())
    expect((await inFull()).charges.slice(0, charges.length)).toEqual(charges)
  })
})

describe('ringing', () => {
  it('sends the reader a request, and the others that the reader is busy', async () => {
    await client.send('POST', `/session/${session.id}/end`)
    const eve = await stranger.page()
    const invited = next(readerPage, 'session:invite')
    const busy = next(eve, 'reader:status', ({ status }) => status === 'busy')
    const wish = { readerId: reader.user.id, kind: 'voice' }
    const { body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
    expect(await invited).toEqual({
      session: body.session,
      lasts: expect.stringMatching(/^(short|medium|long)$/),
      clientSince: expect.any(Number),
    })
    expect(await busy).toEqual({ readerId: reader.user.id, status: 'busy' })
    const updated = next(clientPage, 'session:updated', (payload) => payload.session.status === 'ended')
    await reader.send('POST', `/session/${body.session.id}/decline`)
    expect((await updated).session).toMatchObject({ endReason: 'declined' })
  })
})

describe('who may connect', () => {
  const tryToConnect = (headers: Record<string, string>, transports: ('websocket' | 'polling')[]) =>
    new Promise<string>((resolve) => {
      const page = io(server.url, { extraHeaders: headers, transports, forceNew: true, reconnection: false })
      page.once('connect', () => resolve('connected'))
      page.once('connect_error', () => resolve('refused'))
    })

  it.each(['websocket', 'polling'] as const)('without a login none, by %s', async (transport) => {
    expect(await tryToConnect({}, [transport])).toBe('refused')
    expect(await tryToConnect({ cookie: 'soulseer=a.b.c' }, [transport])).toBe('refused')
  })

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example'])(
    'no page of another site (%s), whatever cookie it brings',
    async (origin) => {
      for (const transport of ['websocket', 'polling'] as const) {
        expect(await tryToConnect({ cookie: client.cookie, origin }, [transport])).toBe('refused')
      }
      expect(await tryToConnect({ cookie: client.cookie, origin: server.url }, ['websocket'])).toBe(
        'connected',
      )
    },
  )

  it('a log-out closes the open sockets', async () => {
    const person = await server.client('Flo')
    const page = await person.page()
    const closed = new Promise((resolve) => page.once('disconnect', resolve))
    await person.send('POST', '/logout')
    expect(await closed).toBe('io server disconnect')
  })
})

describe('a beat with readings', () => {
  /** Returns the proof of a page that has received without a gap since `since`. */
  const proof = (since: number, more: object = {}) => {
    const now = Math.round(performance.now())
    return { sessionId: session.id, state: 'connected', now, heardAt: now, heardSince: since, ...more }
  }
  const beat = (page: Page, payload: object) => say(page, 'rtc:state', payload)

  /**
   * Sends the proofs of both pages, and again whenever they are asked, as honest pages do, until
   * the session is live.
   */
  const liveWithProof = async (): Promise<number> => {
    const since = Math.round(performance.now())
    const pages = [clientPage, readerPage]
    for (const page of pages) {
      await join(page)
      page.on('rtc:ask', () => void beat(page, proof(since)).catch(() => undefined))
    }
    const live = becomes(clientPage, 'live')
    for (const page of [...pages, clientPage]) await beat(page, proof(since))
    await live
    return since
  }

  it('returns what both have proven, and a plain one gets the plain response', async () => {
    const since = await liveWithProof()
    const proven = async () => {
      await beat(readerPage, proof(since))
      const { ok, provenMs } = await beat(clientPage, proof(since, { sentMs: 4_000 }))
      expect(ok).toBe(true)
      return provenMs
    }
    await expect.poll(proven).toBeGreaterThanOrEqual(250)
    expect(Number.isInteger(await proven())).toBe(true)
    expect(await connected(clientPage)).toEqual({ ok: true })
    const again = await client.page()
    expect(await join(again)).toMatchObject({ sentMs: 4_000, unbilledMs: 10_000 })
  })

  it('is asked for where the end of the session waits for it', async () => {
    await liveWithProof()
    const asked = next(readerPage, 'rtc:ask')
    const { body } = await client.send<{ session: SessionView }>('POST', `/session/${session.id}/end`)
    expect(await asked).toEqual({ sessionId: session.id })
    const { billedMs, startedAt = 0, endedAt = 0, pauses } = body.session
    expect({ billedMs, pauses }).toEqual({ billedMs: endedAt - startedAt, pauses: [] })
  })

  it.each([{ now: -1 }, { now: 1.5 }, { now: 5, heardAt: 'x' }, { now: 5, sentMs: Number.MAX_VALUE }])(
    'of nonsense is refused: %o',
    async (readings) => {
      await join(clientPage)
      const payload = { sessionId: session.id, state: 'connected', ...readings }
      expect(await beat(clientPage, payload)).toMatchObject({ error: { code: 'invalid_input' } })
    },
  )
})

describe('whatever is said', () => {
  const events = ['session:join', 'offer', 'answer', 'ice-candidate', 'rtc:state']
  let deep: unknown = 'end'
  for (let level = 0; level < 2_000; level += 1) deep = [deep]
  const nonsense = [
    null,
    'text',
    7,
    true,
    [],
    {},
    { sessionId: 7 },
    { sessionId: null },
    { sessionId: {} },
    deep,
  ]

  it.each(events)('%s with nonsense is refused and no other page is affected', async (event) => {
    for (const payload of nonsense) {
      expect(await say(clientPage, event, payload)).toMatchObject({
        ok: false,
        error: { code: 'invalid_input' },
      })
    }
    expect(await say(clientPage, event)).toMatchObject({ ok: false, error: { code: 'invalid_input' } })
  })

  it('an event without payload or acknowledgement, or with something else for it, is survived', async () => {
    for (const event of [...events, 'no-such-event', 'constructor', '__proto__']) {
      untyped(clientPage).emit(event)
      untyped(clientPage).emit(event, 'not a function')
      untyped(clientPage).emit(event, {}, {}, {}, 'more', null)
    }
    expect(await join(clientPage)).toMatchObject({ ok: true })
    expect((await server.send('GET', '/healthz')).status).toBe(200)
  })

  it('a description that is too long, or none, is refused', async () => {
    await join(clientPage)
    await join(readerPage)
    const long = { sessionId: session.id, description: { type: 'offer', sdp: 'x'.repeat(33_000) } }
    expect(await say(clientPage, 'offer', long)).toMatchObject({ error: { code: 'invalid_input' } })
    const odd = { sessionId: session.id, description: { type: 'surprise', sdp: 'v=0' } }
    expect(await say(clientPage, 'offer', odd)).toMatchObject({ error: { code: 'invalid_input' } })
  })
})
