/** Indexes records by values that they hold: from a value to the ids of its records. */

export interface TableIndex<R> {
  /**
   * Returns the ids of the records that hold the value, in the order in which they came to hold it.
   */
  ids(value: string): Iterable<string>
  /** Notes that the record with this id was `old` and is `now`; undefined means no record. */
  change(id: string, old: R | undefined, now: R | undefined): void
}

const NONE: readonly string[] = []

/**
 * Creates an index. Most values belong to one record: its id is kept as it is, and a set is made
 * for the second.
 */
export function createTableIndex<R>(valuesOf: (record: R) => readonly string[]): TableIndex<R> {
  const holders = new Map<string, string | Set<string>>()

  function add(value: string, id: string): void {
    const held = holders.get(value)
    if (held === undefined || held === id) holders.set(value, id)
    else if (typeof held === 'string') holders.set(value, new Set([held, id]))
    else held.add(id)
  }

  function remove(value: string, id: string): void {
    const held = holders.get(value)
    if (held === id) holders.delete(value)
    if (held === undefined || typeof held === 'string') return
    held.delete(id)
    if (held.size === 0) holders.delete(value)
  }

  return {
    ids: (value) => {
      const held = holders.get(value)
      return typeof held === 'string' ? [held] : (held ?? NONE)
    },
    change: (id, old, now) => {
      const before = old === undefined ? NONE : valuesOf(old)
      const after = now === undefined ? NONE : valuesOf(now)
      if (before.length === after.length && before.every((value, at) => value === after[at])) return
      const kept = new Set(after)
      for (const value of before) if (!kept.has(value)) remove(value, id)
      for (const value of kept) add(value, id)
    },
  }
}
