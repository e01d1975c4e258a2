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

/** The pages' own files, and the parts of scripts, which are named by the build. */
const BY_CONTENT = /^\/[\w-]+\.[0-9a-f]{12}\.(js|css)$|^\/chunks\/[\w-]+-[0-9A-Z]{8}\.js$/

describe('the files of a page', () => {
  it('are named by their content and kept for good, on every page', async () => {
    const cookie = client.cookie
    for (const [path, headers] of [
      ['/', {}],
      ['/dashboard', { cookie }],
      ['/account', { cookie }],
      ['/nowhere', { accept: 'text/html' }],
    ] as const) {
      const named = namedIn((await get(path, headers)).body.toString())
      expect(named.length, path).toBeGreaterThan(1)
      for (const file of named) {
        expect(file).toMatch(BY_CONTENT)
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

describe('the parts of a page’s scripts', () => {
  /** Returns what the script of an address imports before it runs, with what that imports. */
  async function importsOf(path: string, base = '/chunks/'): Promise<string[]> {
    const text = (await get(path)).body.toString()
    const own = [...text.matchAll(/(?:from|^import|;import)"\.\/(?:chunks\/)?([\w-]+\.js)"/g)]
    const paths = own.map(([, name = '']) => `${base}${name}`)
    return [...paths, ...(await Promise.all(paths.map((part) => importsOf(part)))).flat()]
  }

  it.each(['/dashboard', '/account', '/history', '/payments/abc', '/session/abc'])(
    'are all named by %s, each once, so that none waits for another',
    async (path) => {
      const html = (await get(path, { cookie: client.cookie, accept: 'text/html' })).body.toString()
      const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, part]) => part)
      const [, script = ''] = /<script type="module" src="([^"]+)"/.exec(html) ?? []
      const imported = await importsOf(script)
      expect(imported.length).toBeGreaterThan(1)
      expect(preloaded).toEqual(expect.arrayContaining(imported))
      expect(new Set(preloaded).size).toBe(preloaded.length)
      const session = preloaded.some((part) => part?.startsWith('/chunks/main-session-'))
      expect(session).toBe(path.startsWith('/session'))
    },
  )

  it('are compressed, and a part of another build is not found', async () => {
    const html = (await get('/account', { cookie: client.cookie })).body.toString()
    const part = namedIn(html).find((path) => path.startsWith('/chunks/')) ?? ''
    const sent = await get(part, { 'accept-encoding': 'br' })
    expect(sent.headers['content-encoding']).toBe('br')
    expect(sent.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(brotliDecompressSync(sent.body).equals((await get(part)).body)).toBe(true)
    const gone = await get('/chunks/main-session-AAAAAAAA.js')
    expect(gone.status).toBe(404)
    expect(gone.headers['cache-control']).toBe('no-store')
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
