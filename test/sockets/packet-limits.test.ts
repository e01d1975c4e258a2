/** Tests the limits on packets of a connection. */
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { Server } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { CONNECTION, createRateLimiter } from '../../http/rate-limiter.ts'
import { limitPackets } from '../../sockets/packet-limits.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { silentLog } from '../support/world.ts'

let clock: FakeClock
let server: Server
let origin: string
let opened: EventEmitter[]

/** The handshakes that wait to be allowed, where a test has them wait. */
let handshakes: (() => void)[] | undefined

const limit = (engine: Parameters<typeof limitPackets>[0], http: EventEmitter) =>
  limitPackets(engine, {
    server: http,
    clock,
    rateLimiter: createRateLimiter({ clock, strictness: 'production' }),
    log: silentLog,
  })

beforeEach(async () => {
  clock = fakeClock()
  opened = []
  const http = createServer()
  handshakes = undefined
  server = new Server(http, {
    maxHttpBufferSize: 64 * 1024,
    httpCompression: false,
    allowRequest: (_, decide) => {
      if (handshakes) handshakes.push(() => decide(null, true))
      else decide(null, true)
    },
  })
  limit(server.engine, http)
  server.engine.on('connection', (connection: EventEmitter) => opened.push(connection))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterEach(() => server.close())

const ENGINE = '/socket.io/?EIO=4&transport='
const KINDS = ['message', 'ping', 'pong']

/**
 * Opens a WebSocket that sends exactly what it is given. `heard` counts what of it the server has
 * read.
 */
async function webSocket(sid = '') {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${ENGINE}websocket${sid}`)
  const closed = once(socket, 'close')
  const atServer = new Promise<EventEmitter>((resolve) =>
    server.engine.once('headers', (_: unknown, request: { websocket: EventEmitter }) =>
      queueMicrotask(() => resolve(request.websocket)),
    ),
  )
  let heard = 0
  for (const kind of KINDS) (await atServer).on(kind, () => (heard += 1))
  if (sid === '') await once(socket, 'message')
  else await once(socket, 'open')
  const isOpen = () => socket.readyState === WebSocket.OPEN
  return { socket, closed, isOpen, hears: (count: number) => expect.poll(() => heard).toBe(count) }
}

async function polling() {
  const address = `${origin}${ENGINE}polling`
  const { sid } = JSON.parse((await (await fetch(address)).text()).slice(1)) as { sid: string }
  const post = async (...packets: string[]) =>
    (await fetch(`${address}&sid=${sid}`, { method: 'POST', body: packets.join('\x1e') })).status
  return { sid: `&sid=${sid}`, post, get: () => fetch(`${address}&sid=${sid}`) }
}

const many = (count: number, packet: string) => Array<string>(count).fill(packet)

describe('packets of every kind', () => {
  const says: Record<string, (socket: WebSocket) => void> = {
    'a pong': (socket) => socket.send('3'),
    'a noop': (socket) => socket.send('6'),
    'an upgrade': (socket) => socket.send('5'),
    'an event before the login': (socket) => socket.send('40/other,'),
    'a ping frame': (socket) => socket.ping(),
    'a pong frame': (socket) => socket.pong(),
  }

  it.each(Object.keys(says))('[W-16] %s too many on a WebSocket ends it', async (kind) => {
    const page = await webSocket()
    const say = () => says[kind]?.(page.socket)
    for (let n = 0; n < CONNECTION.packets; n += 1) say()
    await page.hears(CONNECTION.packets)
    await clock.advance(CONNECTION.windowMs - 1)
    expect(page.isOpen()).toBe(true)
    say()
    await page.hears(CONNECTION.packets + 1)
    await clock.advance(1_000)
    await page.closed
  })

  it('[W-16] are as many again after the window, for as long as the page stays', async () => {
    const page = await webSocket()
    for (let window = 1; window <= 3; window += 1) {
      for (let n = 0; n < CONNECTION.packets; n += 1) page.socket.send('3')
      await page.hears(window * CONNECTION.packets)
      await clock.advance(CONNECTION.windowMs)
    }
    expect(page.isOpen()).toBe(true)
    page.socket.terminate()
  })

  it('[W-16] in requests end the connection from the first that is too many', async () => {
    const page = await polling()
    expect(await page.post(...many(CONNECTION.packets, '3'))).toBe(200)
    expect(opened).toHaveLength(1)
    let heard = 0
    opened[0]?.on('heartbeat', () => (heard += 1))
    await page.post(...many(50, '3')).catch(() => undefined)
    expect(heard).toBe(0)
    expect(await page.post('3')).toBe(400)
  })

  it('[W-16] are taken in requests no more once the connection is closing', async () => {
    const page = await polling()
    await page.post('42["before CONNECT"]')
    expect(await page.post('3')).toBe(400)
    expect(await (await page.get()).text()).toMatch(/1$/)
  })

  it('[W-16] are bounded in bytes, on a WebSocket and in requests', async () => {
    const large = `6${'x'.repeat(60_000)}`
    const enough = Math.ceil(CONNECTION.bytes / large.length)
    const page = await webSocket()
    for (let n = 0; n < enough; n += 1) page.socket.send(large)
    await page.hears(enough)
    await clock.advance(1_000)
    await page.closed
    const poller = await polling()
    for (let n = 1; n < enough; n += 1) expect(await poller.post(large)).toBe(200)
    await poller.post(large).catch(() => undefined)
    expect(await poller.post('3')).toBe(400)
  })
})

describe('a handshake', () => {
  it.each([
    ['websocket', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'],
    ['polling', ''],
  ])(
    '[W-15] that is reset while it waits to be allowed harms nothing else: %s',
    async (transport, headers) => {
      const errors: unknown[] = []
      const note = (error: unknown) => errors.push(error)
      process.on('uncaughtException', note)
      handshakes = []
      const accepted = once(server.httpServer, 'connection')
      const page = connect(Number(new URL(origin).port), '127.0.0.1')
      const [line] = (await accepted) as [EventEmitter]
      const closed = new Promise((resolve) => line.once('close', resolve))
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      page.write(`GET ${ENGINE}${transport} HTTP/1.1\r\nHost: x\r\n${headers}${key}\r\n`)
      await expect.poll(() => handshakes).toHaveLength(1)
      page.resetAndDestroy()
      await closed
      for (const allow of handshakes) allow()
      handshakes = undefined
      expect(await (await polling()).post('3')).toBe(200)
      process.off('uncaughtException', note)
      expect(errors).toEqual([])
    },
  )
})

describe('moving to a WebSocket', () => {
  const isProbed = async ({ socket }: { socket: WebSocket }) => {
    socket.send('2probe')
    expect(String((await once(socket, 'message'))[0])).toBe('3probe')
  }

  it('[W-16] begins the count again once, and counts probes', async () => {
    const poller = await polling()
    const page = await webSocket(poller.sid)
    await isProbed(page)
    for (let n = 1; n <= CONNECTION.packets; n += 1) page.socket.send('2probe')
    await page.hears(CONNECTION.packets + 1)
    await clock.advance(1_000)
    await page.closed
  })

  it('[W-16] is tried once; a second try ends the connection', async () => {
    const poller = await polling()
    const first = await webSocket(poller.sid)
    await isProbed(first)
    const second = await webSocket(poller.sid)
    await second.closed
    await first.closed
    expect(await poller.post('3')).toBe(400)
  })
})

describe('what waits for a page', () => {
  /** Creates a connection as Engine.IO has them, to be written to while nothing is read. */
  function unread(transport: object = {}) {
    const engine = Object.assign(new EventEmitter(), { use: () => undefined })
    let isEnded = false
    const connection = Object.assign(new EventEmitter(), {
      id: 'x',
      readyState: 'open',
      transport: { writable: false, ...transport },
      writeBuffer: [] as object[],
      close: () => (isEnded = true),
    })
    limit(engine, new EventEmitter())
    engine.emit('connection', connection)
    const write = (data: string) => {
      connection.emit('packetCreate', { type: 'message', data })
      connection.writeBuffer.push({ data })
    }
    return { connection, write, isEnded: () => isEnded }
  }

  it('[W-17] is a bounded number of packets', async () => {
    const { write, isEnded } = unread()
    for (let n = 0; n <= CONNECTION.waitingPackets; n += 1) write('x')
    await setImmediate()
    expect(isEnded()).toBe(false)
    write('x')
    await setImmediate()
    expect(isEnded()).toBe(true)
  })

  it('[W-17] is a bounded number of bytes, counted from the last time that it was read', async () => {
    const { connection, write, isEnded } = unread()
    const half = 'x'.repeat(CONNECTION.waitingBytes / 2)
    for (let n = 0; n < 10; n += 1) {
      write(half)
      write(half)
      await setImmediate()
      connection.writeBuffer = []
    }
    expect(isEnded()).toBe(false)
    for (const data of [half, half, 'x']) write(data)
    await setImmediate()
    expect(isEnded()).toBe(true)
  })

  it('[W-17] may be more within one turn of the event loop', async () => {
    const { connection, write, isEnded } = unread()
    for (let n = 0; n < 10 * CONNECTION.waitingPackets; n += 1) write('x')
    connection.writeBuffer = []
    await setImmediate()
    expect(isEnded()).toBe(false)
  })

  it('[W-17] includes the responses that a polling page never reads: it may not ask for more', async () => {
    const res = new EventEmitter()
    const { connection, isEnded } = unread({ res })
    connection.emit('flush')
    res.emit('finish')
    connection.emit('flush')
    await setImmediate()
    expect(isEnded()).toBe(false)
    connection.emit('flush')
    await setImmediate()
    expect(isEnded()).toBe(true)
  })

  it('[W-17] ends a WebSocket that reads nothing, and no polling page that only says it is there', async () => {
    const line = await webSocket()
    const poller = await polling()
    line.socket.pause()
    const [onWebSocket, onPolling] = opened as (EventEmitter & { send(text: string): void })[]
    const ends = [onWebSocket, onPolling].map((connection) => connection && once(connection, 'close'))
    let isOver = false
    const over = Promise.all(ends).then(() => (isOver = true))
    for (let n = 0; n < 1_000 && !isOver; n += 1) {
      for (const connection of [onWebSocket, onPolling]) connection?.send('x'.repeat(64 * 1024))
      await setImmediate()
    }
    await over
    expect(await poller.post('3')).toBe(400)
  })
})
