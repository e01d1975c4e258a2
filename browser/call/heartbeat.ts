/** Reports to the server whether the two pages are connected. */
import type { RtcState } from '../../shared/protocol/socket.ts'
import type { CallEnvironment } from './types.ts'

const URGENT_MS = 1_000
// A heartbeat right after an instant must include the moment before it.
const AFTER_MS = 100
// Timers of hidden pages may be late by far more than this.
const OVERDUE_MS = 500

interface HeartbeatParts {
  environment: Pick<CallEnvironment, 'after' | 'every' | 'steady'>
  isConnected(): boolean
  /** Says whether the server must hear from us every second. */
  isUrgent(): boolean
  /** Brings what is reported up to this moment. */
  freshen(): Promise<void>
  report(state: RtcState): void
}

export interface Heartbeat {
  /** Reports now, and then every `heartbeatMs`. */
  start(heartbeatMs: number): void
  /** Reports if the state differs from the one reported last. */
  changed(): void
  /** Reports the current state at once: the server waits for it. */
  ask(): void
  /** Reports now, without a fresh sample. */
  now(): void
  /**
   * Reports right after each of these instants, in milliseconds from now; earlier instants are
   * dropped.
   */
  expect(inMs: readonly number[]): void
  /** Reports if a report is overdue. */
  nudge(): void
  /** Returns the state that would be reported now. */
  state(): RtcState
  stop(): void
}

/**
 * Creates the heartbeat: a report at every change, and often enough that the server keeps trusting
 * the last one.
 */
export function createHeartbeat({
  environment,
  isConnected,
  isUrgent,
  freshen,
  report,
}: HeartbeatParts): Heartbeat {
  let last: RtcState | undefined
  let beatAt = 0
  let everyMs = 0
  let stops: (() => void)[] = []
  let stopExpecting: (() => void)[] = []

  const state = (): RtcState => (isConnected() ? 'connected' : 'interrupted')
  const isRunning = () => stops.length > 0
  const beat = () => {
    last = state()
    beatAt = environment.steady()
    report(last)
  }
  const ask = () => void freshen().then(() => isRunning() && beat())
  const halt = () => {
    for (const stop of stops) stop()
    stops = []
  }
  return {
    start: (heartbeatMs) => {
      halt()
      everyMs = heartbeatMs
      beat()
      stops = [environment.every(heartbeatMs, beat), environment.every(URGENT_MS, () => isUrgent() && beat())]
    },
    changed: () => {
      if (isRunning() && state() !== last) beat()
    },
    ask: () => {
      if (isRunning()) ask()
    },
    now: () => {
      if (isRunning()) beat()
    },
    expect: (inMs) => {
      for (const stop of stopExpecting) stop()
      stopExpecting = inMs.map((ms) => environment.after(ms + AFTER_MS, () => isRunning() && ask()))
    },
    nudge: () => {
      if (isRunning() && environment.steady() - beatAt > everyMs + OVERDUE_MS) beat()
    },
    state,
    stop: () => {
      halt()
      for (const stop of stopExpecting) stop()
      stopExpecting = []
    },
  }
}
