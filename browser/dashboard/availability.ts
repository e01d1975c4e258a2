/** Keeps whether a reader is available, and whether that has lapsed. */
import { signal } from '@preact/signals'

/**
 * The browser's key for whether a reader wants to be available, which distinguishes a lapse from a
 * choice.
 */
const KEY = 'soulseer.available'

export interface AvailabilityMemory {
  /**
   * Says whether this reader went available in this browser, on any page, and has not gone offline
   * here since.
   */
  isWanted(): boolean
  keep(wanted: boolean): void
}

/** Creates the memory; where the browser keeps nothing, it lasts as long as the page. */
export function createAvailabilityMemory(
  readerId: string,
  storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = () => localStorage,
): AvailabilityMemory {
  let here = false
  return {
    isWanted() {
      try {
        return storage().getItem(KEY) === readerId
      } catch {
        return here
      }
    },
    keep(wanted) {
      here = wanted
      try {
        if (wanted) storage().setItem(KEY, readerId)
        else storage().removeItem(KEY)
      } catch {
        // The copy on the page remains.
      }
    },
  }
}

/** Creates the availability as the server last reported it. */
export function createAvailability(memory: AvailabilityMemory, initially: boolean) {
  const available = signal(initially)
  /** True when the reader wanted to be available and no longer is. */
  const lapsed = signal(!initially && memory.isWanted())

  const take = (next: boolean) => {
    available.value = next
    lapsed.value = !next && memory.isWanted()
  }
  return {
    available,
    lapsed,

    /** Takes what the server reports unasked. */
    learn(next: boolean) {
      if (next) memory.keep(true)
      take(next)
    },

    /** Takes what the reader has chosen on this page and the server has confirmed. */
    choose(next: boolean) {
      memory.keep(next)
      take(next)
    },
  }
}
