/**
 * Reckons how long two pages were connected, from counters that their browsers keep of what was
 * received.
 */

/**
 * A look at a page's counters, on the test's clock: whether what counts had grown since the look
 * before.
 */
export interface Look {
  readonly at: number
  readonly moved: boolean
  /**
   * The share of the time since the previous sample that the received packets of sound filled;
   * undefined without any.
   */
  readonly soundMs?: number
}

export interface Span {
  readonly from: number
  readonly to: number
}

// A page that looks at nothing for longer was asleep, and what then lies in its buffers proves
// nothing.
const ASLEEP_MS = 2_000

/**
 * Returns the spans in which something was received again and again, with no silence longer than
 * `silenceMs`. A growth is placed in the middle between the two samples that show it; packets of
 * sound, which come evenly, show more exactly where it started or ended: in the middle, the shorter
 * of two pages' spans would be too short by a third of the time between samples at each cut. A page
 * that could not take samples for a while received all through it, unless it was asleep.
 */
export function heardSpans(looks: readonly Look[], silenceMs: number): Span[] {
  const spans: Span[] = []
  let open: Span | undefined
  let lastLookAt: number | undefined
  let lastMoved = false
  for (const { at, moved, soundMs } of looks) {
    const sinceLook = lastLookAt === undefined ? 0 : at - lastLookAt
    if (moved) {
      // Far more sound than the time could hold was held up on its way.
      const isEven = soundMs !== undefined && soundMs <= 2 * sinceLook
      const filledMs = isEven ? Math.min(sinceLook, soundMs) : sinceLook / 2
      const from = sinceLook > ASLEEP_MS ? at : at - filledMs
      const isGapless = open && (lastMoved ? sinceLook <= ASLEEP_MS : from - open.to <= silenceMs)
      // A span that continues began at the previous sample; a new one lasts until this one.
      const to =
        soundMs === undefined || sinceLook > ASLEEP_MS ? from : lastMoved ? at - sinceLook + filledMs : at
      if (open && isGapless) open = { from: open.from, to }
      else {
        if (open) spans.push(open)
        open = { from, to }
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
