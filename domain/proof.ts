/**
 * Works out what a page has proven of a call: the time in which it received the other person,
 * placed on the server's clock. A heartbeat carries readings of the page's own clock, which starts
 * anywhere and may run a little fast or slow. [B18]
 */

/**
 * Readings in a heartbeat, by the page's own clock. Without `heardAt` the page has received nothing
 * yet.
 */
export interface Readings {
  /** Reading when it was sent. */
  readonly now: number
  readonly heardAt?: number | undefined
  /** Start of the gapless time that ends at `heardAt`. */
  readonly heardSince?: number | undefined
}

/** A stretch of time on the server's clock. */
export interface Span {
  readonly from: number
  readonly until: number
}

/** A heartbeat as it came in: `arrivedAt` by the server's clock, `now` by the page's. */
interface Mark {
  readonly arrivedAt: number
  readonly now: number
}

export interface Account {
  /** Proves nothing before this instant, when the page took its seat. */
  readonly notBefore: number
  /** Heartbeats that place the page's clock, newest last. */
  readonly marks: readonly Mark[]
  /** The heartbeat that came in with the least delay. */
  readonly quickest?: Mark | undefined
  /** The latest `heardAt`, by the page's clock. */
  readonly heardAt?: number | undefined
  /** The proven time, in order and without overlaps; only the newest are kept. */
  readonly spans: readonly Span[]
}

/** A clock's reading is placed by the quickest of the heartbeats that came within this time. */
const PLACED_BY_MS = 10_000
/** A clock that is off by less than this share of the time is slow; more, and it was suspended. */
const DRIFT = 0.1
/** A beat that comes sooner after the one before than any clock could make it was held up less. */
const BUNCHED = 1 - DRIFT
/** Two beats that were sent so soon after each other do not show whether they were held up. */
const SOON_MS = 500
const KEPT_SPANS = 16

/**
 * Returns the account of a page that took its seat at `at`. What earlier pages of the seat have
 * proven stays.
 */
export function newAccount(at: number, earlier?: Account): Account {
  return { notBefore: at, marks: [], spans: earlier?.spans ?? [] }
}

/**
 * Returns the account with a heartbeat added. One that overtook others, or is repeated, adds
 * nothing; a late one adds no more than it would have added in time.
 */
export function hear(account: Account, readings: Readings, arrivedAt: number): Account {
  const before = account.marks.at(-1)
  if (before && readings.now <= before.now) return account
  const mark = { arrivedAt, now: readings.now }
  // The heartbeat before this one counts however old it is: since then no more can be proven than
  // the page's own clock has passed. Heartbeats that were sent at nearly the same time are taken as
  // one.
  const apart = account.marks.findLast((each) => mark.now - each.now >= SOON_MS)
  const recent = account.marks.filter(
    (each) => each.now >= (apart ?? each).now || arrivedAt - each.arrivedAt <= PLACED_BY_MS,
  )
  const marks = [...recent, mark]
  // Heartbeats that were held up come in a bunch, each less late than the one before: the last of
  // them will show by how much.
  const known = account.quickest && areBunched(apart ?? before, mark) ? [account.quickest] : []
  const quickest = [...marks, ...known].reduce(quicker)
  const heard = heardIn(readings)
  const placed = { ...account, marks, quickest }
  if (!heard) return placed
  const offset = offsetOf(quickest)
  const span = placedSpan(account, heard, offset, wasStopped(account.quickest, quickest, arrivedAt))
  const heardAt = Math.max(account.heardAt ?? heard.at, heard.at)
  return { ...placed, heardAt, spans: withSpan(account, span, heard.at, offset) }
}

/** Returns true where a later heartbeat of the page has come before this one. */
export function isOvertaken({ marks }: Account, { now }: Readings): boolean {
  return now < (marks.at(-1)?.now ?? now)
}

/**
 * Returns the account with the word of a page that sends no readings: that it was connected at
 * `at`, and since its last word if `goesOn`.
 */
export function takeWord(account: Account, at: number, goesOn: boolean): Account {
  const last = account.spans.at(-1)
  if (!last || !goesOn) return { ...account, spans: keep([...account.spans, { from: at, until: at }]) }
  return { ...account, spans: [...account.spans.slice(0, -1), { from: last.from, until: at }] }
}

/** Returns the stretches in which both have proven that they received the other, in order. */
export function commonSpans(one: Account, other: Account): Span[] {
  const found: Span[] = []
  for (const a of one.spans) {
    for (const b of other.spans) {
      const from = Math.max(a.from, b.from)
      const until = Math.min(a.until, b.until)
      if (from <= until) found.push({ from, until })
    }
  }
  return found
}

/**
 * Returns how far, without a gap from `from`, both have proven that they received the other; `from`
 * where they have not.
 */
export function provenUntil(one: Account, other: Account, from: number): number {
  return Math.max(from, Math.min(untilOf(one, from), untilOf(other, from)))
}

/**
 * [B20] Returns the common time that may be billed of a session whose pause was shown at `shownAt`:
 * what came before that, and where the two are connected again the time from `againFrom`. Clients
 * do not pay for time that they were shown as free.
 */
export function billable(
  spans: readonly Span[],
  {
    shownAt = Infinity,
    againFrom = Infinity,
  }: { shownAt?: number | undefined; againFrom?: number | undefined },
): Span[] {
  if (againFrom <= shownAt) return [...spans]
  return spans.flatMap(({ from, until }) => [
    ...(from <= shownAt ? [{ from, until: Math.min(until, shownAt) }] : []),
    ...(until >= againFrom ? [{ from: Math.max(from, againFrom), until }] : []),
  ])
}

const areBunched = (before: Mark | undefined, mark: Mark): boolean =>
  before !== undefined && mark.arrivedAt - before.arrivedAt < BUNCHED * (mark.now - before.now)

const quicker = (one: Mark, other: Mark): Mark => (offsetOf(other) < offsetOf(one) ? other : one)

const offsetOf = ({ arrivedAt, now }: Mark): number => arrivedAt - now

function heardIn({ now, heardAt, heardSince }: Readings): { since: number; at: number } | undefined {
  if (heardAt === undefined) return undefined
  const at = Math.min(heardAt, now)
  return { at, since: Math.min(heardSince ?? at, at) }
}

/** Returns true where the page's clock stopped, as it does while a machine sleeps. */
function wasStopped(before: Mark | undefined, after: Mark, at: number): boolean {
  if (!before) return false
  return offsetOf(after) - offsetOf(before) > DRIFT * (at - before.arrivedAt)
}

/**
 * Returns where the stretch that the heartbeat reports lies; nothing was received while the clock
 * was stopped.
 */
function placedSpan(
  account: Account,
  heard: { since: number; at: number },
  offset: number,
  stopped: boolean,
): Span & { goesOn: boolean } {
  const beatBefore = account.marks.at(-1)?.now ?? 0
  const since = stopped ? Math.max(heard.since, Math.min(beatBefore, heard.at)) : heard.since
  const until = Math.max(account.notBefore, heard.at + offset)
  const from = Math.min(until, Math.max(account.notBefore, since + offset))
  const goesOn = !stopped && account.heardAt !== undefined && heard.since <= account.heardAt
  return { from, until, goesOn }
}

function withSpan(
  account: Account,
  { from, until, goesOn }: Span & { goesOn: boolean },
  heard: number,
  offset: number,
): readonly Span[] {
  const last = account.spans.at(-1)
  if (!last) return [{ from, until }]
  const earlier = account.spans.slice(0, -1)
  const heardAt = account.heardAt ?? Infinity
  // A quicker heartbeat shows that the end of the last stretch was placed too late; a slower one
  // moves no end that was received before.
  const ended = { from: last.from, until: Math.max(last.from, Math.min(last.until, heardAt + offset)) }
  if (goesOn)
    return [...earlier, heard > heardAt ? { from: last.from, until: Math.max(ended.until, until) } : ended]
  return keep([...earlier, ended, { from: Math.max(from, ended.until), until: Math.max(until, ended.until) }])
}

const keep = (spans: readonly Span[]): readonly Span[] => spans.slice(-KEPT_SPANS)

function untilOf({ spans }: Account, at: number): number {
  for (let place = spans.length - 1; place >= 0; place -= 1) {
    const span = spans[place]
    if (span && span.from <= at) return span.until
  }
  return Number.NEGATIVE_INFINITY
}
