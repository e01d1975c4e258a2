/**
 * Replaces `socket.io-client` in the catalogue: a socket that is connected, reports what a state
 * contains, and loses its connection when asked to.
 */
import type { Told } from './state.ts'

type Listener = (...told: unknown[]) => void

const listeners = new Map<string, Set<Listener>>()
let connected = false

const fire = (event: string, ...told: unknown[]) => {
  for (const listener of [...(listeners.get(event) ?? [])]) listener(...told)
}

const socket = {
  get connected() {
    return connected
  },
  on(event: string, listener: Listener) {
    listeners.set(event, (listeners.get(event) ?? new Set()).add(listener))
    return socket
  },
  off(event: string, listener: Listener) {
    listeners.get(event)?.delete(listener)
    return socket
  },
  listeners: (event: string) => [...(listeners.get(event) ?? [])],
  connect: () => socket,
  disconnect: () => socket,
  emit: () => socket,
}

/** Opens the socket, as the package's own function does. */
export function io() {
  setTimeout(() => {
    connected = true
    fire('connect')
  })
  return socket
}

/** Says to the page what the server would. */
export const tell = ([event, payload]: Told) => fire(event, payload)

/** Ends the connection as a network does that is gone. */
export function loseConnection(): void {
  connected = false
  fire('disconnect', 'transport close')
}
