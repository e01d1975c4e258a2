/** Types our sockets, and names the rooms that they are in. */
import type { Server, Socket } from 'socket.io'
import type { BrowserEvents, ServerEvents } from '../shared/protocol/socket.ts'
import type { Role } from '../shared/protocol/views.ts'

export interface SocketData {
  userId: string
  role: Role
  loginHash: string
  /** The sessions in which this socket has taken a seat. */
  sessions: string[]
  /** True where the page acknowledges each description that it is sent. */
  confirms: boolean
}

export type AppSocket = Socket<BrowserEvents, ServerEvents, Record<string, never>, SocketData>
export type AppServer = Server<BrowserEvents, ServerEvents, Record<string, never>, SocketData>

/** Returns the room that every socket of a user is in. */
export const userRoom = (userId: string): string => `person:${userId}`
