/**
 * Plays pages that send exactly the packets they are given, below Socket.IO's client, over either
 * transport.
 */
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { WebSocket } from 'ws'

export interface RawConnection {
  /** Sends the packets one right after the other. */
  say(...packets: (string | Buffer)[]): Promise<void>
  /** Resolves with what the server has to say, as it comes. */
  hear(): Promise<string>
  /** Resolves with whether the server still has this connection. */
  isOpen(): Promise<boolean>
  close(): void
}

type Headers = Readonly<Record<string, string>>

const addressOf = (origin: string, transport: string): string =>
  `${origin}/socket.io/?EIO=4&transport=${transport}`

export interface RawWebSocket extends RawConnection {
  /** Writes bytes below the protocol of WebSockets. */
  write(bytes: Uint8Array): void
}

/** Opens a connection over a WebSocket; with `sid`, one to which an open connection may move. */
export async function rawWebSocket(origin: string, headers: Headers, sid?: string): Promise<RawWebSocket> {
  const address = addressOf(origin, 'websocket').replace('http', 'ws')
  let line: Socket | undefined
  const socket = new WebSocket(sid === undefined ? address : `${address}&sid=${sid}`, {
    headers,
    createConnection: (options: object) => {
      line = connect(options as TcpNetConnectOpts)
      return line
    },
  })
  const heard: string[] = []
  socket.on('message', (data) => heard.push(String(data)))
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('open', resolve).once('close', resolve))
  return {
    async say(...packets) {
      for (const packet of packets) if (socket.readyState === WebSocket.OPEN) socket.send(packet)
    },
    async hear() {
      while (heard.length === 0 && socket.readyState === WebSocket.OPEN) {
        await new Promise((resolve) => socket.once('message', resolve).once('close', resolve))
      }
      return heard.splice(0).join(SEPARATOR)
    },
    isOpen: async () => socket.readyState === WebSocket.OPEN,
    close: () => socket.terminate(),
    write: (bytes) => void line?.write(bytes),
  }
}

/** Opens a connection over requests alone. */
export async function rawPolling(
  origin: string,
  headers: Headers,
): Promise<RawConnection & { readonly sid: string }> {
  const address = addressOf(origin, 'polling')
  const opening = await (await fetch(address, { headers })).text()
  const { sid = '' }: { sid?: string } = opening.startsWith('0{') ? JSON.parse(opening.slice(1)) : {}
  const leaving = new AbortController()
  const ask = async (body?: string) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = { method, headers, signal: leaving.signal, ...(body === undefined ? {} : { body }) }
    const answer = await fetch(`${address}&sid=${sid}`, sent).catch(() => undefined)
    return { isGood: answer?.ok === true, text: (await answer?.text().catch(() => '')) ?? '' }
  }
  return {
    sid,
    async say(...packets) {
      await ask(packets.map(inText).join(SEPARATOR))
    },
    hear: async () => (await ask()).text,
    isOpen: async () => (await ask('6')).isGood,
    close: () => leaving.abort(),
  }
}

const SEPARATOR = '\x1e'
const inText = (packet: string | Buffer): string =>
  typeof packet === 'string' ? packet : `b${packet.toString('base64')}`
