/** Decides what a page asks for again when its connection comes. */
import { NEWS_KEPT_MS } from '../../shared/bounds.ts'

const MARGIN_MS = 10_000 // for clocks, and for a response on its way

interface CaughtUpParts {
  /** Runs at the first connection of a page just opened: the server then sends what was missed. */
  first: () => void
  /** Runs at every other connection. */
  again: () => void
  /** Returns the milliseconds since the page was opened. */
  openedMs: () => number
}

/** Returns the listener for `connect`. */
export function whenConnected({ first, again, openedMs }: CaughtUpParts): () => void {
  let isFirst = true
  return () => {
    const isFresh = isFirst && openedMs() < NEWS_KEPT_MS - MARGIN_MS
    isFirst = false
    if (isFresh) first()
    else again()
  }
}

/** Returns the milliseconds since this document was opened. */
export const sinceOpened = (): number => performance.now()
