/**
 * Limits what the other page, which is not trusted, can make this page do over the data channel.
 */

/**
 * Limits chat lines of the other person: how many at once, how many a second after that, and how
 * many in one session.
 */
export const LINES_BURST = 20
export const LINES_A_SECOND = 10
export const LINES_MAX = 2_000

/**
 * Limits messages of every kind together. Two pages that follow the rules send each other fewer
 * than 20 a second.
 */
export const FRAMES_BURST = 120
const FRAMES_A_SECOND = 30

/** Leaves room for the longest line with every letter of it escaped. */
export const FRAME_CHARS_MAX = 50_000

interface BucketParts {
  burst: number
  perSecond: number
  /** Milliseconds on any clock. */
  now: () => number
}

/**
 * Returns a function that says whether one more may pass: `burst` at once, and then `perSecond`.
 */
export function createBucket({ burst, perSecond, now }: BucketParts): () => boolean {
  let tokens = burst
  let countedAt = now()
  return () => {
    const at = now()
    // A clock that was set back adds nothing, and must not stop the refill until it has caught up.
    const passedMs = Math.max(0, at - countedAt)
    countedAt = at
    tokens = Math.min(burst, tokens + (passedMs * perSecond) / 1_000)
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

interface FrameLimitParts {
  now: () => number
  onDropped(): void
}

/**
 * Creates a filter that hides from every later listener of a channel what is too large, not text,
 * or too much. One limit for all channels of a call, so that a rebuild gives no new burst.
 */
export function createFrameLimit({ now, onDropped }: FrameLimitParts) {
  const mayPass = createBucket({ burst: FRAMES_BURST, perSecond: FRAMES_A_SECOND, now })
  const check = (event: MessageEvent<unknown>) => {
    const { data } = event
    if (typeof data === 'string' && data.length <= FRAME_CHARS_MAX && mayPass()) return
    event.stopImmediatePropagation()
    onDropped()
  }
  return {
    /** Must be called before anything else listens to the channel. */
    attach: (channel: RTCDataChannel) => channel.addEventListener('message', check),
  }
}
