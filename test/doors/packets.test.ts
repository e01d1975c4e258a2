/** Tests packets that end a connection. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONNECTION } from '../../http/rate-limiter.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { type Page, type Person, say } from '../support/people.ts'
import { type RawConnection, rawPolling, rawWebSocket } from '../support/raw-connection.ts'

let server: LiveServer
let person: Person
let bystander: Page

beforeAll(async () => {
  server = await startLiveServer()
  person = await server.client('Ana')
  bystander = await person.page()
})
afterAll(() => server.stop())

const TRANSPORTS = { 'a WebSocket': rawWebSocket, polling: rawPolling }
const TRANSPORT_NAMES = ['a WebSocket', 'polling'] as const
const open = (transport: keyof typeof TRANSPORTS, cookie = person.cookie): Promise<RawConnection> =>
  TRANSPORTS[transport](server.url, { cookie })

/** Hears until a packet with `text` has come. */
async function hearUntil(page: RawConnection, text: string): Promise<void> {
  for (let heard = ''; !heard.includes(text); heard += await page.hear()) {
    if (!(await page.isOpen())) throw new Error(`the connection ended before ${text}`)
  }
}

const expectEnd = (page: RawConnection) => expect.poll(() => page.isOpen()).toBe(false)

describe.each(TRANSPORT_NAMES)('a connection over %s', (transport) => {
  it.each([
    ['twice at once', [['40', '40']]],
    ['many times at once', [Array<string>(20).fill('40')]],
    ['again once it is answered', [['40'], ['40']]],
    ['again after DISCONNECT', [['40'], ['41'], ['40']]],
    ['again after DISCONNECT, at once', [['40'], ['41', '40']]],
    ['twice, beside another namespace', [['40/other,', '40', '40']]],
  ])('[W-15] that says CONNECT %s is ended, and nothing else is', async (_, steps) => {
    const page = await open(transport)
    await page.say(...(steps[0] ?? []))
    if (steps[0]?.length === 1) await hearUntil(page, '40{"sid"')
    for (const packets of steps.slice(1)) await page.say(...packets)
    await expectEnd(page)
    expect(await say(bystander, 'session:join', { sessionId: 'x' })).toMatchObject({
      error: { code: 'not_found' },
    })
  })

  it('[W-15] is ended when it says CONNECT twice without a login', async () => {
    const page = await open(transport, '')
    await page.say('40', '40')
    await expectEnd(page)
  })

  it('[W-15] is ended by DISCONNECT: there is no other namespace', async () => {
    const page = await open(transport)
    await page.say('40')
    await hearUntil(page, '40{"sid"')
    await page.say('41')
    await expectEnd(page)
  })
})

it('[W-17] a page that leaves unread what is sent to it is let go', async () => {
  const page = await rawPolling(server.url, { cookie: person.cookie })
  await page.say(...Array<string>(CONNECTION.waitingPackets).fill('40/other,'))
  expect(await page.isOpen()).toBe(true)
  await page.say('40/other,', '40/other,')
  await expectEnd(page)
})

it.each(TRANSPORT_NAMES)('[W-16] unrequested pongs end a connection over %s', async (transport) => {
  const strict = await startLiveServer({ strictness: 'production' })
  const page = await TRANSPORTS[transport](strict.url, {})
  await page.say(...Array<string>(10 * CONNECTION.packets).fill('3'))
  await expectEnd(page)
  await strict.stop()
})

it('a page may disconnect and connect again', async () => {
  const page = await person.page()
  for (let n = 0; n < 3; n += 1) {
    page.disconnect().connect()
    expect(await say(page, 'session:join', { sessionId: 'x' })).toMatchObject({
      error: { code: 'not_found' },
    })
  }
  page.disconnect()
})
