/** Sends a form again automatically while many people are logging in. */
import type { Answer } from '../lib/http.ts'

/** Words shown while a response takes longer than people expect. */
export const SLOW = { afterMs: 1_500, words: 'One moment…' } as const

const GIVE_UP_MS = 10 * 60_000
const DEFAULT_WAIT_S = 5

export interface InTurnParts {
  /** Called before each wait, with its length in whole seconds. */
  onWait: (seconds: number) => void
  /** Returns true once the other form was chosen, so that no one waits any more. */
  isOver: () => boolean
  /** Resolves after that many milliseconds. */
  pause: (ms: number) => Promise<void>
  /** Milliseconds on a clock that only goes forward. */
  now: () => number
}

/**
 * Sends until the server has a turn, waiting for as long as it says each time; after ten minutes,
 * returns its refusal. Undefined when it is over without success.
 */
export async function sendInTurn<T>(
  send: () => Promise<Answer<T>>,
  { onWait, isOver, pause, now }: InTurnParts,
): Promise<Answer<T> | undefined> {
  const until = now() + GIVE_UP_MS
  for (;;) {
    const answer = await send()
    if (answer.ok) return answer
    if (isOver()) return undefined
    if (answer.failure.code !== 'busy' || now() > until) return answer
    const seconds = answer.failure.retryAfterSeconds ?? DEFAULT_WAIT_S
    onWait(seconds)
    await pause(seconds * 1000)
    if (isOver()) return undefined
  }
}

/** Returns what the page says meanwhile. */
export function sayWait(seconds: number): string {
  const span = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
  return `One moment: many people are logging in. It is your turn in about ${span}, and this page continues automatically.`
}
