/**
 * Reckons how long two pages were connected, from counters that their browsers keep of what was
 * received.
 */

/** A look at a page's counters, on the test's clock. */
export interface Look {
  /** The moment at which the browser read them. */
  readonly at: number
  /** The moment of the last packet that counts, of those that came since the look before. */
  readonly cameAt?: number
  /** The time that the packets of sound fill that came since the look before; undefined without any. */
  readonly soundMs?: number
}

export interface Span {
  readonly from: number
  readonly to: number
}

// A page that looks at nothing for longer was asleep, and what then lies in its buffers proves
// nothing.
const ASLEEP_MS = 2_000

/** More sound than this share of the time since the look before was held up, and came at once. */
const BURST = 1.5

/**
 * Returns the spans in which something was received again and again, with no silence longer than
 * `silenceMs`. A page that could not take samples for a while received all through it, unless it was
 * asleep.
 */
export function heardSpans(looks: readonly Look[], silenceMs: number): Span[] {
  const spans: Span[] = []
  let open: Span | undefined
  let before: Look | undefined
  for (const look of looks) {
    const { at, cameAt } = look
    if (cameAt !== undefined) {
      const lookedAt = before?.at ?? at
      const slept = at - lookedAt > ASLEEP_MS
      const from = slept ? at : heardFrom(look, cameAt, lookedAt)
      const isGapless = !slept && (before?.cameAt !== undefined || from - (open?.to ?? from) <= silenceMs)
      const to = slept ? at : cameAt
      if (open && isGapless) open = { from: open.from, to }
      else {
        if (open) spans.push(open)
        open = { from, to }
      }
    }
    before = look
  }
  if (open) spans.push(open)
  return spans
}

/**
 * Returns since when what came since the look before was heard. The browser says when the last packet
 * came: packets of sound that come evenly fill the time before it. A burst that was held up on its
 * way, or packets of anything else, began at some moment since that look, on the average in the
 * middle.
 */
function heardFrom({ soundMs }: Look, cameAt: number, lookedAt: number): number {
  const elapsedMs = cameAt - lookedAt
  if (soundMs === undefined || soundMs > BURST * elapsedMs) return cameAt - elapsedMs / 2
  return cameAt - Math.min(elapsedMs, soundMs)
}

/** Returns the spans that are in both lists; each list is in order and overlaps nowhere. */
export function overlap(some: readonly Span[], others: readonly Span[]): Span[] {
  return some.flatMap((one) =>
    others
      .map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
      .filter(({ from, to }) => to > from),
  )
}

/** Returns the spans that are in at least one list, in order. */
export function union(spans: readonly Span[]): Span[] {
  const joined: Span[] = []
  for (const span of [...spans].sort((one, other) => one.from - other.from)) {
    const last = joined.at(-1)
    if (last && span.from <= last.to) joined[joined.length - 1] = { ...last, to: Math.max(last.to, span.to) }
    else joined.push(span)
  }
  return joined
}

export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + (to - from), 0)
}
