/** Carries STUN requests to a server and its responses back, over UDP, TCP or TLS. */
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { Transport, Way } from './addresses.ts'
import { decode, lengthOf, type StunMessage } from './message.ts'

export interface Line {
  /** Sends a request and resolves with its response. Rejects when the line breaks first. */
  exchange(request: Buffer): Promise<StunMessage>
  close(): void
}

/**
 * Ways in which a line breaks, besides the failures that Node has names for. The first three: when
 * the time is up.
 */
type Break = 'NAME_UNANSWERED' | 'UNREACHED' | 'UNANSWERED' | 'CLOSED' | 'NOT_STUN'

class LineBroken extends Error {
  readonly code: Break

  constructor(code: Break) {
    super(code)
    this.code = code
  }
}

const SEND_AGAIN_MS = 500 // RFC 8489, section 6.2.1: packets get lost

interface Socket {
  send(bytes: Buffer): void
  close(): void
}

/**
 * Opens a line, and closes it when `signal` aborts. Rejects with Node's error for a name, a port or
 * a certificate, or with {@link LineBroken}; so do the requests that are waiting then.
 */
export async function openLine(
  way: Pick<Way, 'transport' | 'host' | 'port'>,
  signal: AbortSignal,
): Promise<Line> {
  const address = await addressOf(way.host, signal)
  const pending = pendingExchanges()
  const socket =
    way.transport === 'udp'
      ? await openDatagrams({ address, port: way.port, pending, signal })
      : await openStream({ ...way, address, pending, signal })
  return {
    exchange: (request) => pending.exchange(request, socket, way.transport === 'udp'),
    close: socket.close,
  }
}

type Pending = ReturnType<typeof pendingExchanges>

/** Keeps the requests that wait for a response, and matches the two. */
function pendingExchanges() {
  const waiting = new Map<string, { resolve: (answer: StunMessage) => void; reject: (why: Error) => void }>()
  let broken: Error | undefined

  return {
    exchange: async (request: Buffer, socket: Socket, isLossy: boolean): Promise<StunMessage> => {
      if (broken) throw broken
      const id = decode(request)?.id.toString('hex') ?? ''
      const again = isLossy ? setInterval(() => socket.send(request), SEND_AGAIN_MS) : undefined
      try {
        return await new Promise<StunMessage>((resolve, reject) => {
          waiting.set(id, { resolve, reject })
          socket.send(request)
        })
      } finally {
        clearInterval(again)
        waiting.delete(id)
      }
    },
    take: (answer: StunMessage) => waiting.get(answer.id.toString('hex'))?.resolve(answer),
    /** Fails every exchange, and later ones; the first reason stays. */
    fail: (why: Error) => {
      broken ??= why
      for (const { reject } of waiting.values()) reject(broken)
    },
  }
}

/** Resolves a host name. Rejects when `signal` aborts, though the system goes on asking. */
async function addressOf(host: string, signal: AbortSignal): Promise<string> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new LineBroken('NAME_UNANSWERED')), { once: true })
  })
  // Many networks have names for IPv6 and no route for it.
  const { address } = await Promise.race([lookup(host, { order: 'ipv4first' }), late])
  return address
}

async function openDatagrams(parts: {
  address: string
  port: number
  pending: Pending
  signal: AbortSignal
}): Promise<Socket> {
  const { address, port, pending, signal } = parts
  const socket = createSocket(net.isIPv6(address) ? 'udp6' : 'udp4')
  signal.addEventListener('abort', () => pending.fail(new LineBroken('UNREACHED')), { once: true })
  socket.on('error', pending.fail)
  socket.on('message', (bytes) => {
    const answer = decode(bytes)
    if (answer) pending.take(answer)
  })
  try {
    // Connected, so that the system reports when nothing listens there.
    socket.connect(port, address)
    await once(socket, 'connect')
  } catch (error) {
    socket.close()
    throw error
  }
  return { send: (bytes) => socket.send(bytes), close: () => socket.close() }
}

async function openStream(parts: {
  transport: Transport
  host: string
  address: string
  port: number
  pending: Pending
  signal: AbortSignal
}): Promise<Socket> {
  const { transport, host, address, port, pending, signal } = parts
  const socket =
    transport === 'tls'
      ? tls.connect({ host: address, port, ...(net.isIP(host) ? {} : { servername: host }) })
      : net.connect({ host: address, port })
  let isConnected = false
  socket.once('connect', () => {
    isConnected = true
  })
  const breakOff = () => socket.destroy(new LineBroken(isConnected ? 'UNANSWERED' : 'UNREACHED'))
  signal.addEventListener('abort', breakOff, { once: true })
  socket.on('error', pending.fail)
  socket.on('close', () => pending.fail(new LineBroken('CLOSED')))
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    try {
      rest = takeMessages(Buffer.concat([rest, chunk]), pending.take)
    } catch (error) {
      socket.destroy(error as Error)
    }
  })
  await once(socket, transport === 'tls' ? 'secureConnect' : 'connect')
  return { send: (bytes) => socket.write(bytes), close: () => socket.destroy() }
}

/**
 * Takes the whole messages off the front of a stream, each as long as its header says, and returns
 * what is left of it. Throws {@link LineBroken} for bytes that begin no message.
 */
export function takeMessages(stream: Buffer, take: (message: StunMessage) => void): Buffer {
  let rest = stream
  for (;;) {
    const length = lengthOf(rest)
    if (length === undefined) throw new LineBroken('NOT_STUN')
    if (length === 'incomplete' || length > rest.length) return rest
    const message = decode(rest.subarray(0, length))
    if (message) take(message)
    rest = rest.subarray(length)
  }
}
