/** Tests hostile sockets and events. */
import { connect } from 'node:net'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMetrics } from '../../http/metrics.ts'
import { createRateLimiter } from '../../http/rate-limiter.ts'
import { JoinPayload } from '../../shared/protocol/socket.ts'
import { createEventRouter } from '../../sockets/event-router.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { type Person, say, untyped } from '../support/people.ts'
import { liveTalk } from '../support/talk.ts'
import { silentLog } from '../support/world.ts'
import { ask, ORIGIN, sayRaw, through } from './support.ts'

let server: LiveServer
let client: Person

/** Starts a server for one test alone, since the actions of one count in the next. */
beforeEach(async () => {
  server = await startLiveServer({ strictness: 'production' })
  client = await server.client('Ana', 5_000)
})
afterEach(() => server.stop())

const EVENTS = ['session:join', 'offer', 'answer', 'ice-candidate', 'rtc:state']
const CLOSE_FRAME = 0x88 // as a WebSocket says goodbye
const gone = (page: Pick<Socket, 'once'>) =>
  new Promise<string>((resolve) => page.once('disconnect', resolve))
const isAlive = async () => expect((await server.send('GET', '/healthz')).status).toBe(200)

describe('whatever is said', () => {
  it('[W-3] [W-4] no acknowledgement, odd ones, odd names and too many arguments end nothing', async () => {
    const lenient = await startLiveServer()
    const person = await lenient.client('Odd')
    const page = await person.page()
    for (const event of [...EVENTS, 'no-such-event', '__proto__', 'constructor', 'hasOwnProperty', '']) {
      untyped(page).emit(event)
      untyped(page).emit(event, 'not a function')
      untyped(page).emit(event, {}, [], 7, null, 'more')
      untyped(page).emit(event, ...Array(50).fill({ sessionId: 'x' }))
    }
    expect(await say(page, 'no-such-event', {})).toMatchObject({ ok: false, error: { code: 'not_found' } })
    expect(await say(page, 'session:join', { sessionId: 'x' })).toMatchObject({
      error: { code: 'not_found' },
    })
    await lenient.stop()
  })

  it.each([
    '42["connect"]',
    '42[7,{}]',
    '42[]',
    '42{}',
    '42["__proto__",{"a":1}]',
    '451-["x",{"_placeholder":true,"num":0}]',
    '49',
    '4',
    '42["x"',
    '42/other,["x"]',
    '\u0000',
    '451-["x",{"_placeholder":true,"num":9}]',
    '459999-["x"]',
  ])('[W-4] [W-7] the packet %j is ignored, or ends its own socket alone', async (packet) => {
    const page = await client.page()
    const bystander = await client.page()
    page.io.engine.write(packet)
    expect(await say(bystander, 'session:join', { sessionId: 'x' })).toMatchObject({ ok: false })
    page.disconnect()
    bystander.disconnect()
    await isAlive()
  })

  it('[W-7] a message over 64 KiB ends its socket', async () => {
    const page = await client.page()
    const ended = gone(page)
    untyped(page).emit('offer', { sessionId: 'x', description: { type: 'offer', sdp: 'x'.repeat(70_000) } })
    expect(await ended).toMatch(/transport/)
    page.disconnect()
    await isAlive()
  })

  it('[W-14] an upgrade that is none is refused with 4xx, and the connection is cut', async () => {
    const base = 'Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    for (const [path, headers] of [
      ['/socket.io/?EIO=4&transport=websocket', 'Sec-WebSocket-Version: 13\r\n'],
      ['/socket.io/?EIO=4&transport=websocket', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n'],
      [
        '/socket.io/?EIO=4&transport=pigeon',
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      ],
      [
        '/socket.io/?EIO=4&transport=websocket',
        'Sec-WebSocket-Version: 1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      ],
    ]) {
      const answer = await sayRaw(server.url, `GET ${path} HTTP/1.1\r\n${base}${headers}\r\n`)
      expect(answer, path).not.toMatch(/^HTTP\/1\.1 (101|5)/)
    }
    await isAlive()
  })
})

describe('limits', () => {
  it('[W-8] too many events are refused first, and then end the socket; no other client is affected', async () => {
    const reader = await server.reader('Mara', 250)
    const talk = await liveTalk(server, client, reader)
    const flooder = await server.client('Flood')
    const page = await flooder.page()
    const ended = gone(page)
    const codes = new Set<string>()
    for (let n = 0; n < 1_000; n += 1) {
      untyped(page).emit(
        'ice-candidate',
        { sessionId: 'x', candidate: null },
        (ack: { error?: { code: string } }) => codes.add(ack.error?.code ?? 'ok'),
      )
    }
    expect(await talk.client.report('connected')).toMatchObject({ ok: true })
    expect(await ended).toBe('io server disconnect')
    expect(codes).toContain('not_joined')
    expect(codes).toContain('rate_limited')
    expect(talk.client.page.connected).toBe(true)
    await client.send('POST', `/session/${talk.session.id}/end`)
    talk.client.page.disconnect()
    talk.reader.page.disconnect()
  })

  it('[W-5] [R-5] a client that keeps trying other people’s sessions is disconnected', async () => {
    const reader = await server.reader('Nell', 250)
    const session = await server.accepted(client, reader)
    const page = await (await server.client('Nosy')).page()
    const ended = gone(page)
    for (let n = 0; n < 40; n += 1)
      untyped(page).emit('session:join', { sessionId: session.id }, () => undefined)
    expect(await ended).toBe('io server disconnect')
    await client.send('POST', `/session/${session.id}/end`)
  })

  it('[W-9] a person has five sockets, the newest ones', async () => {
    const person = await server.client('Tabs')
    const pages = [await person.page()]
    const ended = gone(pages[0] as Socket)
    while (pages.length < 6) pages.push(await person.page())
    expect(await ended).toBe('io server disconnect')
    expect(pages.slice(1).every((page) => page.connected)).toBe(true)
    for (const page of pages) page.disconnect()
  })

  it('[W-9] forty people at one address have their pages, and a stranger there cannot keep them out', async () => {
    const clock = fakeClock(Date.now()) // does not move: a slow machine lets no more of them in
    const fresh = await startLiveServer({
      strictness: 'production',
      production: true,
      publicOrigin: ORIGIN,
      clock,
    })
    const people = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const made = await ask(fresh.url, 'POST', '/register', {
          headers: through(`198.51.100.${n}`),
          body: {
            role: 'client',
            name: 'Bo',
            email: `bo${n}@x.org`,
            password: 'correct horse',
            acceptTerms: true,
          },
        })
        return String(made.headers['set-cookie']?.[0]).split(';')[0] ?? ''
      }),
    )
    const tryIt = (headers: object) =>
      new Promise<Socket | string>((resolve) => {
        const page = io(fresh.url, {
          transports: ['websocket'],
          extraHeaders: { ...through('100.64.9.9'), ...headers },
          forceNew: true,
          reconnection: false,
        })
        page.once('connect', () => resolve(page))
        page.once('connect_error', (error) => resolve(error.message))
      })
    const strangers = await Promise.all(Array.from({ length: 30 }, () => tryIt({})))
    expect(strangers.filter((outcome) => outcome === 'not_logged_in')).toHaveLength(20)
    const pages = await Promise.all(people.map((cookie) => tryIt({ cookie })))
    expect(pages.filter((page) => typeof page === 'string')).toEqual([])
    for (const page of pages) if (typeof page !== 'string') page.disconnect()
    await fresh.stop()
  })

  it('[W-9] an account opens twenty sockets a minute', async () => {
    const clock = fakeClock(Date.now()) // does not move: a slow machine lets no more of them in
    const fresh = await startLiveServer({ strictness: 'production', clock })
    const person = await fresh.client('Bo')
    const tryIt = () =>
      new Promise<string>((resolve) => {
        const page = io(fresh.url, {
          transports: ['websocket'],
          extraHeaders: { cookie: person.cookie },
          forceNew: true,
          reconnection: false,
        })
        page.once('connect', () => resolve('open'))
        page.once('connect_error', () => resolve('refused'))
        page.once('connect', () => page.disconnect())
      })
    const outcomes: string[] = []
    for (let n = 0; n < 22; n += 1) outcomes.push(await tryIt())
    expect(outcomes.filter((outcome) => outcome === 'open')).toHaveLength(20)
    expect(outcomes.at(-1)).toBe('refused')
    await fresh.stop()
  })
})

describe('what takes too long', () => {
  it('[W-13] a handler that throws, rejects or hangs sends its caller an error', async () => {
    let emit: (event: string, ...received: unknown[]) => void = () => undefined
    const socket = {
      id: 's',
      data: {},
      conn: { on: () => undefined },
      onAny: (listener: typeof emit) => {
        emit = listener
      },
      disconnect: () => undefined,
    } as unknown as Parameters<ReturnType<typeof createEventRouter>['attach']>[0]
    const router = createEventRouter({
      rateLimiter: createRateLimiter({ clock: fakeClock(), strictness: 'production' }),
      log: silentLog,
      metrics: createMetrics(),
      onRefusal: () => undefined,
    })
    router.on('throws', JoinPayload, () => {
      throw new Error('the disk is called /secret/path')
    })
    router.on('rejects', JoinPayload, () => Promise.reject(new Error('no')))
    router.on('hangs', JoinPayload, () => new Promise(() => undefined))
    router.attach(socket)
    for (const event of ['throws', 'rejects', 'hangs']) {
      const ack = await new Promise((resolve) => emit(event, { sessionId: 'x' }, resolve))
      expect(ack).toMatchObject({ ok: false, error: { code: 'internal' } })
      expect(JSON.stringify(ack)).not.toContain('secret')
    }
  })

  it('[W-10] a socket that never says who it is is dropped in ten seconds', async () => {
    const { hostname, port } = new URL(server.url)
    await new Promise<void>((resolve) => {
      const raw = connect(Number(port), hostname, () =>
        raw.write(
          'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
            'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
        ),
      )
      raw.on('data', (bytes) => {
        if (!bytes.includes(CLOSE_FRAME)) return
        raw.destroy()
        resolve()
      })
    })
  })
})
