/**
 * Opens a socket that speaks Engine.IO's and Socket.IO's wire protocol and nothing else, so that
 * many fit in one process.
 */
import type { Agent } from 'node:http'
import { WebSocket } from 'ws'

export interface Line {
  say(text: string): void
  close(): void
}

/** Everything but the handshake and the pings, as it came over the wire. */
export type Hear = (text: string) => void

const PING = '2'
const PONG = '3'
const OPENED = '0'
const CONNECT = '40'

/**
 * Resolves once the server has accepted the socket; calls `lost` when the connection ends without
 * our having closed it.
 */
export function openLine(parts: {
  url: string
  cookie?: string
  /** Sent with the handshake beside the cookie. */
  headers?: Readonly<Record<string, string>>
  /** Another way to the server than the machine's own choice. */
  agent?: Agent
  hear: Hear
  lost: (why: string) => void
}): Promise<Line> {
  const address = `${parts.url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`
  const headers = { ...parts.headers, ...(parts.cookie === undefined ? {} : { cookie: parts.cookie }) }
  const socket = new WebSocket(address, {
    headers,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    ...(parts.agent === undefined ? {} : { agent: parts.agent }),
  })
  const say = (text: string) => socket.send(text)
  let closing = false
  const close = () => {
    closing = true
    socket.close()
  }
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      if (text === PING) say(PONG)
      else if (text.startsWith(OPENED)) say(CONNECT)
      else if (text.startsWith(CONNECT)) resolve({ say, close })
      else if (text.startsWith('44')) reject(new Error(`the server refused a socket: ${text}`))
      else parts.hear(text)
    })
    socket.once('error', reject)
    socket.once('close', (code) => {
      reject(new Error(`a socket was closed (${code}) before it was taken in`))
      if (!closing) parts.lost(`closed with ${code}`)
    })
  })
}

/**
 * Runs `work` for every item, `width` of them at a time, and resolves with the results in order.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

/** Returns a promise with the functions that settle it. */
export function later(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = () => {}
  let reject = (_error: Error) => {}
  const promise = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}
