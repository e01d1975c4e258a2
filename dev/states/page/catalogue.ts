/** Lists every state that can be leafed through at `/dev/states`, page by page. */
import { CLIENT_STATES } from './client-states.ts'
import { PAST_STATES } from './past-states.ts'
import { READER_STATES } from './reader-states.ts'
import { SESSION_STATES } from './session-states.ts'
import type { State } from './state.ts'
import { STRANGER_STATES } from './stranger-states.ts'

/** The states by who sees them, or where. */
export const GROUPS: Readonly<Record<string, readonly State[]>> = {
  Strangers: STRANGER_STATES,
  'A client’s dashboard': CLIENT_STATES,
  'A reader’s dashboard': READER_STATES,
  Sessions: SESSION_STATES,
  'History and account': PAST_STATES,
}

export const STATES: readonly State[] = Object.values(GROUPS).flat()
