/** Reckons how long two pages were connected, from counters that their browsers keep of what was received. */

/** A look at a page's counters, on the test's clock: whether what counts had grown since the look before. */
export interface Look {
  readonly at: number
  readonly moved: boolean
}

export interface Span {
  readonly from: number
  readonly to: number
}

// A page that looks at nothing for longer was asleep, and what then lies in its buffers proves nothing.
const ASLEEP_MS = 2_000

/**
 * Returns the spans in which something was received again and again, with no silence longer than `silenceMs`. A growth is placed in
 * the middle between the two looks that show it; a page that could not look for a while heard all through it, unless it was asleep.
 */
export function heardSpans(looks: readonly Look[], silenceMs: number): Span[] {
  const spans: Span[] = []
  let open: Span | undefined
  let lastLookAt: number | undefined
  let lastMoved = false
  for (const { at, moved } of looks) {
    const sinceLook = lastLookAt === undefined ? 0 : at - lastLookAt
    if (moved) {
      const from = sinceLook > ASLEEP_MS ? at : at - sinceLook / 2
      const isGapless = open && (lastMoved ? sinceLook <= ASLEEP_MS : from - open.to <= silenceMs)
      if (open && isGapless) open = { from: open.from, to: from }
      else {
        if (open) spans.push(open)
        open = { from, to: from }
      }
    }
    lastLookAt = at
    lastMoved = moved
  }
  if (open) spans.push(open)
  return spans
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
