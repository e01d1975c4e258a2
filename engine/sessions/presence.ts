/** Keeps which readers are available, busy or offline, by their switch and their open pages. */
import { type Reader, viewAbout } from '../../domain/reader.ts'
import type { ReaderStatus, ReaderView } from '../../shared/protocol/views.ts'
import type { Act } from '../commit.ts'
import type { Clock, Log, Store, View } from '../ports.ts'

export interface Presence {
  /** Counts a page of this user that has opened, or closed. */
  arrive(userId: string): void
  depart(userId: string): void
  /**
   * Sets whether the reader takes sessions. It lapses when the reader's last page has been gone for
   * the grace.
   */
  setAvailable(reader: Reader, available: boolean): Promise<boolean>
  list(): Promise<ReaderView[]>
  /** Returns how many readers can be rung now. */
  countAvailable(): Promise<number>
  /** Counts every reader who is available as having a page open. */
  keepAll(): Promise<void>
  /** Gives readers who were available before a restart the grace to come back. */
  recover(): Promise<void>
  stop(): void
}

/**
 * Creates the presence of readers. A reader with an open session is busy, whatever the switch says.
 */
export function createPresence(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  graceMs: number
}): Presence {
  const { act, store, clock, log, graceMs } = parts
  const pages = new Map<string, number>()
  const lapses = new Map<string, () => void>()
  let stopped = false

  const write = (readerId: string, available: boolean): Promise<boolean> =>
    act((tx) => {
      const reader = tx.user(readerId)
      if (reader?.role !== 'reader' || reader.closedAt !== undefined) return false
      if (reader.available === available) return available
      const changed = { ...reader, available }
      tx.putUser(changed)
      tx.tell({ type: 'reader-status', readerId, status: statusOf(tx, changed) })
      return available
    })

  const cancelLapse = (userId: string): void => {
    lapses.get(userId)?.()
    lapses.delete(userId)
  }

  const lapseLater = (userId: string): void => {
    cancelLapse(userId)
    const lapse = () => {
      lapses.delete(userId)
      write(userId, false).catch((error) => {
        log.warn({ err: error, userId }, 'a lapse could not be recorded; it will be retried')
        if (!stopped && !pages.has(userId)) lapseLater(userId)
      })
    }
    lapses.set(userId, clock.at(clock.now() + graceMs, lapse))
  }

  const arrive = (userId: string): void => {
    pages.set(userId, (pages.get(userId) ?? 0) + 1)
    cancelLapse(userId)
  }

  const available = (): Promise<Reader[]> =>
    store.read((view) => [...view.readers()].filter((reader) => reader.available))

  return {
    arrive,

    depart(userId) {
      const left = (pages.get(userId) ?? 0) - 1
      if (left > 0) {
        pages.set(userId, left)
        return
      }
      pages.delete(userId)
      lapseLater(userId)
    },

    setAvailable(reader, available) {
      // Before the commit: a lapse that was already planned must not undo it.
      if (available && !pages.has(reader.id)) lapseLater(reader.id)
      return write(reader.id, available)
    },

    list: () =>
      store.read((view) =>
        [...view.readers()].filter(isThere).map((reader) => ({
          id: reader.id,
          name: reader.name,
          rateCents: reader.rateCents,
          status: statusOf(view, reader),
          ...viewAbout(reader),
        })),
      ),

    countAvailable: () =>
      store.read((view) => {
        let count = 0
        for (const reader of view.readers()) if (statusOf(view, reader) === 'available') count += 1
        return count
      }),

    async keepAll() {
      for (const { id } of await available()) arrive(id)
    },

    async recover() {
      for (const reader of await available()) if (!pages.has(reader.id)) lapseLater(reader.id)
    },

    stop() {
      stopped = true
      for (const cancel of lapses.values()) cancel()
      lapses.clear()
    },
  }
}

const isThere = ({ closedAt }: Reader): boolean => closedAt === undefined

function statusOf(view: View, reader: Reader): ReaderStatus {
  if (view.openSessionOf(reader.id)) return 'busy'
  return reader.available ? 'available' : 'offline'
}
