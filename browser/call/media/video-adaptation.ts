/** Lowers the quality of the picture on a slow network, and raises it again. */
import type { Level } from '../types.ts'

/** Says how our picture is sent: in full, small, or not at all so that the sound gets through. */
export type VideoAdaptation = 'full' | 'small' | 'off'

const SMALL_AFTER_MS = 10_000
const OFF_AFTER_MS = 40_000
// With less than this the picture takes from the sound, whatever its size.
const NO_ROOM_BITS = 100_000
const NO_ROOM_MS = { full: 6_000, small: 10_000 }
const FULL_AFTER_MS = 20_000
// A picture that was turned off waits longer each time before it tries again.
const BACK_AFTER_MS = 30_000
const BACK_AFTER_MAX_MS = 300_000

interface VideoAdaptationParts {
  now(): number
  onChange(videoAdaptation: VideoAdaptation): void
}

export interface VideoAdapter {
  now(): VideoAdaptation
  /** Takes how well our media arrives, and the available bits a second where known. */
  note(level: Level, bits: number | undefined): void
  /** Tries the picture again because the user wants it. */
  insist(): void
}

/**
 * Creates what steps the picture down when the network is too slow for it, and up again afterwards.
 */
export function createVideoAdaptation({ now, onChange }: VideoAdaptationParts): VideoAdapter {
  let videoAdaptation: VideoAdaptation = 'full'
  let since: { poor?: number; good?: number; crowded?: number } = {}
  let timesOff = 0

  const turn = (next: VideoAdaptation) => {
    // A poor network that lasted ten seconds stays poor: only the count of good samples restarts.
    const { poor } = since
    since = next === 'small' && videoAdaptation === 'full' && poor !== undefined ? { poor } : {}
    if (next === 'off') timesOff += 1
    videoAdaptation = next
    onChange(next)
  }
  const lasted = (at: number | undefined, ms: number) => at !== undefined && now() - at >= ms
  const decide = (): VideoAdaptation => {
    if (videoAdaptation === 'off') return lasted(since.good, backAfterMs(timesOff)) ? 'small' : 'off'
    const noRoom = lasted(since.crowded, NO_ROOM_MS[videoAdaptation])
    if (videoAdaptation === 'full') return noRoom || lasted(since.poor, SMALL_AFTER_MS) ? 'small' : 'full'
    if (noRoom || lasted(since.poor, OFF_AFTER_MS)) return 'off'
    return lasted(since.good, FULL_AFTER_MS) ? 'full' : 'small'
  }
  return {
    now: () => videoAdaptation,
    note: (level, bits) => {
      const at = now()
      const crowded = bits !== undefined && bits < NO_ROOM_BITS
      since = {
        ...(level === 'poor' ? { poor: since.poor ?? at } : {}),
        ...(level === 'good' ? { good: since.good ?? at } : {}),
        ...(crowded ? { crowded: since.crowded ?? at } : {}),
      }
      const next = decide()
      if (next !== videoAdaptation) turn(next)
    },
    insist: () => {
      timesOff = 0
      if (videoAdaptation === 'off') turn('full')
    },
  }
}

function backAfterMs(timesOff: number): number {
  return Math.min(BACK_AFTER_MS * 2 ** (timesOff - 1), BACK_AFTER_MAX_MS)
}
