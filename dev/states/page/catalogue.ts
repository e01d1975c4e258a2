/** Lists every state that can be leafed through at `/dev/states`, page by page. */
import { CLIENT_GROUPS } from './client-states.ts'
import { PAST_GROUPS } from './past-states.ts'
import { READER_GROUPS } from './reader-states.ts'
import { SESSION_GROUPS } from './session-states.ts'
import type { State } from './state.ts'
import { STRANGER_GROUPS } from './stranger-states.ts'

/** The states by where they are seen. */
export const GROUPS: Readonly<Record<string, readonly State[]>> = {
  ...STRANGER_GROUPS,
  ...CLIENT_GROUPS,
  ...READER_GROUPS,
  ...SESSION_GROUPS,
  ...PAST_GROUPS,
}

export const STATES: readonly State[] = Object.values(GROUPS).flat()
