/** Says how the two people of a session are connected. */
import type { SessionView } from '../../shared/protocol/session.ts'
import type { CallState, Hearing } from '../call/types.ts'
import type { Told } from '../session/meter.ts'

export interface Connection {
  state: 'connecting' | 'connected' | 'unsteady' | 'lost'
  words: string
}

/** Holds what this page knows of the call. */
export interface CallSeen {
  readonly call: CallState | undefined
  readonly hearing: Hearing
}

/** Returns the state of the connection, one of four, with its words. */
export function connectionOf({ status }: SessionView, { call, hearing }: CallSeen, told: Told): Connection {
  const offline = call?.online === false
  // Already before the server has paused, because it bills none of that time.
  if (hearing === 'nothing' && !offline) return { state: 'lost', words: 'Nothing received: not charging' }
  if (status === 'live' && told.running && !offline) {
    if (hearing === 'unsteady') return { state: 'unsteady', words: 'Connection is unstable' }
    return { state: 'connected', words: 'Connected' }
  }
  // The session becomes live a moment before the first message about the meter.
  const begins = status === 'accepted' || (status === 'live' && told.billedMs === 0)
  if (begins && !offline) return { state: 'connecting', words: 'Connecting' }
  return { state: 'lost', words: 'Reconnecting: paused, not charging' }
}
