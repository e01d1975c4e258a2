/** Tests the coturn settings of docs/TURN.md. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIce } from '../../adapters/system/ice-servers.ts'
import { createTurnClient, type SeatLogin, type TurnClient } from '../../adapters/turn/client.ts'
import { type Line, openLine } from '../../adapters/turn/connection.ts'
import { makeCertificate } from '../../dev/render-proxy.js'
import { findProgram } from '../../scripts/setup.js'
import { bindingRequest, startTurnserver, type Turnserver } from '../support/coturn.ts'
import { freePorts } from '../support/ports.ts'

const DOCUMENTED_ADDRESS = '203.0.113.20'
const SECRET = 'a'.repeat(64)
const OLD_SECRET = 'b'.repeat(64)
const QUARTER_HOUR_MS = 15 * 60_000

/** The machine's own address in a network: a relay may not be on loopback. */
const address = Object.values(networkInterfaces())
  .flatMap((interfaces) => interfaces ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
const missing = [
  ...(findProgram('turnserver') ? [] : ['the program turnserver']),
  ...(address ? [] : ['a network besides loopback']),
]
if (missing.length > 0)
  console.error(`The relay's documented settings are not tried: no ${missing.join(', no ')}.`)

const folder = mkdtempSync(join(tmpdir(), 'soulseer-turn-docs-'))
const relay = { address: address ?? '', port: 0 }
let tlsPort: number
let server: Turnserver
const lines: Line[] = []

/**
 * Returns the file in docs/TURN.md, with this machine's address, free ports, a certificate of our
 * own, and two secrets.
 */
function documented(): string {
  const page = readFileSync(new URL('../../docs/TURN.md', import.meta.url), 'utf8')
  const conf = /```conf\n(.*?)```/s.exec(page)?.[1] ?? ''
  const { key, cert } = makeCertificate(['turn.soulseer.app'])
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'cert.pem'), cert)
  const here: [string, string][] = [
    ['listening-port=3478', `listening-port=${relay.port}`],
    ['tls-listening-port=443', `tls-listening-port=${tlsPort}`],
    [
      'static-auth-secret=REPLACE-BY-openssl-rand-hex-32',
      `static-auth-secret=${SECRET}\nstatic-auth-secret=${OLD_SECRET}`,
    ],
    ['cert=/etc/coturn/tls/fullchain.pem', `cert=${join(folder, 'cert.pem')}`],
    ['pkey=/etc/coturn/tls/key.pem', `pkey=${join(folder, 'key.pem')}`],
    // Its output is part of the test.
    [
      'syslog\nno-stdout-log',
      `log-file=stdout\nuserdb=${join(folder, 'turndb')}\npidfile=${join(folder, 'pid')}`,
    ],
  ]
  return here.reduce(
    (text, [line, ours]) => {
      expect(text).toContain(`\n${line}\n`)
      return text.replace(`\n${line}\n`, `\n${ours}\n`)
    },
    conf.replaceAll(DOCUMENTED_ADDRESS, relay.address),
  )
}

/** Returns a login as SoulSeer makes it, `agoMs` ago. */
function loginFrom(secret: string, { seat = randomBytes(8).toString('hex'), agoMs = 0 } = {}): SeatLogin {
  const ice = createIce({
    stunUrls: [],
    turnUrls: ['turn:here'],
    login: { secret },
    policy: 'relay',
    wall: () => Date.now() - agoMs,
  })
  const { username = '', credential = '' } = ice.serversFor(seat)[0] ?? {}
  return { username, credential }
}

async function client(login: SeatLogin): Promise<TurnClient> {
  const way = { transport: 'udp', host: relay.address, port: relay.port } as const
  const line = await openLine(way, new AbortController().signal)
  lines.push(line)
  return createTurnClient(line, login)
}

const DONE = { refusal: undefined }
const PEER_PORT = 50_000

describe.skipIf(missing.length > 0)('the relay as docs/TURN.md sets it up', () => {
  beforeAll(async () => {
    ;[relay.port = 0, tlsPort = 0] = await freePorts(relay.address, 2)
    const file = join(folder, 'turnserver.conf')
    writeFileSync(file, documented())
    server = await startTurnserver(['-c', file], relay)
  })
  afterAll(async () => {
    for (const line of lines) line.close()
    await server.kill()
    rmSync(folder, { recursive: true })
  })

  it('understands every line', () => {
    expect(server.said()).not.toMatch(/error|unknown|bad|cannot (find|open|parse)|wrong|illegal/i)
  })

  it.each([
    ['the secret', SECRET],
    ['another secret, while it is being changed', OLD_SECRET],
  ])('lets in who has a login made with %s', async (_, secret) => {
    expect(await (await client(loginFrom(secret))).allocate()).toMatchObject(DONE)
  })

  it.each([
    ['made with a secret it does not have', loginFrom('c'.repeat(64))],
    ['that has lapsed', loginFrom(SECRET, { agoMs: QUARTER_HOUR_MS + 60_000 })],
    ['whose name was changed to last longer', { ...loginFrom(SECRET), username: '9999999999:mine' }],
  ])('keeps out who has a login %s', async (_, login) => {
    expect(await (await client(login)).allocate()).toMatchObject({ refusal: 401 })
  })

  it('passes packets to the relay itself, where the other person is, and to the internet', async () => {
    const one = await client(loginFrom(SECRET))
    await one.allocate()
    expect(await one.permit({ ip: relay.address, port: PEER_PORT })).toMatchObject(DONE)
    expect(await one.permit({ ip: '8.8.8.8', port: PEER_PORT })).toMatchObject(DONE)
  })

  it.each(
    `0.0.0.1 10.0.0.1 10.255.255.255 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.168.0.1
     198.18.0.1 224.0.0.1 239.255.255.250 255.255.255.255`.split(/\s+/),
  )('passes nothing to %s', async (ip) => {
    const one = await client(loginFrom(SECRET))
    await one.allocate()
    expect(await one.permit({ ip, port: PEER_PORT })).toMatchObject({ refusal: 403 })
  })

  it('gives one seat so many addresses and no more, whatever login it comes with', async () => {
    const answers = []
    for (let count = 0; count <= 24; count += 1) {
      const renewed = loginFrom(SECRET, { seat: 'one seat', agoMs: count * 1_000 })
      answers.push((await (await client(renewed)).allocate()).refusal)
    }
    expect(answers).toEqual([...Array(24).fill(undefined), 486])
    expect(await (await client(loginFrom(SECRET))).allocate(), 'others are not touched').toMatchObject(DONE)
  })

  it('responds over TLS', async () => {
    const line = connect({ host: relay.address, port: tlsPort, rejectUnauthorized: false })
    await once(line, 'secureConnect')
    expect(line.getProtocol()).toMatch(/^TLSv1\.[23]$/)
    line.write(bindingRequest())
    const [answer] = await once(line, 'data')
    expect(answer.readUInt16BE(0)).toBe(0x0101)
    line.destroy()
  })
})
