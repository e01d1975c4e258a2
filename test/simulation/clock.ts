/**
 * Plays a clock that runs as the simulation says: exactly, or held up as in a process that gets no
 * turn.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../engine/ports.ts'

interface Alarm {
  readonly instant: number
  readonly wake: () => void
}

export interface SimulatedClock extends Clock {
  /** Returns the instant of the next wake-up that was asked for; undefined when there is none. */
  next(): number | undefined
  /**
   * Moves time on to `instant` and rings the alarms that are due by then, the earliest first. No
   * alarm may be due before.
   */
  moveTo(instant: number): Promise<void>
  /** Moves time on without ringing: alarms that were due ring late. */
  hold(ms: number): void
  pending(): number
}

/** Lets everything that waits for the disk in memory, or for nothing, come to its end. */
export const settled = (): Promise<void> => setImmediate()

export function simulatedClock(startAt = 1_700_000_000_000): SimulatedClock {
  let now = startAt
  const alarms = new Set<Alarm>()

  /** Returns the earliest alarm; of those at one instant, the one asked for first. */
  const earliest = (): Alarm | undefined => {
    let first: Alarm | undefined
    for (const alarm of alarms) if (!first || alarm.instant < first.instant) first = alarm
    return first
  }

  return {
    now: () => now,
    at(instant, wake) {
      const alarm = { instant, wake }
      alarms.add(alarm)
      return () => void alarms.delete(alarm)
    },
    next: () => earliest()?.instant,
    async moveTo(instant) {
      now = Math.max(now, instant)
      for (let alarm = earliest(); alarm && alarm.instant <= now; alarm = earliest()) {
        alarms.delete(alarm)
        alarm.wake()
        await settled()
      }
    },
    hold(ms) {
      now += ms
    },
    pending: () => alarms.size,
  }
}
