/** Values under their ids, in the order in which they came. Whoever keeps a place needs no second look for the id. */
import { BrokenInvariant, invariant } from '../../domain/errors.ts'

export interface Table<T> {
  readonly size: number
  get(id: string): T | undefined
  /** Where the value of the id stands; it stays there until it is taken out. */
  placeOf(id: string): number | undefined
  /** Throws when the place is empty. */
  at(place: number): T
  /** Puts a value in place of the one that stands there, which has the same id. */
  replaceAt(place: number, value: T): void
  set(id: string, value: T): void
  /** Takes out the value that came last; throws for any other. */
  removeLast(id: string): void
  values(): IterableIterator<T>
  /** All values as they are now, in a list of their own: a copy of the references at once, in no time that anybody notices. */
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
      if (value === undefined) throw new BrokenInvariant(`nothing stands at ${place}`)
      return value
    },
    replaceAt: (place, value) => {
      if (place >= values.length) throw new BrokenInvariant(`nothing stands at ${place}`)
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
