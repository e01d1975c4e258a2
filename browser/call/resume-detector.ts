import type { CallWorld, WorldListener } from './types.ts'

// Shorter looks elsewhere harm no connection.
const AWAY_MS = 5_000
// A network that has just come up needs a moment before it can be tried.
const NETWORK_MS = 1_000

interface WakeParts {
  world: Pick<CallWorld, 'after' | 'now' | 'watch'>
  /** The page may have lost its connections without a word about it. */
  onBack(): void
  onDevices(): void
}

/** Notices when the page returns from where connections die silently; returns the way to stop. */
export function watchWake({ world, onBack, onDevices }: WakeParts): () => void {
  let hiddenAt: number | undefined
  let stopTimer = () => {}

  const listener: WorldListener = {
    online: () => {
      stopTimer()
      stopTimer = world.after(NETWORK_MS, onBack)
    },
    hidden: () => {
      hiddenAt = world.now()
    },
    shown: () => {
      const awayMs = hiddenAt === undefined ? 0 : world.now() - hiddenAt
      hiddenAt = undefined
      if (awayMs > AWAY_MS) onBack()
    },
    devicesChanged: onDevices,
  }
  const stopWatching = world.watch(listener)
  return () => {
    stopTimer()
    stopWatching()
  }
}
