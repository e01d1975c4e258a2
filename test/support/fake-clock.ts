/** Plays a clock that a test moves. */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../engine/ports.ts'

export interface FakeClock extends Clock {
  /** Moves time on, ringing the alarms on the way, each at its own instant. */
  advance(ms: number): Promise<void>
  /** Moves time on in one leap, as a process that was held up would see it. */
  leap(ms: number): Promise<void>
  /** Returns the number of pending alarms. */
  pending(): number
}

export function fakeClock(startAt = 1_700_000_000_000): FakeClock {
  let now = startAt
  let order = 0
  const alarms = new Map<number, { instant: number; wake: () => void }>()

  const earliest = (until: number): [number, { instant: number; wake: () => void }] | undefined =>
    [...alarms]
      .filter(([, alarm]) => alarm.instant <= until)
      .sort(([a, one], [b, other]) => one.instant - other.instant || a - b)[0]

  const ringUntil = async (until: number): Promise<void> => {
    for (let next = earliest(until); next; next = earliest(until)) {
      const [key, alarm] = next
      alarms.delete(key)
      now = Math.max(now, alarm.instant)
      alarm.wake()
      await setImmediate()
    }
  }

  return {
    now: () => now,
    at(instant, wake) {
      order += 1
      const key = order
      alarms.set(key, { instant, wake })
      return () => void alarms.delete(key)
    },
    async advance(ms) {
      await setImmediate()
      const until = now + ms
      await ringUntil(until)
      now = until
      await setImmediate()
    },
    async leap(ms) {
      await setImmediate()
      now += ms
      await ringUntil(now)
      await setImmediate()
    },
    pending: () => alarms.size,
  }
}
