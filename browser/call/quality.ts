/** Grades the connection of a call from its statistics. */
import { lossPercent, type Sample, sampleOf } from './stats.ts'
import type { CallEnvironment, Level, Quality } from './types.ts'

const SAMPLE_MS = 2_000
// Beyond the first values a talk begins to suffer, and beyond the second it is hard work.
const FAIR = { lossPercent: 2, rttMs: 200 }
const POOR = { lossPercent: 6, rttMs: 400 }
// A step down shows at once, a step up after this many samples, so that the bars do not flicker.
const CLIMB_AFTER = 3

interface Figures {
  readonly lossPercent?: number | undefined
  readonly rttMs?: number | undefined
}
interface Levels {
  readonly mine: Level
  readonly theirs: Level | undefined
  readonly delay: Level
}

const WORST_FIRST: readonly Level[] = ['lost', 'poor', 'fair', 'good']

interface QualityParts {
  environment: Pick<CallEnvironment, 'every'>
  /** Resolves with the statistics of the connection; undefined when there is none. */
  stats(): Promise<RTCStatsReport | undefined>
  isConnected(): boolean
  /** Returns whose network is down when nothing arrives, as far as the server has said. */
  whoIsGone(): Quality['whose']
  /** Returns how the other page grades what it receives from us. */
  peerLevel(): Level | undefined
  rttMs(): number | undefined
  /**
   * Takes how much of what is sent to us arrives, for the other page; undefined when there is
   * nothing to grade.
   */
  onLevel(level: Level | undefined): void
  onQuality(quality: Quality | undefined): void
  /**
   * Takes how much of what we send arrives, and the available bits a second where the browser
   * knows. Delay is left out: over a long distance a smaller picture is late as well.
   */
  onOutgoing(level: Level, bits: number | undefined): void
}

/**
 * Samples the connection's statistics every two seconds and reports how good it is; returns a
 * function that stops it.
 */
export function watchQuality(parts: QualityParts): () => void {
  const climbLoss = createClimb()
  const climbDelay = createClimb()
  let before: Sample | undefined
  let wasConnected = false
  let busy = false
  let stopped = false

  const look = async () => {
    // A connection that was closed meanwhile has no statistics.
    const report = await parts.stats().catch(() => undefined)
    if (stopped) return
    if (!parts.isConnected()) return lose()
    wasConnected = true
    const after = report ? sampleOf(report) : undefined
    const loss = before && after && lossPercent(before, after)
    const rttMs = after?.rttMs ?? parts.rttMs()
    before = after
    const mine = climbLoss(gradeOf({ lossPercent: loss }))
    const theirs = parts.peerLevel()
    parts.onLevel(mine)
    parts.onOutgoing(theirs ?? mine, after?.outgoingBits)
    parts.onQuality({
      ...verdict({ mine, theirs, delay: climbDelay(gradeOf({ rttMs })) }),
      path: after?.path ?? 'unknown',
      ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs) }),
      ...(loss === undefined ? {} : { lossPercent: Math.round(loss * 10) / 10 }),
    })
  }
  const lose = () => {
    before = undefined
    parts.onLevel(undefined)
    if (!wasConnected) return parts.onQuality(undefined)
    parts.onQuality({ level: 'lost', whose: parts.whoIsGone(), path: 'unknown' })
  }
  const stopLooking = parts.environment.every(SAMPLE_MS, () => {
    if (busy) return
    busy = true
    void look().finally(() => {
      busy = false
    })
  })
  return () => {
    stopped = true
    stopLooking()
  }
}

/** Returns the level of these figures; an unknown figure counts neither for nor against. */
export function gradeOf({ lossPercent = 0, rttMs = 0 }: Figures): Level {
  if (lossPercent >= POOR.lossPercent || rttMs >= POOR.rttMs) return 'poor'
  return lossPercent >= FAIR.lossPercent || rttMs >= FAIR.rttMs ? 'fair' : 'good'
}

/**
 * Returns the quality of the call: the worst of what arrives here, what arrives there, and the
 * delay. The delay is the same for both, so it does not show whose network is bad.
 */
export function verdict({ mine, theirs = 'good', delay }: Levels): Pick<Quality, 'level' | 'whose'> {
  const loss = isWorse(theirs, mine) ? theirs : mine
  if (loss === 'good' || isWorse(delay, loss)) return { level: worse(loss, delay), whose: 'nobody' }
  if (mine === theirs) return { level: loss, whose: 'both' }
  return { level: loss, whose: loss === mine ? 'mine' : 'theirs' }
}

/**
 * Creates a filter that falls to a worse level at once, and climbs one step after `CLIMB_AFTER`
 * better ones.
 */
export function createClimb(): (next: Level) => Level {
  let shown: Level | undefined
  let better = 0
  return (next) => {
    better = shown && isWorse(shown, next) ? better + 1 : 0
    if (!shown || isWorse(next, shown)) shown = next
    else if (better >= CLIMB_AFTER) {
      shown = WORST_FIRST[WORST_FIRST.indexOf(shown) + 1] ?? next
      better = 0
    }
    return shown
  }
}

function worse(one: Level, other: Level): Level {
  return isWorse(one, other) ? one : other
}

function isWorse(one: Level, other: Level): boolean {
  return WORST_FIRST.indexOf(one) < WORST_FIRST.indexOf(other)
}
