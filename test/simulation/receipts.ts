/** What each page received and when, and what was told: from that alone it is said what a session may come to. */
import type { SessionView } from '../../shared/protocol/session.ts'
import { check } from './findings.ts'

export type Side = 'client' | 'reader'

interface Stretch {
  readonly from: number
  readonly until: number
}

export interface Receipts {
  /** A page receives from now on; without an instant it never stopped, as it seems to it. */
  starts(side: Side, at: number | undefined): void
  stops(side: Side, at: number): void
  /** A page was closed and another one came: what the first received last may be lost. */
  reloads(): void
  /** It was told that the meter runs, or stands. */
  told(at: number, running: boolean, isAnyoneThere: boolean): void
  /** A page has joined again: it is told what nobody was there to hear. */
  cameBack(at: number): void
  charged(at: number, billedMs: number): void
  connectedMs(): number
  gaps(): number
  /** Throws a Broken where the session came to something else than it may, given whether clocks run fast or slow. */
  judge(session: SessionView & { endedAt: number }, isDrifting: boolean): void
}

/** The beat that ends a stretch may be placed so much too late, or too early. */
const PLACING_MS = 250
/** A meter that goes on after a pause may have stood for so much longer than it had to. */
const AGAIN_MS = 350
const RELOAD_MS = 3_600
const START_MS = 1_500
/** A clock that is 5 % off is placed up to half a second off, and after a gap in the beats by more. */
const DRIFT_MS = 1_000
/** How long time that was told to be free may have been billed, each time that the meter goes on. */
const TOLD_MS = 1_000

/** `lie` tells who lies, and how much less than it received that page claims of each stretch. */
export function createReceipts(lie?: { by: Side; shortMs: number } | undefined): Receipts {
  const received: Record<Side, Stretch[]> = { client: [], reader: [] }
  const since: Record<Side, number | undefined> = { client: undefined, reader: undefined }
  const free: Stretch[] = []
  let isUntold = false
  /** By how much more was charged at an instant than had been received. */
  let earlyMs = 0
  let stoodAt: number | undefined
  let reloads = 0

  const common = (): Stretch[] => both(received.client, received.reader)

  const withRunning = (side: Side, now: number): Stretch[] => {
    const from = since[side]
    return from === undefined ? received[side] : [...received[side], { from, until: now }]
  }

  /** The most that may be billed by `now`: the liar is believed only where that makes it less. */
  const mostBy = (now: number): number => {
    const of = (side: Side) => withRunning(side, now)
    const claimed =
      lie && of(lie.by).map(({ from, until }) => ({ from, until: Math.max(from, until - lie.shortMs) }))
    const honest = lie && of(lie.by === 'client' ? 'reader' : 'client')
    const believed = lie && lie.shortMs > 0 ? both(claimed ?? [], honest ?? []) : honest
    const stretches = believed ?? both(of('client'), of('reader'))
    return lengthOf(stretches) + PLACING_MS * (1 + stretches.length)
  }

  const until = (endedAt: number): void => {
    for (const side of ['client', 'reader'] as const) {
      received[side] = both(received[side], [{ from: 0, until: endedAt }])
    }
  }

  const judgeLeast = (billedMs: number, isDrifting: boolean): void => {
    if (lie) return
    const toldMs = lengthOf(both(common(), free))
    const gaps = common().length
    const driftMs = isDrifting ? DRIFT_MS * (gaps + 8) : 0
    const least = lengthOf(common()) - toldMs - START_MS - AGAIN_MS * gaps - RELOAD_MS * reloads - driftMs
    check('P2', billedMs >= least, () => `${billedMs} ms were billed, and at least ${least} received`)
  }

  const judgeFree = ({ billedMs, startedAt: from = 0, endedAt }: SessionView & { endedAt: number }): void => {
    const most =
      endedAt - from - lengthOf(both(free, [{ from, until: endedAt }])) + TOLD_MS * free.length + PLACING_MS
    check('P3', billedMs <= most, () => `${billedMs} ms were billed, and all but ${most} told to be free`)
  }

  return {
    starts(side, at) {
      since[side] = at ?? received[side].pop()?.from
    },
    stops(side, at) {
      const from = since[side]
      if (from !== undefined && at > from) received[side].push({ from, until: at })
      since[side] = undefined
    },
    reloads() {
      reloads += 1
    },
    told(at, running, isAnyoneThere) {
      if (running && stoodAt !== undefined) free.push({ from: stoodAt, until: at })
      if (running) stoodAt = undefined
      else if (isAnyoneThere) stoodAt ??= at
      isUntold = !running && stoodAt === undefined
    },
    cameBack(at) {
      if (isUntold) stoodAt = at
      isUntold = false
    },
    charged(at, billedMs) {
      earlyMs = Math.max(earlyMs, billedMs - mostBy(at))
    },
    connectedMs: () => lengthOf(common()),
    gaps: () => common().length,

    judge(session, isDrifting) {
      if (stoodAt !== undefined) free.push({ from: stoodAt, until: Math.max(stoodAt, session.endedAt) })
      stoodAt = undefined
      until(session.endedAt)
      const slackMs = isDrifting ? DRIFT_MS : 0
      const most = mostBy(session.endedAt) + slackMs
      check('P1', session.billedMs <= most, () => `${session.billedMs} ms were billed, and ${most} received`)
      check('P1', earlyMs <= slackMs, () => `${earlyMs} ms were charged before they had been received`)
      // Where the money was used up, what came after that is nobody's.
      if (session.endReason !== 'out_of_funds') judgeLeast(session.billedMs, isDrifting)
      judgeFree(session)
    },
  }
}

function both(one: readonly Stretch[], other: readonly Stretch[]): Stretch[] {
  return one.flatMap((a) =>
    other.flatMap((b) => {
      const from = Math.max(a.from, b.from)
      const until = Math.min(a.until, b.until)
      return from < until ? [{ from, until }] : []
    }),
  )
}

const lengthOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { from, until }) => sum + until - from, 0)
