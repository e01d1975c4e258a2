import { signal } from '@preact/signals'

/** Whether a reader wants to be available, as this browser last heard: what it needs to tell a lapse from a choice. */
const KEY = 'soulseer.available'

export interface AvailabilityMemory {
  /** Whether this reader went available in this browser, on whichever page, and has not gone offline here since. */
  isWanted(): boolean
  keep(wanted: boolean): void
}

/** Where the browser keeps nothing, the page itself remembers. */
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
        // The page remembers.
      }
    },
  }
}

/** Whether a reader is available, as the server told last, and whether that has lapsed. */
export function createAvailability(memory: AvailabilityMemory, initially: boolean) {
  const available = signal(initially)
  /** The reader wanted to be available, and is not any more. */
  const lapsed = signal(!initially && memory.isWanted())

  const take = (next: boolean) => {
    available.value = next
    lapsed.value = !next && memory.isWanted()
  }
  return {
    available,
    lapsed,

    /** What the server says unasked. */
    learn(next: boolean) {
      if (next) memory.keep(true)
      take(next)
    },

    /** What the reader has chosen on this page, and the server has confirmed. */
    choose(next: boolean) {
      memory.keep(next)
      take(next)
    },
  }
}
