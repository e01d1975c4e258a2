import { io, type Socket } from 'socket.io-client'
import type { BrowserEvents, ServerEvents } from '../shared/protocol.ts'

export type PageSocket = Socket<ServerEvents, BrowserEvents>

/** One connection a page to the server that served it; Socket.IO brings it back by itself when it is lost. */
export function openSocket(): PageSocket {
  return io({ reconnectionDelay: 500, reconnectionDelayMax: 3_000 })
}
