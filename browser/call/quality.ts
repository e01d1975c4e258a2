import { lossPercent, type Sample, sampleOf } from './stats.ts'
import type { CallWorld, Level, Quality } from './types.ts'

const SAMPLE_MS = 2_000
// Beyond these a talk begins to suffer, and beyond the second ones it is hard work.
const FAIR = { lossPercent: 2, rttMs: 200 }
const POOR = { lossPercent: 6, rttMs: 400 }
// A step down shows at once, a step up when it has held for so many samples: the bars must not flicker.
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
  world: Pick<CallWorld, 'every'>
  /** The statistics of the connection; undefined when there is none. */
  stats(): Promise<RTCStatsReport | undefined>
  isConnected(): boolean
  /** Whose fault it is when nothing arrives, as far as the server has told. */
  whoIsGone(): Quality['whose']
  /** How the other page finds what it receives from us. */
  peerLevel(): Level | undefined
  rttMs(): number | undefined
  /** How much of what is sent to us arrives, to be told to the other page; undefined while there is nothing to grade. */
  onLevel(level: Level | undefined): void
  onQuality(quality: Quality | undefined): void
  /**
   * How much of what we send arrives, and the bits a second that there would be room for where the browser knows. Delay
   * has no part in it: on a long way a smaller picture is late as well.
   */
  onOutgoing(level: Level, bits: number | undefined): void
}

/** Looks at the connection's statistics every two seconds, and says how good it is; returns the way to stop. */
export function watchQuality(parts: QualityParts): () => void {
  const climbLoss = createClimb()
  const climbDelay = createClimb()
  let before: Sample | undefined
  let wasConnected = false
  let busy = false
  let stopped = false

  const look = async () => {
    // A connection that is closed meanwhile has none.
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
  const stopLooking = parts.world.every(SAMPLE_MS, () => {
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

/** The level that these figures stand for; what is unknown speaks neither for nor against. */
export function gradeOf({ lossPercent = 0, rttMs = 0 }: Figures): Level {
  if (lossPercent >= POOR.lossPercent || rttMs >= POOR.rttMs) return 'poor'
  return lossPercent >= FAIR.lossPercent || rttMs >= FAIR.rttMs ? 'fair' : 'good'
}

/**
 * The call is as good as the worst of what arrives here, what arrives there, and the time it takes. That time is the
 * same for both, and does not tell whose network it is.
 */
export function verdict({ mine, theirs = 'good', delay }: Levels): Pick<Quality, 'level' | 'whose'> {
  const loss = isWorse(theirs, mine) ? theirs : mine
  if (loss === 'good' || isWorse(delay, loss)) return { level: worse(loss, delay), whose: 'nobody' }
  if (mine === theirs) return { level: loss, whose: 'both' }
  return { level: loss, whose: loss === mine ? 'mine' : 'theirs' }
}

/** Falls to a worse level at once, and climbs one step after `CLIMB_AFTER` better ones. */
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
