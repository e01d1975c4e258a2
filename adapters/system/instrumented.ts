/** Measures how long the clock, the store and the disk take. */
import type { Clock, Store } from '../../engine/ports.ts'
import type { Disk, DiskFile } from '../store/disk/disk.ts'

/** Reports how late each wake-up came. */
export function measuredClock(clock: Clock, onWake: (lateMs: number) => void): Clock {
  return {
    now: clock.now,
    at: (instant, wake) =>
      clock.at(instant, () => {
        onWake(Math.max(0, clock.now() - instant))
        wake()
      }),
  }
}

/**
 * Reports how long each commit took from its decision until it was on disk, and whether it got
 * there.
 */
export function measuredStore<S extends Store>(store: S, onCommit: (ms: number, done: boolean) => void): S {
  const commit: Store['commit'] = async (decide, purpose) => {
    const startedAt = performance.now()
    try {
      const answer = await store.commit(decide, purpose)
      onCommit(performance.now() - startedAt, true)
      return answer
    } catch (error) {
      onCommit(performance.now() - startedAt, false)
      throw error
    }
  }
  return { ...store, commit }
}

/**
 * Reports how long each write of the journal took: only those files are opened so that a write goes
 * through to the disk.
 */
export function measuredDisk(disk: Disk, onSync: (ms: number) => void): Disk {
  const measuredFile = (file: DiskFile): DiskFile => ({
    ...file,
    async write(bytes, position) {
      const startedAt = performance.now()
      const written = await file.write(bytes, position)
      onSync(performance.now() - startedAt)
      return written
    },
  })
  return {
    ...disk,
    open: async (name, mode) => {
      const file = await disk.open(name, mode)
      return mode === 'through' ? measuredFile(file) : file
    },
  }
}
