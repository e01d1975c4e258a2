/** Tests the check of TURN servers against relays that misbehave. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { waysOf } from '../../../adapters/turn/addresses.ts'
import { checkServers, wordsForFailure, wordsForRefusal } from '../../../adapters/turn/check.ts'
import {
  ATTRIBUTE,
  type Attribute,
  decode,
  encode,
  encodeAddress,
  KIND,
  METHOD,
  type StunMessage,
} from '../../../adapters/turn/message.ts'

const HOST = '127.0.0.1'
const LONG_MS = 20_000
const LOGIN = { username: 'someone', password: 'p' }
const RELAYED = encodeAddress({ ip: '203.0.113.5', port: 50_000 })

const opened: (Socket | Server)[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

/** A relay's response: a code to refuse, or the attributes of a success; undefined for none. */
type Reply = number | readonly Attribute[] | undefined

let count = 0

/** Encodes the reply to a request. Each refusal brings a nonce of its own, as a relay's does. */
function answerTo({ method, id }: StunMessage, reply: Exclude<Reply, undefined>): Buffer {
  if (typeof reply !== 'number') return encode({ method, kind: KIND.success, id, attributes: reply })
  count += 1
  const attributes: Attribute[] = [
    [ATTRIBUTE.errorCode, Buffer.from([0, 0, Math.floor(reply / 100), reply % 100])],
    [ATTRIBUTE.realm, Buffer.from('example.org')],
    [ATTRIBUTE.nonce, Buffer.from(`nonce ${count}`)],
  ]
  return encode({ method, kind: KIND.error, id, attributes })
}

/**
 * Starts a relay over UDP that responds as `reply` says; `asked` holds every request that it got,
 * once: one that a busy machine let the client send again gets the same response again.
 */
async function startRelay(reply: (request: StunMessage, asked: readonly StunMessage[]) => Reply) {
  const socket = createSocket('udp4').bind(0, HOST)
  opened.push(socket)
  await once(socket, 'listening')
  const asked: StunMessage[] = []
  const answers = new Map<string, Buffer>()
  socket.on('message', (bytes, { port, address }) => {
    const request = decode(bytes)
    if (!request) return
    const id = request.id.toString('hex')
    const found = answers.has(id) ? undefined : reply(request, asked)
    if (!asked.some((each) => each.id.equals(request.id))) asked.push(request)
    if (found !== undefined) answers.set(id, answerTo(request, found))
    const answer = answers.get(id)
    if (answer) socket.send(answer, port, address)
  })
  return { url: `turn:${HOST}:${socket.address().port}?transport=udp`, asked }
}

async function startListener(onLine: (line: import('node:net').Socket) => void): Promise<string> {
  const listener = createServer(onLine).listen(0, HOST)
  opened.push(listener)
  await once(listener, 'listening')
  return `turn:${HOST}:${(listener.address() as AddressInfo).port}?transport=tcp`
}

async function check(url: string, limitMs = LONG_MS) {
  const server = { urls: url, username: LOGIN.username, credential: LOGIN.password }
  const [finding, ...more] = await checkServers({ servers: [server], login: LOGIN, limitMs })
  expect(more).toEqual([])
  return { works: finding?.works, text: finding?.text.replace(/^\S+ over /, '') }
}

/** Rejects a request without a login, and grants one with a login. */
const honest = ({ method, attributes }: StunMessage): Reply => {
  if (!attributes.has(ATTRIBUTE.messageIntegrity)) return 401
  return method === METHOD.allocate ? [[ATTRIBUTE.xorRelayedAddress, RELAYED]] : []
}

describe('a relay', () => {
  it('is asked for an address, for leave to send to it, and gets it back', async () => {
    const { url, asked } = await startRelay(honest)
    expect(await check(url)).toEqual({ works: true, text: 'UDP: works, relays from 203.0.113.5' })
    const { allocate, createPermission, refresh } = METHOD
    expect(asked.map(({ method }) => method)).toEqual([allocate, allocate, createPermission, refresh])
    expect(asked[2]?.attributes.get(ATTRIBUTE.xorPeerAddress)).toEqual(RELAYED)
    expect(asked[3]?.attributes.get(ATTRIBUTE.lifetime)).toEqual(Buffer.alloc(4))
  })

  it('whose nonce lapses is asked once more with the new one', async () => {
    const { url, asked } = await startRelay((request, before) =>
      before.length === 1 ? 438 : honest(request),
    )
    expect(await check(url)).toMatchObject({ works: true })
    const nonces = asked.slice(0, 3).map(({ attributes }) => attributes.get(ATTRIBUTE.nonce)?.toString())
    expect(new Set(nonces).size).toBe(3)
  })

  it('that never likes its own nonce is not asked for ever', async () => {
    const { url, asked } = await startRelay((_, before) => (before.length === 0 ? 401 : 438))
    expect(await check(url)).toEqual({ works: false, text: `UDP: ${wordsForRefusal(438, LOGIN)}` })
    expect(asked).toHaveLength(3)
  })

  it('that refuses its own address, at which the other person is, does not work', async () => {
    const { url, asked } = await startRelay((request) =>
      request.method === METHOD.createPermission ? 403 : honest(request),
    )
    const { works, text } = await check(url)
    expect(works).toBe(false)
    expect(text).toContain('203.0.113.5')
    expect(text).toContain('allowed-peer-ip')
    expect(asked.at(-1)?.method, 'the address is given back').toBe(METHOD.refresh)
  })

  it.each([300, 401, 403, 437, 486, 508, 599])(
    'that refuses with %i is reported with the code',
    async (code) => {
      const { url } = await startRelay(() => code)
      expect(await check(url)).toEqual({ works: false, text: `UDP: ${wordsForRefusal(code, LOGIN)}` })
    },
  )

  it('that a packet does not reach is asked again', async () => {
    const { url } = await startRelay((request, before) => (before.length === 0 ? undefined : honest(request)))
    expect(await check(url)).toMatchObject({ works: true })
  })

  it('that does not respond is reported in time, with the port to open', async () => {
    const { url } = await startRelay(() => undefined)
    const { works, text } = await check(url, 300)
    expect(works).toBe(false)
    expect(text).toMatch(/^UDP: no response\. Open UDP port \d+ in the firewall of the server/)
  })

  it('that responds in pieces over TCP works', async () => {
    const url = await startListener((line) => {
      line.on('error', () => undefined)
      line.on('data', (bytes: Buffer) => {
        const request = decode(bytes)
        const reply = request && honest(request)
        if (reply !== undefined)
          for (const byte of answerTo(request as StunMessage, reply)) line.write(Buffer.of(byte))
      })
    })
    expect(await check(url)).toEqual({ works: true, text: 'TCP: works, relays from 203.0.113.5' })
  })

  it('that is none says so', async () => {
    const url = await startListener((line) => {
      line.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    })
    const { works, text } = await check(url)
    expect(works).toBe(false)
    expect(text).toMatch(/^TCP: the server at TCP port \d+ is no TURN server\.$/)
  })

  it('that hangs up says so', async () => {
    const url = await startListener((line) => line.on('error', () => undefined).end())
    const { works, text } = await check(url)
    expect(works).toBe(false)
    expect(text).toMatch(/^TCP: TCP port \d+ hangs up without a response\. Is it a TURN server\?$/)
  })
})

describe('what one cannot arrange here', () => {
  const [way] = waysOf('turns:turn.example.com:443')
  it.each([
    ['CERT_HAS_EXPIRED', /expired/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /whole chain/],
    ['ENOTFOUND', /no turn\.example\.com in the DNS/],
    ['EAI_AGAIN', /DNS did not respond/],
    ['ENETUNREACH', /no way/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /TCP port 443 does not speak TLS/],
    ['ESOMETHING', /ESOMETHING/],
  ])('%s has words', (code, words) => {
    if (!way) throw new Error('no way')
    expect(wordsForFailure(code, way)).toMatch(words)
  })
})

it('a relay that wants a login where none is set says which settings it takes', () => {
  expect(wordsForRefusal(401, undefined)).toMatch(/TURN_SECRET, or TURN_USERNAME and TURN_PASSWORD/)
  expect(wordsForRefusal(401, { secret: 's' })).toMatch(/TURN_SECRET/)
})
