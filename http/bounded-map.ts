/**
 * A map for keys that strangers can make up: bounded in number and length, and rid of entries that
 * no longer matter.
 */
import { createHash } from 'node:crypto'

export interface BoundedMap<T> {
  readonly size: number
  get(key: string): T | undefined
  set(key: string, value: T): void
  delete(key: string): void
}

/** The most entries that one map keeps, and the longest key that is kept as it is. */
export const MOST_KEYS = 50_000
export const LONGEST_KEY = 100

const LOOKED_AT = 2 // more than come in, so that lapsed entries leave faster than new ones arrive
const DROPPED = MOST_KEYS / 10 // many at once, because finding them takes a look at all

/**
 * Each new key has two others looked at, in turn, and dropped if they have lapsed. A full map drops
 * the entries that lapse first: a key that was used once never pushes out one that was used often.
 */
export function createBoundedMap<T>(parts: {
  now: () => number
  /** Returns the instant from which an entry no longer matters. */
  lapsesAt: (value: T) => number
}): BoundedMap<T> {
  const { now, lapsesAt } = parts
  const kept = new Map<string, T>()

  let hand = kept.entries() // goes around: it sees what is added meanwhile, and starts again at the end

  const lookAtSome = (): void => {
    for (let looked = 0; looked < LOOKED_AT; looked += 1) {
      const { value: entry } = hand.next()
      if (!entry) hand = kept.entries()
      else if (lapsesAt(entry[1]) <= now()) kept.delete(entry[0])
    }
  }

  const makeRoom = (): void => {
    const instants = new Float64Array(kept.size)
    let at = 0
    for (const value of kept.values()) instants[at++] = lapsesAt(value)
    const last = instants.sort()[DROPPED - 1] ?? Number.POSITIVE_INFINITY
    let left = DROPPED
    for (const [key, value] of kept) {
      if (lapsesAt(value) > last) continue
      kept.delete(key)
      left -= 1
      if (left === 0) return
    }
  }

  return {
    get size() {
      return kept.size
    },
    get: (key) => kept.get(short(key)),
    set(key, value) {
      const name = short(key)
      if (!kept.has(name)) {
        lookAtSome()
        if (kept.size >= MOST_KEYS) makeRoom()
      }
      kept.set(name, value)
    },
    delete: (key) => void kept.delete(short(key)),
  }
}

function short(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('base64url')
}
