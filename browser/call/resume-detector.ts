import type { CallEnvironment, EnvironmentListener } from './types.ts'

// Shorter looks elsewhere harm no connection.
const AWAY_MS = 5_000
// A network that has just come up needs a moment before it can be tried.
const NETWORK_MS = 1_000

interface ResumeParts {
  environment: Pick<CallEnvironment, 'after' | 'now' | 'watch'>
  /** The page may have lost its connections without a word about it. */
  onBack(): void
  onDevices(): void
}

/** Notices when the page returns from where connections die silently; returns the way to stop. */
export function watchResume({ environment, onBack, onDevices }: ResumeParts): () => void {
  let hiddenAt: number | undefined
  let stopTimer = () => {}

  const listener: EnvironmentListener = {
    online: () => {
      stopTimer()
      stopTimer = environment.after(NETWORK_MS, onBack)
    },
    hidden: () => {
      hiddenAt = environment.now()
    },
    shown: () => {
      const awayMs = hiddenAt === undefined ? 0 : environment.now() - hiddenAt
      hiddenAt = undefined
      if (awayMs > AWAY_MS) onBack()
    },
    devicesChanged: onDevices,
  }
  const stopWatching = environment.watch(listener)
  return () => {
    stopTimer()
    stopWatching()
  }
}
