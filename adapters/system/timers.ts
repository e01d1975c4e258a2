/** Keeps what waits for an instant in a binary heap, the earliest first. */
export interface Waiting<T extends { readonly instant: number }> {
  /** Returns the item that is due first; undefined when nothing waits. */
  first(): T | undefined
  /** Removes the first item. */
  takeFirst(): void
  add(item: T): void
}

export function createWaiting<T extends { readonly instant: number }>(): Waiting<T> {
  const heap: T[] = []
  const instantAt = (place: number): number => heap[place]?.instant ?? Infinity

  /** Puts `item` where it belongs between `place`, which is free, and the top. */
  const rise = (item: T, from: number): void => {
    let place = from
    for (
      let above = (place - 1) >> 1;
      place > 0 && instantAt(above) > item.instant;
      above = (place - 1) >> 1
    ) {
      heap[place] = heap[above] as T
      place = above
    }
    heap[place] = item
  }

  /**
   * Fills the top with the next item, and so on down to the end; returns the place that is free
   * then.
   */
  const sink = (): number => {
    let place = 0
    for (let next = 1; next < heap.length; next = 2 * place + 1) {
      if (instantAt(next + 1) < instantAt(next)) next += 1
      heap[place] = heap[next] as T
      place = next
    }
    return place
  }

  return {
    first: () => heap[0],
    takeFirst: () => {
      const last = heap.pop()
      if (last && heap.length > 0) rise(last, sink())
    },
    add: (item) => {
      heap.push(item)
      rise(item, heap.length - 1)
    },
  }
}
