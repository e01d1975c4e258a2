import type { RtcState } from '../../shared/protocol/socket.ts'
import type { CallWorld } from './types.ts'

const URGENT_MS = 1_000
// A beat right after an instant must have heard of the moment before it.
const AFTER_MS = 100
// Timers of hidden pages may be late by far more than this.
const OVERDUE_MS = 500

interface PulseParts {
  world: Pick<CallWorld, 'after' | 'every' | 'steady'>
  isConnected(): boolean
  /** Whether the server must hear from us every second. */
  isUrgent(): boolean
  /** Brings what is reported up to this moment. */
  freshen(): Promise<void>
  report(state: RtcState): void
}

export interface Pulse {
  /** Reports now, and then every `heartbeatMs`. */
  start(heartbeatMs: number): void
  /** Reports when the state is another than the one reported last. */
  changed(): void
  /** Reports at once what is true now: the server waits for it. */
  ask(): void
  /** Reports right after each of these instants, in milliseconds from now, and after no earlier ones. */
  expect(inMs: readonly number[]): void
  /** Reports if that should have been done already. */
  nudge(): void
  /** What would be reported now. */
  state(): RtcState
  stop(): void
}

/** Tells the server whether the two pages are connected: at every change, and often enough to be believed. */
export function createPulse({ world, isConnected, isUrgent, freshen, report }: PulseParts): Pulse {
  let last: RtcState | undefined
  let beatAt = 0
  let everyMs = 0
  let stops: (() => void)[] = []
  let stopExpecting: (() => void)[] = []

  const state = (): RtcState => (isConnected() ? 'connected' : 'interrupted')
  const isRunning = () => stops.length > 0
  const beat = () => {
    last = state()
    beatAt = world.steady()
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
      stops = [world.every(heartbeatMs, beat), world.every(URGENT_MS, () => isUrgent() && beat())]
    },
    changed: () => {
      if (isRunning() && state() !== last) beat()
    },
    ask: () => {
      if (isRunning()) ask()
    },
    expect: (inMs) => {
      for (const stop of stopExpecting) stop()
      stopExpecting = inMs.map((ms) => world.after(ms + AFTER_MS, () => isRunning() && ask()))
    },
    nudge: () => {
      if (isRunning() && world.steady() - beatAt > everyMs + OVERDUE_MS) beat()
    },
    state,
    stop: () => {
      halt()
      for (const stop of stopExpecting) stop()
      stopExpecting = []
    },
  }
}
