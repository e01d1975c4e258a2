/**
 * Shared by the tests of the catalogue: requests as no browser sends them, and a server as strict
 * as in production.
 */
import { request } from 'node:http'
import { connect } from 'node:net'
import type { AppParts } from '../../app.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'

export const ORIGIN = 'https://soulseer.app'

/** Returns the headers that Render's proxies add for a visitor at `address`. */
export const through = (address = '203.0.113.7'): Record<string, string> => ({
  host: 'soulseer.app',
  'x-forwarded-proto': 'https',
  'x-forwarded-for': `${address}, 172.70.1.1`,
})

/** Starts the routes as in production, behind two proxies. */
export function startStrict(options: Partial<AppParts> = {}): Promise<LiveServer> {
  return startLiveServer({
    production: true,
    publicOrigin: ORIGIN,
    strictness: 'production',
    standin: undefined,
    ...options,
  })
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
  readonly json: Record<string, unknown>
}

/**
 * Sends a request with any method, path and headers at all; a body that is no text is sent as JSON.
 */
export function ask(
  url: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string | string[]>; body?: unknown } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const type = text === undefined ? {} : { 'content-type': 'application/json' }
  // Node announces no body of a DELETE, and the server would take it for the next request.
  const length =
    method === 'DELETE' && text !== undefined ? { 'content-length': Buffer.byteLength(text) } : {}
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers: { ...type, ...length, ...headers } },
      (answer) => {
        let received = ''
        answer.setEncoding('utf8').on('data', (piece) => {
          received += piece
        })
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: received,
            json: /json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(received) : {},
          }),
        )
      },
    )
    sent.once('error', reject)
    sent.end(text)
  })
}

/** Sends bytes as they are and resolves with all that comes back until the connection ends. */
export function sayRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding('latin1').on('data', (piece) => {
      received += piece
    })
    socket.once('error', () => resolve(received))
    socket.once('close', () => resolve(received))
  })
}

/** Returns the content of the journal: the same text means that nothing at all has changed. */
export function journalOf(server: LiveServer): string {
  return server.disk
    .names()
    .filter((name) => name.startsWith('journal'))
    .map((name) => server.disk.text(name).replaceAll('\0', ''))
    .join('')
}
