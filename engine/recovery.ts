/** Recovers what the last run left open, even when the disk is full at first. */
import { Refusal } from '../domain/errors.ts'
import type { Clock, Log, Store } from './ports.ts'

const RETRY_MS = 1_000

/** The recovery of a start. */
export interface Recovery {
  /** The store for the rest of the engine: it refuses every change until recovery is complete. */
  readonly store: Store
  /** Runs `takeUp`; where the disk has no room for it, retries every second until it has. */
  run(takeUp: () => Promise<void>): Promise<void>
  stop(): void
}

/**
 * Creates the recovery of a start. A session that ran when the last process stopped counts as
 * running until recovery, so a change before that could bill the time in which there was no server.
 */
export function createRecovery(parts: { store: Store; clock: Clock; log: Log }): Recovery {
  const { store, clock, log } = parts
  let isPending = false
  let cancel: (() => void) | undefined

  const run = async (takeUp: () => Promise<void>): Promise<void> => {
    try {
      await takeUp()
      isPending = false
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'storage_full')) throw error
      if (!isPending) log.error({ err: error }, 'the disk is full: open sessions wait, and reading works')
      isPending = true
      cancel = clock.at(clock.now() + RETRY_MS, () => {
        run(takeUp).catch((failure) => log.error({ err: failure }, 'open sessions could not be recovered'))
      })
    }
  }

  return {
    store: {
      ...store,
      commit: (decide, purpose) =>
        isPending && purpose !== 'recovery' ? Promise.reject(noRoom()) : store.commit(decide, purpose),
    },
    run,
    stop: () => cancel?.(),
  }
}

const noRoom = () =>
  new Refusal('storage_full', 'We cannot save anything right now. Please try again in a few minutes.', {
    retryAfterSeconds: 60,
  })
