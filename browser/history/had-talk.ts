/** Distinguishes sessions from requests that came to nothing. */
import type { EndReason, SessionView } from '../../shared/protocol/session.ts'

const WITHOUT: readonly EndReason[] = ['declined', 'cancelled', 'missed', 'never_connected']

/** Says whether a request got as far as a session: one that did not belongs in no list of them. */
export function hadTalk({ endReason }: Pick<SessionView, 'endReason'>): boolean {
  return endReason === undefined || !WITHOUT.includes(endReason)
}
