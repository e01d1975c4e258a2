/** Tests `npm run check-turn` against a real coturn. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../dev/render-proxy.js'
import { findProgram } from '../../scripts/setup.js'
import { type Coturn, startCoturn } from '../support/coturn.ts'
import { freePorts } from '../support/ports.ts'
import { waitFor } from '../support/wait-for.ts'

const HOST = '127.0.0.1'
const hasCoturn = findProgram('turnserver') !== undefined
if (!hasCoturn) console.error('The check of a relay is not tried: no program turnserver.')

let folder: string
let relay: Coturn
let trusted: string

/**
 * Runs the command as an operator does, with these settings alone; resolves with its exit code and
 * what it said.
 */
async function run(settings: Record<string, string>) {
  const script = resolve('dist/scripts/check-turn.js')
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...settings }
  const child = spawn(process.execPath, [script], { cwd: folder, env })
  const said = { out: '', err: '' }
  child.stdout.on('data', (data) => {
    said.out += data
  })
  child.stderr.on('data', (data) => {
    said.err += data
  })
  const [code] = await once(child, 'close')
  return { code, lines: said.out.split('\n').filter((line) => line !== ''), err: said.err }
}

const urls = () => ({
  plain: `turn:${HOST}:${relay.port}`,
  udp: `turn:${HOST}:${relay.port}?transport=udp`,
  tcp: `turn:${HOST}:${relay.port}?transport=tcp`,
  tls: `turns:localhost:${relay.tlsPort}?transport=tcp`,
  stun: `stun:${HOST}:${relay.port}`,
})

describe.skipIf(!hasCoturn)('npm run check-turn', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'soulseer-check-turn-'))
    const certificate = makeCertificate(['localhost'])
    trusted = join(folder, 'issuer.pem')
    writeFileSync(trusted, certificate.cert)
    relay = await startCoturn({ address: HOST, certificate })
  })
  afterAll(async () => {
    await relay.stop()
    rmSync(folder, { recursive: true })
  })

  it('finds that every way to a relay works, with the secret that they share', async () => {
    const { plain, tls, stun } = urls()
    const { code, lines, err } = await run({
      ...relay.settings,
      TURN_URLS: `${plain},${tls}`,
      STUN_URLS: stun,
      NODE_EXTRA_CA_CERTS: trusted,
    })
    expect({ lines, err }).toEqual({
      lines: [
        `${stun} over UDP: works, sees us at ${HOST}`,
        `${plain} over UDP: works, relays from ${HOST}`,
        `${plain} over TCP: works, relays from ${HOST}`,
        `${tls} over TLS: works, relays from ${HOST}`,
      ],
      err: '',
    })
    expect(code).toBe(0)
  })

  it('finds in every way that the secret is another', async () => {
    const { plain, tls } = urls()
    const settings = { TURN_URLS: `${plain},${tls}`, TURN_SECRET: 'another', NODE_EXTRA_CA_CERTS: trusted }
    const { code, lines } = await run(settings)
    expect(code).toBe(1)
    expect(lines).toHaveLength(3)
    for (const line of lines)
      expect(line).toMatch(/over (UDP|TCP|TLS): refuses our login \(401\)\. TURN_SECRET/)
  })

  it('distinguishes a fixed login that the relay does not know from a secret', async () => {
    const login = { TURN_USERNAME: 'someone', TURN_PASSWORD: 'p' }
    const { code, lines } = await run({ TURN_URLS: urls().udp, ...login })
    expect(code).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(/refuses our login \(401\)\. TURN_USERNAME and TURN_PASSWORD/),
    ])
  })

  it('finds that nothing listens, and that the others work nevertheless', async () => {
    const [port] = await freePorts(HOST, 1)
    const closed = [`turn:${HOST}:${port}`, `turns:localhost:${port}`]
    const { code, lines } = await run({ ...relay.settings, TURN_URLS: [urls().tcp, ...closed].join(',') })
    expect(code).toBe(1)
    expect(lines).toEqual([
      expect.stringContaining('works'),
      expect.stringContaining(`over UDP: nothing listens at UDP port ${port}`),
      expect.stringContaining(`over TCP: nothing listens at TCP port ${port}`),
      expect.stringContaining(`over TLS: nothing listens at TCP port ${port}`),
    ])
  })

  it('finds a certificate without a trusted issuer, or for another name', async () => {
    const { code, lines } = await run({ ...relay.settings, TURN_URLS: urls().tls })
    expect(code).toBe(1)
    expect(lines).toEqual([expect.stringMatching(/over TLS: its certificate is its own issuer/)])

    const byNumber = `turns:${HOST}:${relay.tlsPort}`
    const other = await run({ ...relay.settings, TURN_URLS: byNumber, NODE_EXTRA_CA_CERTS: trusted })
    expect(other.code).toBe(1)
    expect(other.lines).toEqual([expect.stringContaining(`its certificate is for another name than ${HOST}`)])
  })

  it('finds that a port does not speak TLS, and a name that there is none', async () => {
    const wrong = 'turns:no-such-relay.invalid'
    const silent = await startCoturn({ address: HOST })
    const { code, lines } = await run({
      ...silent.settings,
      TURN_URLS: `turns:localhost:${silent.port},${wrong}`,
    }).finally(() => silent.stop())
    expect(code).toBe(1)
    // coturn takes the handshake for a message that goes on, and may give up on it before we do.
    expect(lines[0]).toMatch(
      /over TLS: TCP port \d+ (takes the connection and then says nothing|hangs up without a response)\. Has the server a certificate/,
    )
    // Without a network not even the DNS responds.
    expect(lines[1]).toMatch(
      /over TLS: (there is no no-such-relay\.invalid in the DNS|the DNS did not respond|no response)/,
    )
  })

  it('gives every address back, so that a quota never fills by checking', async () => {
    const limited = await startCoturn({ address: HOST, userQuota: 1 })
    const settings = { ...limited.settings, TURN_URLS: `turn:${HOST}:${limited.port}?transport=udp` }
    try {
      expect((await run(settings)).code).toBe(0)
      // coturn keeps an allocation for ten minutes if it is not released, and for about a second if
      // it is.
      await waitFor(async () => expect((await run(settings)).code).toBe(0), 200)
    } finally {
      await limited.stop()
    }
  })

  it('says how to get a relay where none is set', async () => {
    const { code, lines, err } = await run({})
    expect([code, lines]).toEqual([1, []])
    expect(err).toMatch(/mostly fail.*TURN_URLS=.*TURN_SECRET.*TURN_USERNAME/s)
  })

  it('says what a STUN server alone cannot do', async () => {
    const { code, lines, err } = await run({ STUN_URLS: urls().stun })
    expect(code).toBe(0)
    expect(lines).toEqual([expect.stringContaining('works')])
    expect(err).toContain('No TURN server is set')
  })

  it('reads the settings as the server does, and says so where they cannot be right', async () => {
    const { code, lines, err } = await run({ TURN_URLS: 'turn.example.com' })
    expect([code, lines]).toEqual([2, []])
    expect(err).toMatch(/^TURN_URLS: must be addresses such as/)
  })
})
