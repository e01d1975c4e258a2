import { io, type Socket } from 'socket.io-client'
import type { BrowserEvents, ServerEvents } from '../../shared/protocol/socket.ts'
import { steadyTimers } from '../call/steady-timers.ts'
import { createReturn } from './socket-return.ts'

export type PageSocket = Socket<ServerEvents, BrowserEvents>

/**
 * Why a page no longer is what it shows: nobody is logged in in this browser any more, somebody else is, or the person has
 * more pages open than the server serves.
 */
export type Gone = 'logged-out' | 'other-person' | 'set-aside'

/** Opens a page's connection for a person; the second hears it when the page is theirs no more. */
export type OpenSocket = (userId: string, onGone: (why: Gone) => void) => PageSocket

/**
 * Opens the one connection that a page has to the server that served it. It comes back by itself whenever it is lost, until it
 * is known that the page is no longer that of `userId`: then `onGone` hears why, once for each time.
 */
export function openSocket(userId: string, onGone: (why: Gone) => void): PageSocket {
  const socket: PageSocket = io({ reconnection: false, auth: { userId } })
  let isSetAside = false
  const comeback = createReturn({
    after: steadyTimers.after,
    connect: () => void socket.connect(),
    connectAnew: () => void socket.disconnect().connect(),
    random: Math.random,
  })
  window.addEventListener('online', comeback.now)
  socket.on('connect', comeback.back)
  socket.on('page:set-aside', () => {
    isSetAside = true
    onGone('set-aside')
  })
  socket.on('disconnect', (reason) => {
    if (reason === 'io client disconnect' || isSetAside) return
    // The next answer tells why the server ended it.
    if (reason === 'io server disconnect') socket.connect()
    else comeback.lost()
  })
  socket.on('connect_error', ({ message }) => {
    if (message === 'not_logged_in') onGone('logged-out')
    else if (message === 'other_person') onGone('other-person')
    else comeback.lost() // a server that is just stopping refuses for a moment only
  })
  return socket
}

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
