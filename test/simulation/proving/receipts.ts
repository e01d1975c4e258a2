/**
 * Knows what each page received and reported, and when the server heard of it, and predicts from
 * that alone what a session comes to.
 *
 * Exact, to the cent and to the millisecond:
 * - what a given connected time costs [B1], at any number of charges, top-ups and restarts [B2]
 * [B11];
 * - the connected time of a session that ends because the money is used up [B5] or a limit of the
 * session [B14] or of the day [B15] is reached, and what it costs: all there was;
 * - what is in the balance, owed, and the reader's, at every end [B9] [B16];
 * - the connected time of two pages whose clocks keep time and whose beats take a millisecond each,
 * but for the rounding of their readings, a millisecond or two at each end of each stretch.
 *
 * Bounded, each with its reason:
 * - where beats take a while, each end of a stretch counts later than it was, by the delay of the
 * quickest beat of the last ten seconds at the most, and never earlier: the server cannot know
 * more of a page's clock [B18];
 * - where a clock is off by 5 %, by that share of the time between that beat and the instant as
 * well, and each time that the meter goes on by half a second, as far as such a clock strays in
 * those ten seconds [B18];
 * - where the meter goes on after an announced pause, it goes back by a second at the most, so
 * that what both received longer ago is free [B20];
 * - where the server is killed, what both had reported until the last confirmed instant was
 * written,
 * five seconds before at the most, is billed, and what they had reported until the end may be
 * ("Who pays what"); the disk alone knows. From then on its value is taken;
 * - while a session runs, what has been charged: the minutes whose last second both have
 * reported [B3] [B18];
 * - a limit that is lowered below what is used: the session ends where it was last charged [B14].
 */
import type { Charge, SessionView } from '../../../shared/protocol/session.ts'
import { check } from '../auditor/findings.ts'
import { BACK_MS, createPageAccount, type PageAccount, type Report } from './accounts-of-pages.ts'
import { both, lengthOf, merged, type Stretch, without } from './stretches.ts'

export type Side = 'client' | 'reader'
export const SIDES = ['client', 'reader'] as const

export const other = (side: Side): Side => (side === 'client' ? 'reader' : 'client')

export type EndedView = SessionView & { readonly endedAt: number }

export interface Receipts {
  /**
   * Records that a page receives from now on; without an instant it never stopped, as it seems to
   * it.
   */
  starts(side: Side, at: number | undefined): void
  stops(side: Side, at: number): void
  joined(side: Side, page: string, at: number): void
  left(side: Side, how?: 'gone' | 'displaced'): void
  /** Records that the server has heard a beat. */
  heard(side: Side, report: Report): void
  /**
   * Records that the server announced to the clients of this session that the meter runs, or is
   * paused; there may have been no page to hear it.
   */
  announced(at: number, running: boolean, isAnyoneThere: boolean): void
  charged(at: number, charge: Charge): void
  /** Records that the server was suspended for a while until now. */
  stoodStill(from: number, until: number): void
  /** Records that the server is about to stop in good order, and stops the meter. */
  stopping(): void
  /** Records that the server is gone: stopped in good order, or killed. */
  gone(at: number, how: 'stopped' | 'killed'): void
  /** Records that the server is back, and how far it says the session was billed. */
  back(billedMs: number): void
  /** Records that a person asks for the end now: what comes later does not count. */
  ending(at: number): void
  /** Records that the end was not accepted. */
  goesOn(): void
  connectedMs(): number
  gaps(): number
  /** Returns true if the server announced that the meter runs. */
  isRunning(): boolean
  /** Returns the least, and the most, that may be billed by now. */
  leastMs(): number
  mostMs(): number
  /** Returns the most that the server can have lost when it was killed. */
  lostMs(): number
  /** Throws a Broken where the session came to another time than it may. */
  judge(session: EndedView): void
}

export interface ReceiptsParts {
  readonly rates: Readonly<Record<Side, number>>
  /** Returns true if the balance or a limit ended it: less was billed than both received. */
  readonly ranDry: (reason: string | undefined) => boolean
}

const HEARTBEAT_MS = 10_000
const CONFIRMED_MS = 5_000
/**
 * A quicker beat may show that an end was placed too late, by a beat's delay, when that was
 * settled.
 */
const SETTLED_MS = 60
/**
 * The most that a clock which is 5 % off strays in the ten seconds by which it is placed: the
 * server may see two together so much later.
 */
const STRAYED_MS = 500
/** [B19] How long a page that is not heard is waited for while the other one goes on. */
const PATIENCE_MS = 60_000

/** Time that was announced to be free: until when, as the beats show and as the server said. */
interface Free {
  readonly from: number
  /** The time up to which both had reported by then. */
  readonly knownTo: number
  shown: number | undefined
  said: number | undefined
}

/** Creates the receipts of one session. */
export function createReceipts({ rates, ranDry }: ReceiptsParts): Receipts {
  const received: Record<Side, Stretch[]> = { client: [], reader: [] }
  const since: Record<Side, number | undefined> = { client: undefined, reader: undefined }
  const accounts: Record<Side, PageAccount> = {
    client: createPageAccount(rates.client, HEARTBEAT_MS),
    reader: createPageAccount(rates.reader, HEARTBEAT_MS),
  }
  const free: Free[] = [{ from: -Infinity, knownTo: Infinity, shown: undefined, said: undefined }]
  let isUnannounced = false
  let runsSince: number | undefined
  let stood: Stretch | undefined
  let isStopping = false
  let endAskedAt: number | undefined
  let lastChargeAt = 0
  let baseMs = 0
  let window: { least: number; most: number } | undefined
  let lostMs = 0
  /** Returns how far both had reported by an instant. */
  let history: { at: number; leastMs: number; until: number }[] = []

  const isOff = SIDES.some((side) => rates[side] !== 1)

  const common = (of: (account: PageAccount) => Stretch[]): Stretch[] =>
    both(merged(of(accounts.client)), merged(of(accounts.reader)))

  const freeUntil = (end: (each: Free) => number | undefined): Stretch[] =>
    free.flatMap((each) => {
      const until = (end(each) ?? Infinity) - BACK_MS
      return until > each.from ? [{ from: each.from, until }] : []
    })

  const endsBy = (at: number | undefined): Stretch[] => [{ from: -Infinity, until: at ?? Infinity }]

  const leastBy = (by: number | undefined): number => {
    const isLeftOut = ({ from }: Stretch) =>
      free.some(({ knownTo, shown }) => shown === undefined && from > knownTo)
    const counted = without(
      common((account) => account.least()).filter((each) => !isLeftOut(each)),
      freeUntil(({ shown }) => shown),
    )
    const lateMs = isOff ? STRAYED_MS * free.length : 0
    return Math.max(baseMs, baseMs + lengthOf(both(counted, endsBy(by))) - lateMs)
  }

  const leastMs = (): number => leastBy(endAskedAt)

  const mostWithout = (announced: readonly Stretch[]): number => {
    const counted = without(
      common((account) => account.most()),
      announced,
    )
    const end = endAskedAt === undefined ? undefined : Math.max(endAskedAt, lastChargeAt)
    return baseMs + lengthOf(both(counted, endsBy(end)))
  }

  const mostMs = (): number => mostWithout(freeUntil(({ said, shown }) => said ?? shown))

  const checkMost = (billedMs: number, what: string): void => {
    if (window) {
      const { most } = window
      check('P8', billedMs <= most, () => `${billedMs} ms were ${what}, and ${most} could be known`)
      return
    }
    const received = mostWithout([])
    check('P1', billedMs <= received, () => `${billedMs} ms were ${what}, and ${received} received`)
    const most = mostMs()
    check(
      'P3',
      billedMs <= most,
      () => `${billedMs} ms were ${what}, and all but ${most} announced to be free`,
    )
  }

  /**
   * Returns true if the beats show by now that both are connected, and have been within the last
   * second: for certain, however the server has placed them, or as it may have.
   */
  const areTogether = (at: number, isCertain: boolean): boolean => {
    if (!SIDES.every((side) => accounts[side].isConnected(at))) return false
    const newest = SIDES.map((side) => accounts[side][isCertain ? 'least' : 'most']().at(-1))
    const from = Math.max(...newest.map((stretch) => stretch?.from ?? Infinity))
    const until = Math.min(...newest.map((stretch) => stretch?.until ?? -Infinity))
    return until >= from && until >= at - BACK_MS
  }

  const lookForStart = (at: number, isCertain: boolean): void => {
    if (!areTogether(at, isCertain)) return
    for (const each of free) each.shown ??= at
  }

  /**
   * [B10] [B19] Returns true if the meter has a reason to stop: one of the two is missing, not
   * connected, not heard, or has a gap. Where a clock is off, the server may take two stretches for
   * apart that were placed differently.
   */
  const hasCause = (at: number): boolean => {
    const isLost = SIDES.some((side) => {
      const patienceMs = accounts[other(side)].isConnected(at) ? PATIENCE_MS : 0
      return accounts[side].isLost(at, patienceMs)
    })
    const hasGap = SIDES.some((side) => accounts[side].isBrokenSince(runsSince ?? Infinity))
    const hasStood = stood !== undefined && at - stood.until < HEARTBEAT_MS
    // A beat that was delivered late may have been counted up to a gap before.
    const isHandedOver = runsSince === at
    return isLost || hasGap || isOff || hasStood || isStopping || isHandedOver
  }

  const stop = (at: number, isAnyoneThere: boolean): void => {
    check('P7', hasCause(at), () => `the meter stopped at ${at}, and both were there`)
    isUnannounced = !isAnyoneThere
    const knownTo = common((account) => account.least()).at(-1)?.until ?? at
    if (isAnyoneThere) free.push({ from: at, knownTo, shown: undefined, said: undefined })
    runsSince = undefined
    lookForStart(at, true)
  }

  const run = (at: number): void => {
    for (const each of free) each.said ??= at
    lookForStart(at, false)
    isUnannounced = false
    runsSince = at
  }

  const comesBack = (at: number): void => {
    if (isUnannounced) free.push({ from: at, knownTo: Infinity, shown: undefined, said: undefined })
    isUnannounced = false
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
    joined(side, page, at) {
      accounts[side].joined(page, at)
      comesBack(at)
    },
    left: (side, how = 'gone') => accounts[side].left(how),
    heard(side, report) {
      if (!accounts[side].hear(report)) return
      comesBack(report.arrivedAt)
      lookForStart(report.arrivedAt, true)
      const until = Math.min(...SIDES.map((each) => accounts[each].least().at(-1)?.until ?? 0))
      history.push({ at: report.arrivedAt, leastMs: leastMs(), until })
    },
    announced(at, running, isAnyoneThere) {
      if (running && runsSince === undefined) run(at)
      else if (!running && runsSince !== undefined) stop(at, isAnyoneThere)
    },
    charged(at, { billedMs }) {
      lastChargeAt = Math.max(lastChargeAt, at)
      checkMost(billedMs, 'charged')
    },
    stoodStill(from, until) {
      stood = { from, until }
    },
    stopping() {
      isStopping = true
    },
    gone(at, how) {
      isStopping = false
      const writtenBy =
        stood && stood.until > at - CONFIRMED_MS ? stood.from - CONFIRMED_MS : at - CONFIRMED_MS
      const written = history.filter((each) => each.at < writtenBy).at(-1)
      // A beat that was quicker may have shown since that it was a little less.
      const leastWritten = written ? Math.min(written.leastMs, leastBy(written.until)) : baseMs
      const most = mostMs()
      const killed = Math.max(baseMs, leastWritten - (isOff ? STRAYED_MS : 0))
      const least = how === 'stopped' ? leastMs() : killed
      window = { least: least - SETTLED_MS, most: most + SETTLED_MS }
      for (const side of SIDES) accounts[side].forget()
    },
    back(billedMs) {
      const { least, most } = window ?? { least: 0, most: 0 }
      const holds = least <= billedMs && billedMs <= most
      check('P8', holds, () => `it came back with ${billedMs} ms, not ${least} to ${most}`)
      lostMs += most - billedMs
      baseMs = billedMs
      history = []
      window = undefined
      runsSince = undefined
      isUnannounced = true
      free.splice(0, free.length)
    },
    ending(at) {
      endAskedAt = at
    },
    goesOn() {
      endAskedAt = undefined
    },
    connectedMs: () => lengthOf(both(received.client, received.reader)),
    gaps: () => both(received.client, received.reader).length,
    isRunning: () => runsSince !== undefined,
    leastMs,
    mostMs,
    lostMs: () => lostMs,

    judge(session) {
      const { billedMs, endReason } = session
      const least = window?.least ?? leastMs()
      checkMost(billedMs, 'billed')
      if (!ranDry(endReason)) {
        check('P2', billedMs >= least, () => `${billedMs} ms were billed, and at least ${least} received`)
      }
      const spanMs = session.startedAt === undefined ? 0 : session.endedAt - session.startedAt
      check('P1', billedMs <= spanMs, () => `${billedMs} ms were billed of ${spanMs}`)
    },
  }
}
