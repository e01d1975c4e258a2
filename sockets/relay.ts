/** Passes descriptions and candidates between the two seats of a session. */
import type { Socket } from 'socket.io'
import type { Ice } from '../engine/ports.ts'
import type { Connections } from '../engine/sessions/connections.ts'
import type { RelayAck } from '../shared/protocol/socket.ts'
import { type Relayed, withoutAddresses } from './address-redaction.ts'
import { forward, isAllKept, type ReceivedEvent } from './fast-path.ts'
import type { AppServer, AppSocket } from './types.ts'

const CONFIRM_MS = 3_000 // less than the sender waits itself

export type Relay = <E extends keyof Relayed>(
  sender: AppSocket,
  event: E,
  payload: Relayed[E],
  received: ReceivedEvent,
) => RelayAck | Promise<RelayAck>

/**
 * Creates the relay, which sends to the holder of the other seat alone, and keeps nothing for one
 * that is not there.
 */
export function createRelay(parts: { io: AppServer; connections: Connections; ice: Ice }): Relay {
  const { io, connections, ice } = parts
  return (sender, event, payload, { payload: received, text }) => {
    const holder = connections.peerOf(payload.sessionId, sender.id)
    const peer = holder === undefined ? undefined : io.sockets.sockets.get(holder)
    const told = ice.policy === 'relay' ? withoutAddresses(event, payload) : payload
    if (!peer || !told) return { delivered: false }
    if (peer.data.confirms && event !== 'ice-candidate') return sendConfirmed(peer, event, told)
    if (text !== undefined && isAllKept(received, told)) forward(peer, text)
    else untyped(peer).emit(event, told)
    return { delivered: true }
  }
}

/** Sends the event, and waits until the page has acknowledged it. */
async function sendConfirmed(peer: AppSocket, event: keyof Relayed, told: object): Promise<RelayAck> {
  try {
    await untyped(peer).timeout(CONFIRM_MS).emitWithAck(event, told)
    return { delivered: true }
  } catch {
    return { delivered: false }
  }
}

// Each payload was checked against its event on arrival; the pairs are too many for the compiler.
const untyped = (socket: AppSocket): Socket => socket as unknown as Socket
