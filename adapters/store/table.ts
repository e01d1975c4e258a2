/**
 * Keeps values under their ids, in the order in which they came. A caller that keeps a place need
 * not look up the id again.
 */
import { BrokenInvariant, invariant } from '../../domain/errors.ts'

export interface Table<T> {
  readonly size: number
  get(id: string): T | undefined
  /** Returns the place of the value with the id; it stays the same until the value is removed. */
  placeOf(id: string): number | undefined
  /** Returns the value at a place. Throws when the place is empty. */
  at(place: number): T
  /** Replaces the value at a place with one that has the same id. */
  replaceAt(place: number, value: T): void
  set(id: string, value: T): void
  /** Removes the value that came last; throws for any other. */
  removeLast(id: string): void
  values(): IterableIterator<T>
  /**
   * Returns all values as they are now, in a list of their own: a copy of the references, which
   * takes next to no time.
   */
  copy(): T[]
}

export function createTable<T>(): Table<T> {
  const places = new Map<string, number>()
  const values: T[] = []

  return {
    get size() {
      return values.length
    },
    get: (id) => {
      const place = places.get(id)
      return place === undefined ? undefined : values[place]
    },
    placeOf: (id) => places.get(id),
    at: (place) => {
      const value = values[place]
      if (value === undefined) throw new BrokenInvariant(`there is no value at ${place}`)
      return value
    },
    replaceAt: (place, value) => {
      if (place >= values.length) throw new BrokenInvariant(`there is no value at ${place}`)
      values[place] = value
    },
    set: (id, value) => {
      const place = places.get(id)
      if (place === undefined) places.set(id, values.push(value) - 1)
      else values[place] = value
    },
    removeLast: (id) => {
      invariant(places.get(id) === values.length - 1, `${id} did not come last`)
      places.delete(id)
      values.pop()
    },
    values: () => values.values(),
    copy: () => values.slice(),
  }
}
