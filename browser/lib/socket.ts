/** Opens the one socket of a page. */
import { io, type Socket } from 'socket.io-client'
import type { BrowserEvents, Handshake, ServerEvents } from '../../shared/protocol/socket.ts'
import { steadyTimers } from '../call/steady-timers.ts'
import { createReturn } from './socket-return.ts'

export type BrowserSocket = Socket<ServerEvents, BrowserEvents>

/**
 * Says why a page is no longer valid: its person has logged out in this browser, another person has
 * logged in, or the person has more pages open than the server serves.
 */
export type Gone = 'logged-out' | 'other-person' | 'set-aside'

/** Opens a page's connection for a person; `onGone` runs when the page is no longer theirs. */
export type OpenSocket = (userId: string, onGone: (why: Gone) => void) => BrowserSocket

/**
 * Opens the page's connection to the server that served it. It reconnects automatically until the
 * page no longer belongs to `userId`: then `onGone` gets the reason, once for each time.
 */
export function openSocket(userId: string, onGone: (why: Gone) => void): BrowserSocket {
  const socket: BrowserSocket = io({ reconnection: false, auth: { userId, me: true } satisfies Handshake })
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
    // The next response says why the server ended it.
    if (reason === 'io server disconnect') socket.connect()
    else comeback.lost()
  })
  socket.on('connect_error', ({ message }) => {
    if (message === 'not_logged_in') onGone('logged-out')
    else if (message === 'other_person') onGone('other-person')
    else comeback.lost() // a server that is stopping refuses only for a moment
  })
  return socket
}

const OPENING_MS = 5_000 // slow networks need some of it

/** Runs `run` where the first connection takes too long; returns a function that stops the wait. */
export function whenLate(socket: Pick<BrowserSocket, 'connected'>, run: () => void): () => void {
  const timer = setTimeout(() => {
    if (!socket.connected) run()
  }, OPENING_MS)
  return () => clearTimeout(timer)
}

type Listeners = Partial<ServerEvents & { connect: () => void; disconnect: () => void }>

/** Adds the named `listeners`; returns a function that removes them. */
export function listen(socket: BrowserSocket, listeners: Listeners): () => void {
  // The pairs are checked above; taken apart, a name no longer determines its listener's type.
  const pairs = Object.entries(listeners) as ['connect', () => void][]
  for (const [event, listener] of pairs) socket.on(event, listener)
  return () => {
    for (const [event, listener] of pairs) socket.off(event, listener)
  }
}
