/** Tests how pages name their files, how long browsers keep those, and what is sent compressed. */
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import type { Person } from '../support/people.ts'

let server: LiveServer
let client: Person

beforeAll(async () => {
  server = await startLiveServer()
  for (let at = 0; at < 20; at += 1) await server.reader(`Reader${at}`, 250)
  client = await server.client('Ana')
})

afterAll(() => server.stop())

interface Sent {
  status: number
  headers: Record<string, unknown>
  body: Buffer
}

/** Requests the bytes on the wire: fetch would unpack them. */
function get(path: string, headers: Record<string, string> = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    request(`${server.url}${path}`, { headers }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks),
      })
    })
      .on('error', reject)
      .end()
  })
}

const namedIn = (html: string): string[] =>
  [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, path = '']) => path)

describe('the files of a page', () => {
  it('are named by their content and kept for good, on every page', async () => {
    const cookie = client.cookie
    for (const [path, headers] of [
      ['/', {}],
      ['/dashboard', { cookie }],
      ['/nowhere', { accept: 'text/html' }],
    ] as const) {
      const named = namedIn((await get(path, headers)).body.toString())
      expect(named.length, path).toBeGreaterThan(1)
      for (const file of named) {
        expect(file).toMatch(/^\/[\w-]+\.[0-9a-f]{12}\.(js|css)$/)
        const sent = await get(file)
        expect(sent.status).toBe(200)
        expect(sent.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      }
    }
  })

  it('come in this build’s form to a page of another build, which must not keep them', async () => {
    const sent = await get('/style.0123456789ab.css')
    expect(sent.status).toBe(200)
    expect(sent.headers['cache-control']).toBe('no-cache')
    expect(sent.body.equals((await get('/style.css')).body)).toBe(true)
    expect((await get('/nothing.0123456789ab.css')).status).toBe(404)
    expect((await get('/..%2fserver.0123456789ab.js')).status).toBeGreaterThanOrEqual(400)
  })

  it('are compressed by the names of their content too', async () => {
    const [file = ''] = namedIn((await get('/')).body.toString()).filter((path) => path.endsWith('.css'))
    const sent = await get(file, { 'accept-encoding': 'br' })
    expect(sent.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(sent.body).equals((await get('/style.css')).body)).toBe(true)
  })
})

describe('what is made for each request', () => {
  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is sent as %s to a browser that takes it, and is the same', async (encoding, unpack) => {
    for (const path of ['/', '/dashboard', '/readers']) {
      const headers = { cookie: client.cookie }
      const plain = await get(path, headers)
      expect(plain.headers).not.toHaveProperty('content-encoding')
      const sent = await get(path, { ...headers, 'accept-encoding': encoding })
      expect(sent.headers['content-encoding'], path).toBe(encoding)
      expect(String(sent.headers.vary)).toContain('Accept-Encoding')
      expect(sent.headers['content-type']).toBe(plain.headers['content-type'])
      expect(unpack(sent.body).equals(plain.body)).toBe(true)
      expect(sent.body.length).toBeLessThan(plain.body.length * 0.75)
    }
  })

  it('is left as it is where it is small', async () => {
    const sent = await get('/me', { cookie: client.cookie, 'accept-encoding': 'br' })
    expect(sent.headers).not.toHaveProperty('content-encoding')
  })
})
