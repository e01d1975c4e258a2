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

/** A beat: when it was sent, and when it arrived. */
interface Mark {
  readonly sentAt: number
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
  /** Returns the instant at which the server learned that there had been a gap before it. */
  brokenAt(): number
}

const PLACED_BY_MS = 10_000
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
  let known: KnownStretch[] = []
  let brokenAt = 0

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

  const take = ({ from, until }: Stretch): void => {
    const last = known.at(-1)
    // The proof of earlier pages of the seat remains, and a new page adds nothing to it.
    if (last && from <= last.truly.until && marks.length > 1) {
      if (until <= last.truly.until) return
      known[known.length - 1] = { ...last, truly: { from: last.truly.from, until }, until: place(until) }
      return
    }
    brokenAt = marks.at(-1)?.arrivedAt ?? 0
    known.push({ truly: { from, until }, from: place(from), until: place(until) })
  }

  return {
    joined(page, at) {
      const goesOn = page === before && seat === undefined && marks.length > 0
      if (!goesOn) {
        notBefore = at
        marks = []
        bunched = []
      }
      seat = { page }
      before = page
      word = { state: 'unknown', at: goesOn ? word.at : at }
    },
    left(how) {
      seat = undefined
      word = { ...word, state: how === 'displaced' ? 'interrupted' : 'unknown' }
    },
    hear({ page, sentAt, arrivedAt, state, heard }) {
      const newest = marks.at(-1)
      if (seat?.page !== page || (newest && sentAt < newest.sentAt)) return false
      word = { state, at: arrivedAt }
      if (newest?.sentAt === sentAt) return true
      const isBunched = newest && arrivedAt - newest.arrivedAt < (sentAt - newest.sentAt) / 2
      bunched = isBunched ? [...bunched, ...marks] : []
      const recent = marks.filter((each) => each === newest || arrivedAt - each.arrivedAt <= PLACED_BY_MS)
      marks = [...recent, { sentAt, arrivedAt }]
      placeAgain()
      take(heard)
      return true
    },
    forget() {
      seat = undefined
      before = undefined
      word = { state: 'unknown', at: 0 }
      marks = []
      bunched = []
      known = []
    },
    isLost(at, patienceMs) {
      if (word.state === 'interrupted' || (seat && word.state === 'unknown')) return true
      return at - word.at >= Math.max(patienceMs, seat ? heartbeatMs : 0)
    },
    isConnected: (at) => seat !== undefined && word.state === 'connected' && at - word.at < heartbeatMs,
    most: () => known.map(({ from, until }) => ({ from: from.least, until: until.most })),
    least: () => known.map(({ from, until }) => ({ from: from.most, until: until.least })),
    brokenAt: () => brokenAt,
  }
}
