/** Pauses what runs when the server stops, and takes up what it left open when it starts. */
import { isStarted, notAfter, noteSent } from '../../domain/session.ts'
import type { Act } from '../commit.ts'
import type { Store } from '../ports.ts'
import type { Charging } from './charging.ts'

export interface Restarts {
  /** Pauses whatever ran when the last process stopped, at the last instant at which both were confirmed to be connected. */
  recover(): Promise<void>
  /** Pauses whatever runs. */
  pauseAll(): Promise<void>
}

export function createRestarts(parts: {
  act: Act
  store: Store
  charging: Charging
  gather: (sessionId: string) => Promise<number | undefined>
  /** [B22] Returns how long the reader's pages say that they have sent. */
  sentMsOf: (sessionId: string) => number
}): Restarts {
  const { act, store, charging, gather, sentMsOf } = parts
  return {
    async recover() {
      await act((tx) => {
        for (const left of [...tx.openSessions()]) {
          const was = notAfter(left, tx.now)
          if (was.status === 'live') charging.pause(tx, was, was.witnessedAt, 'server_stopped')
          // Nobody can have come back while nobody was there to be found: the grace begins anew.
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
