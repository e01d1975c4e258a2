/** Tests malformed and slow HTTP requests. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { ask, sayRaw } from './support.ts'

let server: LiveServer

beforeAll(async () => {
  server = await startLiveServer()
})
afterAll(() => server.stop())

const post = (headers: string, body = '') => `POST /login HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`
const jsonHead = 'Content-Type: application/json\r\n'

const answers = async (): Promise<void> => {
  expect((await ask(server.url, 'GET', '/healthz')).status).toBe(200)
}

/**
 * Opens a line, says the beginning, goes on with `more` every second, and resolves with the seconds
 * until it is cut.
 */
function dawdle(beginning: string, more: string): Promise<number> {
  const { hostname, port } = new URL(server.url)
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const line = connect(Number(port), hostname, () => line.write(beginning))
    const dawdling = setInterval(() => line.write(more), 1_000)
    line.resume()
    line.once('error', () => undefined)
    line.once('close', () => {
      clearInterval(dawdling)
      resolve((performance.now() - startedAt) / 1_000)
    })
  })
}

describe('methods', () => {
  it.each(['TRACE', 'PROPFIND', 'PUT', 'DELETE', 'OPTIONS', 'SEARCH', 'M-SEARCH'])(
    '[H-1] %s is taken nowhere',
    async (method) => {
      for (const path of ['/', '/me', '/login', '/nothing', '/style.css', '/session/x']) {
        const answer = await ask(server.url, method, path)
        expect(answer.status, path).toBe(405)
        expect(answer.headers.allow, path).toMatch(/GET|POST/)
        expect(answer.text, 'nothing is echoed').not.toContain('Host')
      }
    },
  )

  it.each([
    'get / HTTP/1.1',
    ' / HTTP/1.1',
    'GET',
    'CONNECT evil.example:443 HTTP/1.1',
    'FOO / HTTP/1.1',
    'GET / HTTP/9.9',
  ])('[H-1] the line %j is none', async (line) => {
    expect(await sayRaw(server.url, `${line}\r\nHost: x\r\n\r\n`)).not.toMatch(/^HTTP\/1\.1 [235]/)
    await answers()
  })
})

describe('requests that could be read in two ways', () => {
  it.each([
    ['two lengths', post(`${jsonHead}Content-Length: 2\r\nContent-Length: 3\r\n`, '{}x')],
    [
      'a length and chunks',
      post(`${jsonHead}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n`, '0\r\n\r\n'),
    ],
    ['a length that is none', post(`${jsonHead}Content-Length: 2x\r\n`, '{}')],
    ['a negative length', post(`${jsonHead}Content-Length: -2\r\n`, '{}')],
    ['chunks of no size', post(`${jsonHead}Transfer-Encoding: chunked\r\n`, 'zz\r\n{}\r\n0\r\n\r\n')],
    ['a folded header', post(`${jsonHead}X: a\r\n b\r\nContent-Length: 2\r\n`, '{}')],
    ['a space before the colon', post(`${jsonHead}Content-Length : 2\r\n`, '{}')],
  ])('[H-10] %s: 400, and the line is cut', async (_what, bytes) => {
    const answer = await sayRaw(server.url, bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/Connection: close/i)
  })

  it('[D-4] headers of 17 KB, and five thousand of them, are too many', async () => {
    const one = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17 * 1024)}\r\n\r\n`
    const many = `GET / HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 5_000 }, (_, n) => `X-${n}: 1\r\n`).join('')}\r\n`
    for (const bytes of [one, many]) expect(await sayRaw(server.url, bytes)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('[D-3] a body of a hundred megabytes is refused by its announcement', async () => {
    const started = `${post(`${jsonHead}Content-Length: 104857600\r\nConnection: close\r\n`)}{"email":"`
    const { hostname, port } = new URL(server.url)
    const first = await new Promise<string>((resolve) => {
      const line = connect(Number(port), hostname, () => line.write(started))
      line.once('error', () => undefined)
      line.setEncoding('latin1').once('data', (text) => {
        line.destroy()
        resolve(String(text))
      })
    })
    expect(first).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe.concurrent('who takes their time', () => {
  it('[D-1] three hundred who never finish their headers are cut off, after ten seconds and no sooner, and delay no other client', async () => {
    let cutOff = 0
    const slow = Array.from({ length: 300 }, async () => {
      const seconds = await dawdle('GET / HTTP/1.1\r\nHost: x\r\n', 'X: 1\r\n')
      cutOff += 1
      return seconds
    })
    await answers()
    expect(cutOff, 'the answer came while all of them were waiting').toBe(0)
    expect(Math.min(...(await Promise.all(slow)))).toBeGreaterThan(9)
    await answers()
  })

  it('[D-2] a body of a byte a second is cut off, after fifteen and no sooner', async () => {
    expect(await dawdle(post(`${jsonHead}Content-Length: 100\r\n`, '{'), ' ')).toBeGreaterThan(14)
    await answers()
  })
})

describe('webhooks', () => {
  it('[H-7] one that is too large is refused before it is read', async () => {
    const answer = await ask(server.url, 'POST', '/stripe/webhook', { body: 'x'.repeat(10_000_000) })
    expect(answer.status).toBe(413)
  })

  it('[H-2] none without a signature is taken, whatever it holds', async () => {
    for (const headers of [{}, { 'stripe-signature': '' }, { 'stripe-signature': 't=1,v1=00' }]) {
      const answer = await ask(server.url, 'POST', '/stripe/webhook', {
        headers,
        body: { type: 'payment_intent.succeeded' },
      })
      expect([answer.status, answer.json.code]).toEqual([400, 'bad_signature'])
    }
  })
})
