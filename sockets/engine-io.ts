/**
 * Types the parts of Engine.IO and ws that are used here; their own types leave some of them out.
 */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The part of ws that is used here. */
export interface WebSocket extends EventEmitter {
  readonly bufferedAmount: number
  pause(): void
  terminate(): void
}

/**
 * Engine.IO's way to the page: a WebSocket has `socket`, polling has the response of the request
 * that waits.
 */
interface Transport {
  readonly writable: boolean
  readonly socket?: WebSocket
  readonly res?: ServerResponse | null
}

/** The part of an Engine.IO connection that is used here. */
export interface Connection extends EventEmitter {
  readonly id: string
  readonly readyState: string
  readonly transport: Transport
  readonly writeBuffer: readonly unknown[]
  close(discard: boolean): unknown
}

export interface Packet {
  type: string
  readonly data?: string | Buffer
}

/** A request as Engine.IO hands it on, with the WebSocket that was made of it. */
export interface EngineRequest extends IncomingMessage {
  readonly websocket?: WebSocket
  readonly _query: Readonly<Record<string, string>>
}

/** The part of an Engine.IO server that is used here. */
export interface Engine extends EventEmitter {
  use(middleware: (request: EngineRequest, response: unknown, next: (refusal?: Error) => void) => void): void
}

/** Ends an Engine.IO connection at once and drops what waits for it. */
export function endConnection(connection: { transport: object; close(discard: boolean): unknown }): void {
  const { socket }: Partial<Transport> = connection.transport
  connection.close(true)
  socket?.terminate() // ws would read on for up to 30 seconds, waiting for a close frame
}
