import { io, type Socket } from 'socket.io-client'
import type { BrowserEvents, ServerEvents } from '../shared/protocol.ts'

export type PageSocket = Socket<ServerEvents, BrowserEvents>

/** One connection a page to the server that served it; Socket.IO brings it back by itself when it is lost. */
export function openSocket(): PageSocket {
  const socket: PageSocket = io({ reconnectionDelay: 500, reconnectionDelayMax: 3_000 })
  // After a refusal the library does not try again by itself; a server that is just stopping refuses for a moment only.
  socket.on('connect_error', ({ message }) => {
    if (!socket.active && message !== 'not_logged_in') setTimeout(() => socket.connect(), REFUSED_RETRY_MS)
  })
  return socket
}

const REFUSED_RETRY_MS = 2_000

type Listeners = Partial<ServerEvents & { connect: () => void; disconnect: () => void }>

/** Hears what is named in `listeners`; answers the way to stop hearing it. */
export function listen(socket: PageSocket, listeners: Listeners): () => void {
  // The pairs are checked above; taken apart, a name no longer tells the type of its listener.
  const pairs = Object.entries(listeners) as ['connect', () => void][]
  for (const [event, listener] of pairs) socket.on(event, listener)
  return () => {
    for (const [event, listener] of pairs) socket.off(event, listener)
  }
}
