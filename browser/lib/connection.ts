import type { SessionView } from '../../shared/protocol/session.ts'
import type { CallState, Hearing } from '../call/types.ts'
import type { Told } from '../session/meter.ts'

export interface Connection {
  state: 'connecting' | 'connected' | 'unsteady' | 'lost'
  words: string
}

/** What this page knows of the call. */
export interface CallSeen {
  readonly call: CallState | undefined
  readonly hearing: Hearing
}

/** How things stand between the two people, in one of four ways. */
export function connectionOf({ status }: SessionView, { call, hearing }: CallSeen, told: Told): Connection {
  const offline = call !== undefined && !call.online
  if (status === 'live' && told.running && !offline) {
    if (hearing === 'unsteady') return { state: 'unsteady', words: 'Connection is unsteady' }
    return { state: 'connected', words: 'Connected' }
  }
  // That it is live is told a moment before the meter's first stand.
  const begins = status === 'accepted' || (status === 'live' && told.billedMs === 0)
  if (begins && !offline) return { state: 'connecting', words: 'Connecting' }
  return { state: 'lost', words: 'Reconnecting: paused, not charging' }
}
