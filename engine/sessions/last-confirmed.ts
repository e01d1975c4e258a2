/**
 * Records at intervals the last instant at which both people of each running session were
 * connected.
 */
import { draftOfLive } from '../../domain/drafts.ts'
import type { LiveSession } from '../../domain/session.ts'
import type { Clock, Log, Store } from '../ports.ts'
import type { Evidence } from './evidence.ts'

const BATCH = 100 // a longer commit would keep a charge waiting

export interface LastConfirmed {
  start(): void
  stop(): void
}

export function createLastConfirmed(parts: {
  store: Store
  clock: Clock
  log: Log
  evidence: Pick<Evidence, 'lastConfirmedAt'>
  /** Time between two records: the most that a crash may cost a reader. */
  everyMs: number
}): LastConfirmed {
  const { store, clock, log, evidence } = parts
  let stopped = false
  let cancel: (() => void) | undefined

  const confirmed = (live: LiveSession): LiveSession => {
    const confirmedAt = evidence.lastConfirmedAt(live.id)
    if (confirmedAt === undefined || confirmedAt <= live.witnessedAt) return live
    const draft = draftOfLive(live)
    draft.witnessedAt = confirmedAt
    return draft
  }

  const write = async (): Promise<void> => {
    const ids = await store.read((view) => [...view.openSessions()].map(({ id }) => id))
    for (let from = 0; from < ids.length; from += BATCH) {
      await store.commit((tx) => {
        for (const id of ids.slice(from, from + BATCH)) {
          const open = tx.openSession(id)
          if (open?.status === 'live' && confirmed(open) !== open) tx.putSession(confirmed(open))
        }
      }, 'session')
    }
  }

  const writeLater = (): void => {
    cancel = clock.at(clock.now() + parts.everyMs, () => {
      write()
        .catch((error) => log.error({ err: error }, 'the last confirmed instants could not be recorded'))
        .then(() => stopped || writeLater())
    })
  }

  return {
    start: writeLater,
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
