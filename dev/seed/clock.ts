/** Moves the clock of the seeding. */
import type { Clock } from '../../engine/ports.ts'

export interface MovedClock extends Clock {
  /**
   * Moves on to `instant`, ringing every alarm on the way at its own time and waiting for what it
   * triggered.
   */
  goTo(instant: number): Promise<void>
}

/**
 * Creates a clock that moves only when it is moved; `settled` resolves when nothing that an alarm
 * triggered is running.
 */
export function movedClock(startAt: number, settled: () => Promise<void>): MovedClock {
  let now = startAt
  const alarms = new Set<{ instant: number; wake: () => void }>()
  const earliest = () =>
    [...alarms].reduce<{ instant: number; wake: () => void } | undefined>(
      (first, alarm) => (first && first.instant <= alarm.instant ? first : alarm),
      undefined,
    )

  return {
    now: () => now,
    at(instant, wake) {
      const alarm = { instant, wake }
      alarms.add(alarm)
      return () => void alarms.delete(alarm)
    },
    async goTo(instant) {
      for (let next = earliest(); next && next.instant <= instant; next = earliest()) {
        alarms.delete(next)
        now = Math.max(now, next.instant)
        next.wake()
        await settled()
      }
      now = Math.max(now, instant)
      await settled()
    },
  }
}
