/** Reports what a reader earned, in total and day by day. */
import { dayTotals } from '../../domain/earnings.ts'
import type { Reader } from '../../domain/reader.ts'
import { type EndedSession, isStarted } from '../../domain/session.ts'
import type { EarningsDay, EarningsView } from '../../shared/protocol/views.ts'
import { DAY_MS } from '../../shared/time.ts'
import type { Store } from '../ports.ts'

const SHOWN_DAYS = 30
const LIST_PAGE_SIZE = 100

export interface EarningsReports {
  /**
   * Returns what a reader earned in total, lately, and on each of the last thirty days of `zone`;
   * less when `gone` aborts it.
   */
  of(reader: Reader, zone?: string, gone?: AbortSignal): Promise<EarningsView>
}

/** Creates the earnings report of readers. */
export function createEarningsReports({ store }: { store: Store }): EarningsReports {
  return {
    async of({ id }, zone = 'UTC', gone) {
      const { now, totalCents, open } = await store.read((view) => {
        const open = view.openSessionOf(id)
        return {
          now: view.now,
          totalCents: view.earningsOf(id),
          open: open && isStarted(open) ? open : undefined,
        }
      })
      const totals = dayTotals(zone, now, SHOWN_DAYS)
      if (open) totals.add({ ...open, at: now })
      // A day more than is shown: the reader's first day may begin before ours.
      const since = now - (SHOWN_DAYS + 1) * DAY_MS
      for await (const ended of endedSince(store, id, since)) {
        if (gone?.aborted) break
        totals.add({ ...ended, at: ended.endedAt })
      }
      const { days } = totals
      return {
        totalCents,
        todayCents: sumOf(days.slice(-1)),
        weekCents: sumOf(days.slice(-7)),
        weekBeforeCents: sumOf(days.slice(-14, -7)),
        days,
        zone,
      }
    },
  }
}

const sumOf = (days: readonly EarningsDay[]): number => days.reduce((sum, { cents }) => sum + cents, 0)

/** Yields a user's sessions that ended at or after `since`, newest first, read a page at a time. */
export async function* endedSince(
  store: Store,
  userId: string,
  since = 0,
): AsyncGenerator<EndedSession, void, undefined> {
  let cursor: string | undefined
  do {
    const listPage = await store.pastSessions(userId, { cursor, limit: LIST_PAGE_SIZE })
    for (const session of listPage.sessions) {
      if (session.endedAt < since) return
      yield session
    }
    cursor = listPage.nextCursor
  } while (cursor !== undefined)
}
