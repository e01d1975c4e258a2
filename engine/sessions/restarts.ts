/** Pauses running sessions when the server stops, and recovers the open ones when it starts. */
import { isStarted, notAfter, noteSent } from '../../domain/session.ts'
import type { Act } from '../commit.ts'
import type { Store } from '../ports.ts'
import type { Charging } from './charging.ts'

export interface Restarts {
  /**
   * Pauses every session that ran when the last process stopped, as of the last instant at which
   * both were confirmed to be connected.
   */
  recover(): Promise<void>
  /** Pauses every running session. */
  pauseAll(): Promise<void>
}

export function createRestarts(parts: {
  act: Act
  store: Store
  charging: Charging
  gather: (sessionId: string) => Promise<number | undefined>
  /** [B22] Returns how many milliseconds the reader's pages report to have sent. */
  sentMsOf: (sessionId: string) => number
}): Restarts {
  const { act, store, charging, gather, sentMsOf } = parts
  return {
    async recover() {
      await act((tx) => {
        for (const left of [...tx.openSessions()]) {
          const was = notAfter(left, tx.now)
          if (was.status === 'live') charging.pause(tx, was, was.witnessedAt, 'server_stopped')
          // Users could not reconnect while the server was down, so the grace starts again.
          else if (was.status === 'paused') tx.putSession({ ...was, pausedAt: tx.now })
          else if (was !== left) tx.putSession(was)
        }
      }, 'recovery')
    },

    async pauseAll() {
      const ids = await store.read((view) => [...view.openSessions()].map(({ id }) => id))
      await Promise.all(ids.map(gather))
      await act((tx) => {
        for (const left of [...tx.openSessions()].filter(isStarted)) {
          const open = noteSent(left, sentMsOf(left.id))
          if (open.status === 'live') charging.pause(tx, open, tx.now, 'server_stopped')
          else if (open !== left) tx.putSession(open)
        }
      }, 'session')
    },
  }
}
