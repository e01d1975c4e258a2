/** Tests the fast path and broadcasts below Socket.IO. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBroadcast, SENT_EVERY_MS } from '../../sockets/broadcast.ts'
import { forgetRequest, intercept, isAllKept, textFrame } from '../../sockets/fast-path.ts'
import { fakeClock } from '../support/fake-clock.ts'

const http = createServer()
const server = new Server(http)
let url: string

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})

afterAll(() => server.close())

it('a page that has identified itself leaves no cookie behind, and can still receive and send', async () => {
  const entered = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const page = io(url, { transports: ['websocket'], extraHeaders: { cookie: 'secret=1' }, forceNew: true })
  const socket = await entered
  const { request, conn } = socket
  expect(request.headers.cookie).toBe('secret=1')
  forgetRequest(socket)
  expect(JSON.stringify([request.headers, request.rawHeaders, socket.handshake])).not.toContain('secret')
  expect((conn as { request?: unknown }).request).toBeUndefined()
  socket.on('ask', (reply: (text: string) => void) => reply('told'))
  expect(await page.timeout(5_000).emitWithAck('ask')).toBe('told')
  page.disconnect()
})

it('keeps nothing of a message that was heard, in the fields of ws and Engine.IO that it knows', async () => {
  const entered = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const page = io(url, { transports: ['websocket'], forceNew: true })
  const socket = await entered
  const { conn } = socket as unknown as {
    conn: { writeBuffer: unknown; transport: { socket: { _receiver: Record<string, unknown> } } }
  }
  const receiver = conn.transport.socket._receiver
  const lists = new Set<unknown>()
  const masks: unknown[] = []
  intercept(socket, new Set(['said']), (_, { reply }) => {
    lists.add(receiver._fragments)
    masks.push(receiver._mask)
    reply?.({ waiting: conn.writeBuffer })
  })
  for (let n = 0; n < 3; n += 1) {
    expect(await page.timeout(5_000).emitWithAck('said', { n })).toEqual({ waiting: [] })
  }
  expect([...lists]).toEqual([[]])
  expect(masks).toEqual([undefined, undefined, undefined])
  page.disconnect()
})

it.each([
  [2, 0x81, 2],
  [125, 0x81, 125],
  [126, 0x81, 126, 0, 126],
  [0xffff, 0x81, 126, 0xff, 0xff],
  [0x1_0000, 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0],
])('a frame of %i bytes says so as RFC 6455 has it', (length, ...head) => {
  const text = 'é'.repeat((length - 2) / 2) + 'x'.repeat(length % 2)
  const frame = textFrame('42', text)
  expect([...frame.subarray(0, head.length)]).toEqual(head)
  expect(frame.subarray(head.length).toString()).toBe(`42${text}`)
})

it.each([
  [{ a: 1, b: { c: 'x' } }, { a: 1, b: { c: 'x' } }, true],
  [{ a: null }, { a: null }, true],
  [{ a: 1, more: 2 }, { a: 1 }, false],
  [{ a: { b: 1, more: 2 } }, { a: { b: 1 } }, false],
  [{ a: { b: 1 } }, { a: null }, false],
  [{ a: ' x' }, { a: 'x' }, false],
])('of %j, %j is everything: %j', (received, kept, expected) => {
  expect(isAllKept(received, kept)).toBe(expected)
})

/** Pages that only listen, each with a different kind of listener. */
function listeners(count: number): { pages: Socket[]; heard: string[][] } {
  const heard = Array.from({ length: count }, (): string[] => [])
  const pages = heard.map((texts) => {
    const conn = { transport: { name: 'polling' }, send: (text: string) => texts.push(text) }
    return { connected: true, conn } as unknown as Socket
  })
  return { pages, heard }
}

const toldOf = (heard: readonly string[][]) => heard.map((texts) => texts.length)

it('news is sent to a few pages at a time, and of what comes within a second the newest alone, together', async () => {
  const { pages, heard } = listeners(450)
  const clock = fakeClock()
  const broadcast = createBroadcast({ sockets: () => pages, clock })
  broadcast.send('mara', 'status', { is: 'busy' })
  expect(heard.filter((texts) => texts.length > 0)).toHaveLength(200)
  broadcast.send('rosa', 'status', { is: 'busy' })
  for (let n = 0; n < 50; n += 1) broadcast.send('mara', 'status', { is: 'offline', n })
  broadcast.send('rosa', 'status', { is: 'available' })
  await expect.poll(() => heard.at(-1)?.length).toBe(1)
  await clock.advance(SENT_EVERY_MS - 1)
  expect(toldOf(heard)).toEqual(heard.map(() => 1))
  await clock.advance(1)
  await expect.poll(() => heard.at(-1)?.length).toBe(3)
  const told = ['{"is":"busy"}', '{"is":"offline","n":49}', '{"is":"available"}']
  expect(heard).toEqual(heard.map(() => told.map((news) => `2["status",${news}]`)))
})

it('news that comes after a quiet second is sent without delay, and nothing is sent when it stops', async () => {
  const { pages, heard } = listeners(3)
  const clock = fakeClock()
  const broadcast = createBroadcast({ sockets: () => pages, clock })
  broadcast.send('mara', 'status', { is: 'busy' })
  await clock.advance(SENT_EVERY_MS)
  broadcast.send('mara', 'status', { is: 'offline' })
  expect(toldOf(heard)).toEqual([2, 2, 2])
  broadcast.send('mara', 'status', { is: 'available' })
  broadcast.stop()
  await clock.advance(10 * SENT_EVERY_MS)
  expect(toldOf(heard)).toEqual([2, 2, 2])
  expect(clock.pending()).toBe(0)
})
