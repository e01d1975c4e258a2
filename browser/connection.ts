import type { SessionView } from '../shared/protocol.ts'
import type { CallState } from './call.ts'
import type { Told } from './meter.ts'

export interface Connection {
  state: 'connecting' | 'connected' | 'lost'
  words: string
}

/** How things stand between the two people, in one of three ways. */
export function connectionOf({ status }: SessionView, call: CallState | undefined, told: Told): Connection {
  const offline = call !== undefined && !call.online
  if (status === 'live' && told.running && !offline) return { state: 'connected', words: 'Connected' }
  // That it is live is told a moment before the meter's first stand.
  const begins = status === 'accepted' || (status === 'live' && told.billedMs === 0)
  if (begins && !offline) return { state: 'connecting', words: 'Connecting' }
  return { state: 'lost', words: 'Reconnecting: paused, not charging' }
}
