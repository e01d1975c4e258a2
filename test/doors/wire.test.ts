/** Tests the fast path of frequent messages. */
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { next, type Page, type Person, say, untyped } from '../support/people.ts'

let server: LiveServer
let client: Person
let reader: Person
let clientPage: Page
let readerPage: Page
let session: SessionView

beforeAll(async () => {
  server = await startLiveServer()
  client = await server.client('Ana', 50_000)
  reader = await server.reader('Mara', 250)
  clientPage = await client.page()
  readerPage = await reader.page()
  session = await server.accepted(client, reader)
  for (const page of [clientPage, readerPage]) await say(page, 'session:join', { sessionId: session.id })
})

afterAll(() => server.stop())

const candidate = (more: object = {}) => ({
  sessionId: session.id,
  candidate: { candidate: 'candidate:1 ünï 🔮', sdpMid: '0', sdpMLineIndex: 0, ...more },
})

/** Returns everything a page hears under these names until `last` has been sent to it. */
async function heardUntil(page: Page, event: string, last: () => Promise<unknown>): Promise<unknown[]> {
  const heard: unknown[] = []
  const listen = (payload: unknown) => heard.push(payload)
  untyped(page).on(event, listen)
  const end = next(page, 'answer')
  await last()
  await end
  untyped(page).off(event, listen)
  return heard
}

const mark = () => ({ sessionId: session.id, description: { type: 'answer', sdp: 'mark' } })

/** Opens a socket that sends exactly the text it is given, and responds to the texts it hears. */
async function plainSocket(
  person: Person,
): Promise<{ say(text: string): void; sayPart(text: string): void; heard: string[]; close(): void }> {
  const address = `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`
  const socket = new WebSocket(address, { headers: { cookie: person.cookie } })
  const heard: string[] = []
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data) => {
      const text = String(data)
      heard.push(text)
      if (text.startsWith('0')) socket.send('40')
      if (text.startsWith('40')) resolve()
    })
  })
  return {
    say: (text) => socket.send(text),
    sayPart: (text) => socket.send(text, { fin: false }),
    heard,
    close: () => socket.close(),
  }
}

describe('the short way of what is said often', () => {
  it('brings every message once, and the acknowledgement to its sender', async () => {
    const heard = await heardUntil(readerPage, 'ice-candidate', async () => {
      for (let index = 0; index < 5; index += 1) {
        const ack = await say(clientPage, 'ice-candidate', candidate({ sdpMLineIndex: index }))
        expect(ack).toEqual({ ok: true, delivered: true })
      }
      await say(clientPage, 'answer', mark())
    })
    expect(heard).toEqual([0, 1, 2, 3, 4].map((index) => candidate({ sdpMLineIndex: index })))
  })

  it('hands on the very text that came in', async () => {
    const plain = await plainSocket(client)
    plain.say(`421["session:join",{"sessionId":"${session.id}"}]`)
    await expect.poll(() => plain.heard.some((text) => text.startsWith('431'))).toBe(true)
    const listener = await plainSocket(reader)
    listener.say(`421["session:join",{"sessionId":"${session.id}"}]`)
    await expect.poll(() => listener.heard.some((text) => text.startsWith('431'))).toBe(true)
    const text = `["offer", {"sessionId":"${session.id}",  "description":{"type":"offer","sdp":"v=\\u0030"}}]`
    plain.say(`427${text}`)
    await expect.poll(() => listener.heard).toContain(`42${text}`)
    await expect.poll(() => plain.heard).toContain('437[{"ok":true,"delivered":true}]')
    plain.close()
    listener.close()
    for (const page of [clientPage, readerPage]) await say(page, 'session:join', { sessionId: session.id })
  })

  it('hears what comes in pieces, again and again, each message for itself', async () => {
    const plain = await plainSocket(client)
    plain.say(`421["session:join",{"sessionId":"${session.id}"}]`)
    await expect.poll(() => plain.heard.some((text) => text.startsWith('431'))).toBe(true)
    for (let id = 2; id < 6; id += 1) {
      plain.sayPart(`42${id}["rtc:state",{"sessionId":`)
      plain.sayPart(`"${session.id}",`)
      plain.say('"state":"interrupted"}]')
      plain.say(`42${id}0["rtc:state",{"sessionId":"${session.id}","state":"interrupted"}]`)
      for (const ack of [`43${id}[{"ok":true}]`, `43${id}0[{"ok":true}]`]) {
        await expect.poll(() => plain.heard).toContain(ack)
      }
    }
    plain.close()
    await say(clientPage, 'session:join', { sessionId: session.id })
  })

  it('hands on nothing that the protocol does not know', async () => {
    const heard = await heardUntil(readerPage, 'ice-candidate', async () => {
      await say(clientPage, 'ice-candidate', { ...candidate({ secret: 'more' }), extra: [1] })
      await say(clientPage, 'ice-candidate', candidate(), { second: 'payload' })
      await say(clientPage, 'answer', mark())
    })
    expect(heard).toEqual([candidate(), candidate()])
  })

  it.each([0, 90, 120, 400, 32_000])('carries a description of %i characters', async (length) => {
    const sdp = 'é'.repeat(length)
    const received = next(readerPage, 'offer')
    await say(clientPage, 'offer', { sessionId: session.id, description: { type: 'offer', sdp } })
    expect((await received).description.sdp).toBe(sdp)
  })

  it('reaches a page that has no WebSocket, and is open to it', async () => {
    const page: Page = io(server.url, {
      transports: ['polling'],
      extraHeaders: { cookie: reader.cookie },
      forceNew: true,
    })
    expect(await say(page, 'session:join', { sessionId: session.id })).toMatchObject({ ok: true })
    const received = next(page, 'ice-candidate')
    expect(await say(clientPage, 'ice-candidate', candidate())).toEqual({ ok: true, delivered: true })
    expect(await received).toEqual(candidate())
    const answered = next(clientPage, 'ice-candidate')
    expect(await say(page, 'ice-candidate', candidate())).toEqual({ ok: true, delivered: true })
    expect(await answered).toEqual(candidate())
    page.disconnect()
    await say(readerPage, 'session:join', { sessionId: session.id })
  })

  it('leaves what is not plain text to Socket.IO, and acknowledges it all the same', async () => {
    const refused = { ok: false, error: { code: 'invalid_input' } }
    expect(await say(clientPage, 'offer', Buffer.from('v=0'))).toMatchObject(refused)
    const plain = await plainSocket(client)
    plain.say('428["\\u006fffer",{}]')
    await expect.poll(() => plain.heard.some((text) => text.startsWith('438[{"ok":false'))).toBe(true)
    plain.say('429["offer",{"sessionId":')
    await expect.poll(() => plain.heard.length).toBeGreaterThan(2)
    plain.close()
    expect((await server.send('GET', '/healthz')).status).toBe(200)
  })
})
