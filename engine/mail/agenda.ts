/** Finds the mails that are due, and looks again when the next one is. */
import type { Clock, Store } from '../ports.ts'
import { planOf } from './progress.ts'

export interface Agenda {
  /** Reads which mails are due, now and again when another one is. */
  look(): void
  /** Takes the first of those that were found. */
  next(): string | undefined
  /** Drops those that were found, until the next look. */
  forget(): void
  stop(): void
}

export function createAgenda(parts: {
  store: Pick<Store, 'read'>
  clock: Clock
  /** False before the outbox starts, after it stops, and where no mail leaves. */
  mayLook: () => boolean
  /** Returns when the outbox may send again; in the past when it may now. */
  restsUntil: () => number
  onFound: () => void
  onFailure: (error: unknown, message: string) => void
}): Agenda {
  const { store, clock, mayLook, restsUntil, onFound, onFailure } = parts
  let cancelLook = (): void => {}
  let waiting: string[] = []
  let isLooking = false
  let isAwaited = false

  const look = (): void => {
    isAwaited = true
    if (isLooking || !mayLook()) return
    isLooking = true
    lookUntilFound()
      .catch((error) => onFailure(error, 'queued mails could not be read'))
      .finally(() => {
        isLooking = false
        if (waiting.length > 0 && restsUntil() <= clock.now()) onFound()
      })
  }

  const lookUntilFound = async (): Promise<void> => {
    while (isAwaited && mayLook()) {
      isAwaited = false
      const { due, nextAt } = await store.read(planOf)
      waiting = due
      cancelLook()
      const wakeAt = Math.max(restsUntil(), due.length > 0 ? 0 : (nextAt ?? Number.POSITIVE_INFINITY))
      if (wakeAt <= clock.now()) {
        // The next one became due while the disk was asked.
        isAwaited ||= due.length === 0
      } else if (Number.isFinite(wakeAt)) cancelLook = clock.at(wakeAt, look)
    }
  }

  return {
    look,
    next: () => waiting.shift(),
    forget: () => {
      waiting = []
    },
    stop: () => cancelLook(),
  }
}
