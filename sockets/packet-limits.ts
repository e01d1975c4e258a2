/**
 * Ends a connection that sends more than a page ever does, or that leaves unread what is sent to
 * it. Works below Socket.IO, from the first byte on, whether or not a user is logged in.
 */
import type { EventEmitter } from 'node:events'
import type { Clock, Log } from '../engine/ports.ts'
import { CONNECTION, type RateLimiter } from '../http/rate-limiter.ts'
import {
  type Connection,
  type Engine,
  type EngineRequest,
  endConnection,
  type Packet,
  type WebSocket,
} from './engine-io.ts'
import { watchUnread } from './unread-bytes.ts'

type Reason = 'too_many_packets' | 'too_many_bytes' | 'second_upgrade' | 'unread'

/** Counts packets and bytes; returns why they are too many, once they are. */
type Intake = (packets: number, bytes: number) => Reason | undefined

/** Watches every connection of an Engine.IO server, which is attached to `server`. */
export function limitPackets(
  engine: Engine,
  parts: { server: EventEmitter; clock: Clock; rateLimiter: RateLimiter; log: Log },
): void {
  const { server, rateLimiter, clock, log } = parts
  const mostPackets = rateLimiter.cap(CONNECTION.packets, CONNECTION.outside)
  const mostBytes = rateLimiter.cap(CONNECTION.bytes, CONNECTION.outside)
  const connections = new Map<string, Connection>()
  const upgrading = new WeakSet<Connection>()

  const newIntake = (): Intake => {
    const isPacketLeft = createAllowance(mostPackets, clock)
    const areBytesLeft = createAllowance(mostBytes, clock)
    return (packets, bytes) => {
      if (!isPacketLeft(packets)) return 'too_many_packets'
      return areBytesLeft(bytes) ? undefined : 'too_many_bytes'
    }
  }

  const note = (reason: Reason): void =>
    log.warn(
      { security: 'socket_let_go', reason },
      'a connection that sent too much or read too little was ended',
    )

  const end = (connection: Connection, reason: Reason): void => {
    note(reason)
    endConnection(connection)
  }

  /** Reads no more at once, and leaves time for a goodbye that is on its way. */
  const endWebSocket = (webSocket: WebSocket, reason: Reason): void => {
    note(reason)
    webSocket.pause()
    clock.at(clock.now() + GOODBYE_MS, () => webSocket.terminate())
  }

  // While a handshake waits for allowRequest only this listener hears of a reset, which would
  // otherwise end the process.
  server.on('upgrade', (_request: unknown, line: EventEmitter) => line.on('error', () => undefined))

  engine.on('connection', (connection: Connection) => {
    connections.set(connection.id, connection)
    connection.once('close', () => connections.delete(connection.id))
    if (!connection.transport.socket) {
      watchPolling(connection, newIntake(), (reason) => end(connection, reason))
    }
    watchUnread(connection, () => end(connection, 'unread'))
  })

  /** A page tries to move to a WebSocket once; each try would come with a count of its own. */
  const watchUpgrade = (sid: string | undefined, webSocket: WebSocket): void => {
    const connection = connections.get(sid ?? '')
    if (!connection) return
    if (!upgrading.has(connection)) {
      upgrading.add(connection)
      return
    }
    webSocket.terminate()
    end(connection, 'second_upgrade')
  }

  // A closed connection waits for up to 30 seconds to reject the next request, and Engine.IO counts
  // nothing that arrives in between.
  engine.use(({ method, _query }, _response, next) => {
    const connection = method === 'POST' ? connections.get(_query.sid ?? '') : undefined
    next(connection && connection.readyState !== 'open' ? new Error('closing') : undefined)
  })

  // A function of its own: closures made inside the listener below would keep the request for as
  // long as the WebSocket lives.
  const watchRequest = ({ websocket, socket, _query }: EngineRequest): void => {
    if (!websocket) return
    watchWebSocket(websocket, socket, newIntake(), (reason) => endWebSocket(websocket, reason))
    watchUpgrade(_query.sid, websocket)
  }

  // Emitted just before ws makes a WebSocket of the request.
  engine.on('headers', (_headers: unknown, request: EngineRequest) =>
    queueMicrotask(() => watchRequest(request)),
  )
}

const GOODBYE_MS = 1_000

/**
 * Counts what ws reads, also before Engine.IO has taken the WebSocket over and while it closes it.
 */
function watchWebSocket(
  webSocket: WebSocket,
  line: EventEmitter,
  intake: Intake,
  end: (reason: Reason) => void,
) {
  let isEnded = false
  const endOnce = (reason: Reason | undefined): void => {
    if (!reason || isEnded) return
    isEnded = true
    end(reason)
  }
  const count = () => endOnce(intake(1, 0))
  webSocket.on('message', count).on('pong', count)
  webSocket.on('ping', () => {
    // ws responds automatically, whether the responses are read or not.
    endOnce(webSocket.bufferedAmount > CONNECTION.waitingBytes ? 'unread' : intake(1, 0))
  })
  // Frames that complete no message are in no event.
  line.on('data', ({ length }: Buffer) => endOnce(intake(0, length)))
}

/** Counts what comes in requests, until the page moves to a WebSocket. */
function watchPolling(connection: Connection, intake: Intake, end: (reason: Reason) => void): void {
  const count = (packet: Packet): void => {
    const reason = intake(1, packet.data?.length ?? 0)
    if (!reason) return
    packet.type = 'noop' // Engine.IO acts on the packet after this event
    end(reason)
  }
  connection.on('packet', count)
  connection.once('upgrade', () => connection.off('packet', count))
}

/** Returns a function that counts, and checks that no more than `most` come within the window. */
function createAllowance(most: number, clock: Clock): (count: number) => boolean {
  let left = most
  let since = clock.now()
  return (count) => {
    left -= count
    if (left >= 0) return true
    const now = clock.now()
    if (now - since < CONNECTION.windowMs) return false
    since = now
    left = most - count
    return true
  }
}
