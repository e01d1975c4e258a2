/** Keeps the one state of a call that its page shows. */
import type { CallEnd, CallState } from './types.ts'

interface Facts {
  /** Undefined until the first connection to our server is up, or has taken too long. */
  readonly online: boolean | undefined
  readonly peerPresent: boolean
  /** The seat has been ours at least once. */
  readonly admitted: boolean
  readonly connected: boolean
  readonly end?: CallEnd
}

export interface CallStatus {
  facts(): Facts
  learn(news: Partial<Facts>): void
}

/** Creates the status: it combines what is known into one state, and reports each change. */
export function createStatus(onState: (state: CallState) => void): CallStatus {
  let facts: Facts = { online: undefined, peerPresent: false, admitted: false, connected: false }
  let hasConnected = false
  let told = ''

  return {
    facts: () => facts,
    learn: (news) => {
      facts = { ...facts, ...news }
      hasConnected ||= facts.connected
      const { online, peerPresent } = facts
      const state = { phase: phaseOf(facts, hasConnected), online, peerPresent }
      const text = JSON.stringify(state)
      if (text === told) return
      told = text
      onState(state)
    },
  }
}

function phaseOf(facts: Facts, hasConnected: boolean): CallState['phase'] {
  if (facts.end) return facts.end
  if (facts.connected) return 'connected'
  if (hasConnected) return 'reconnecting'
  if (!facts.admitted) return 'joining'
  return facts.peerPresent ? 'connecting' : 'waiting'
}
