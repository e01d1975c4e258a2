import type { RtcState } from '../shared/protocol.ts'
import type { CallWorld } from './call-world.ts'

interface PulseParts {
  every: CallWorld['every']
  isConnected(): boolean
  report(state: RtcState): void
}

export interface Pulse {
  /** Reports now, and then every `heartbeatMs`. */
  start(heartbeatMs: number): void
  /** Reports when the state is another than the one reported last. */
  changed(): void
  /** What would be reported now. */
  state(): RtcState
  stop(): void
}

/** Tells the server whether the two pages are connected: at every change, and often enough to be believed. */
export function createPulse({ every, isConnected, report }: PulseParts): Pulse {
  let last: RtcState | undefined
  let stop: (() => void) | undefined

  const state = (): RtcState => (isConnected() ? 'connected' : 'interrupted')
  const beat = () => {
    last = state()
    report(last)
  }
  const halt = () => {
    stop?.()
    stop = undefined
  }
  return {
    start: (heartbeatMs) => {
      halt()
      beat()
      stop = every(heartbeatMs, beat)
    },
    changed: () => {
      if (stop && state() !== last) beat()
    },
    state,
    stop: halt,
  }
}
