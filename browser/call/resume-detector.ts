/** Detects that the page returns from sleep, the background or a lost network. */
import type { CallEnvironment, EnvironmentListener } from './types.ts'

// A shorter absence harms no connection.
const AWAY_MS = 5_000
// A network that has just come up needs a moment before it can be used.
const NETWORK_MS = 1_000

interface ResumeParts {
  environment: Pick<CallEnvironment, 'after' | 'now' | 'watch'>
  /** Runs when the page may have lost its connections without an event. */
  onBack(): void
  onDevices(): void
}

/** Watches for a return from where connections die silently; returns a function that stops it. */
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
