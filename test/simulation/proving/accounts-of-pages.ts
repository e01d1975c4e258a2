/**
 * Keeps what a page has reported to have received, in true instants, and the bounds between which
 * the server must have placed each end of it. A beat that was sent at `t` and came `d` later places
 * an instant `h`, of a clock that runs `r` times as fast as it should, at `h + d + (1 - r)(t - h)`;
 * the smallest of those of the last ten seconds is the one that counts.
 */
import type { Stretch } from './stretches.ts'

export interface Report {
  /** The page, by the name that it keeps over its sockets. */
  readonly page: string
  readonly sentAt: number
  /** The instant of that by the page's own clock. */
  readonly now: number
  readonly arrivedAt: number
  readonly state: 'connected' | 'interrupted'
  /** The stretch that it claims to have received last. */
  readonly heard: Stretch
}

/** Bounds of an instant as the server places it. */
interface Placed {
  readonly least: number
  readonly most: number
}

/** A beat: when it was sent, truly and by the page's own clock, and when it arrived. */
interface Mark {
  readonly sentAt: number
  readonly now: number
  readonly arrivedAt: number
}

interface KnownStretch {
  readonly truly: Stretch
  readonly from: Placed
  readonly until: Placed
}

export interface PageAccount {
  /**
   * Records that a page has taken the seat; nothing that it received before counts, unless it held
   * the seat before.
   */
  joined(page: string, at: number): void
  /** Records that the seat is empty: its socket is gone, or another page is about to take it. */
  left(how: 'gone' | 'displaced'): void
  /** Takes a beat down; gives whether it says anything that is still so. */
  hear(report: Report): boolean
  /** Forgets everything, as the server that is gone. */
  forget(): void
  /** Returns true if a heartbeat came within the time-out. */
  isConnected(at: number): boolean
  /**
   * Returns true if it is interrupted, or silent for so long that the server no longer waits for
   * it.
   */
  isLost(at: number, patienceMs: number): boolean
  /** Returns the most, and the least, that the server may take for received. */
  most(): Stretch[]
  least(): Stretch[]
  /**
   * Returns whether a gap may stop a meter that runs since then: the server has heard of it since,
   * or it lies in the last second before, which the meter counts as well.
   */
  isBrokenSince(at: number): boolean
}

const PLACED_BY_MS = 10_000
/** [B18] Beats that were sent within this time of each other are taken as one. */
const SOON_MS = 500
/** A clock that is off by a larger share of the time seems to have stopped for a while. */
const DRIFT = 0.1
/** [B18] A connected page that has received nothing for longer stops the meter. */
const NOTHING_MS = 4_000
/** [B20] The most by which a meter goes back that resumes after an announced pause. */
export const BACK_MS = 1_000
/** Readings are whole milliseconds. */
const ROUNDING_MS = 1

/** Creates an account; `rate` is how fast the page's clock runs. */
export function createPageAccount(rate: number, heartbeatMs: number): PageAccount {
  let seat: { readonly page: string } | undefined
  let before: string | undefined
  let notBefore = 0
  let word: { state: 'connected' | 'interrupted' | 'unknown'; at: number } = { state: 'unknown', at: 0 }
  let marks: readonly Mark[] = []
  let bunched: readonly Mark[] = []
  /** The one by which the server places the clock, whatever its rate. */
  let quickest: Mark | undefined
  let known: KnownStretch[] = []
  let brokenAt = 0
  let gapFrom = 0
  /** Until when it has received something, and how long ago that was by its clock when it last said so. */
  let heardUntil = 0
  let nothingMs = 0

  const offOf = (instant: number, { sentAt, arrivedAt }: Mark): number =>
    arrivedAt - sentAt + (1 - rate) * (sentAt - instant)

  /**
   * Places an instant. The quickest beat of before may still count where beats come in a bunch, as
   * those do that were held up.
   */
  const place = (instant: number): Placed => {
    const most = Math.min(...marks.map((mark) => offOf(instant, mark)))
    const least = Math.min(most, ...bunched.map((mark) => offOf(instant, mark)))
    return {
      least: Math.max(notBefore, instant + least - ROUNDING_MS),
      most: Math.max(notBefore, instant + most + ROUNDING_MS),
    }
  }

  /** Places the end of the last stretch again, which a later beat may show to be too late. */
  const placeAgain = (): void => {
    const last = known.at(-1)
    if (!last) return
    const least = Math.min(last.until.least, place(last.truly.until).least)
    known = [...known.slice(0, -1), { ...last, until: { ...last.until, least } }]
  }

  const delayOf = ({ now, arrivedAt }: Mark): number => arrivedAt - now

  /** Places the clock by the quickest of these; returns whether it seems to have stopped before. */
  const placeBy = (counted: readonly Mark[], arrivedAt: number): boolean => {
    const before = quickest
    quickest = counted.reduce((one, other) => (delayOf(other) < delayOf(one) ? other : one))
    return (
      before !== undefined && delayOf(quickest) - delayOf(before) > DRIFT * (arrivedAt - before.arrivedAt)
    )
  }

  const take = ({ from: since, until }: Stretch, stoodSince: number | undefined): void => {
    const last = known.at(-1)
    const from = Math.max(since, Math.min(stoodSince ?? since, until))
    // The proof of earlier pages of the seat remains, and a new page adds nothing to it.
    if (last && from <= last.truly.until && marks.length > 1 && stoodSince === undefined) {
      if (until <= last.truly.until) return
      known[known.length - 1] = { ...last, truly: { from: last.truly.from, until }, until: place(until) }
      return
    }
    brokenAt = marks.at(-1)?.arrivedAt ?? 0
    gapFrom = last?.until.most ?? 0
    known.push({ truly: { from, until }, from: place(from), until: place(until) })
  }

  return {
    joined(page, at) {
      const goesOn = page === before && seat === undefined && marks.length > 0
      if (!goesOn) {
        notBefore = at
        marks = []
        bunched = []
        quickest = undefined
        heardUntil = 0
        nothingMs = 0
      }
      seat = { page }
      before = page
      word = { state: 'unknown', at: goesOn ? word.at : at }
    },
    left(how) {
      seat = undefined
      word = { ...word, state: how === 'displaced' ? 'interrupted' : 'unknown' }
    },
    hear({ page, sentAt, now, arrivedAt, state, heard }) {
      const newest = marks.at(-1)
      if (seat?.page !== page || (newest && sentAt < newest.sentAt)) return false
      word = { state, at: arrivedAt }
      if (newest?.sentAt === sentAt) return true
      const apart = marks.findLast((each) => now - each.now >= SOON_MS)
      const before = apart ?? newest
      const isBunched = before && arrivedAt - before.arrivedAt < (1 - DRIFT) * (now - before.now)
      bunched = isBunched ? [...bunched, ...marks] : []
      const recent = marks.filter(
        (each) => each.now >= (apart ?? each).now || arrivedAt - each.arrivedAt <= PLACED_BY_MS,
      )
      marks = [...recent, { sentAt, now, arrivedAt }]
      const hasStood = placeBy(isBunched && quickest ? [...marks, quickest] : marks, arrivedAt)
      heardUntil = Math.max(heardUntil, heard.until)
      nothingMs = rate * (sentAt - heardUntil)
      placeAgain()
      take(heard, hasStood ? newest?.sentAt : undefined)
      return true
    },
    forget() {
      seat = undefined
      before = undefined
      word = { state: 'unknown', at: 0 }
      marks = []
      bunched = []
      quickest = undefined
      known = []
    },
    isLost(at, patienceMs) {
      if (word.state === 'interrupted' || (seat && word.state === 'unknown')) return true
      if (seat && nothingMs > NOTHING_MS - ROUNDING_MS) return true
      return at - word.at >= Math.max(patienceMs, seat ? heartbeatMs : 0)
    },
    isConnected: (at) => seat !== undefined && word.state === 'connected' && at - word.at < heartbeatMs,
    most: () => known.map(({ from, until }) => ({ from: from.least, until: until.most })),
    least: () => known.map(({ from, until }) => ({ from: from.most, until: until.least })),
    isBrokenSince: (at) => brokenAt >= at || gapFrom >= at - BACK_MS,
  }
}
