/** Replays the first response to an idempotency key. */
import { StripeFault } from './errors.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * Keeps the first response to each idempotency key: a repeated request gets it again, another
 * request under the key is refused.
 */
export interface Idempotency {
  once(key: string | undefined, request: string, run: () => Answer): Answer & { readonly replayed: boolean }
}

const KEPT_MS = 24 * 60 * 60 * 1000

export function createIdempotency({ now }: { now: () => Date }): Idempotency {
  const first = new Map<string, { request: string; answer: Answer; at: number }>()

  const find = (key: string | undefined) => {
    const earlier = key === undefined ? undefined : first.get(key)
    return earlier && now().getTime() - earlier.at < KEPT_MS ? earlier : undefined
  }

  return {
    once(key, request, run) {
      const earlier = find(key)
      if (earlier && earlier.request !== request) throw usedOtherwise(key)
      if (earlier) return { ...earlier.answer, replayed: true }
      const answer = run()
      if (key !== undefined && isKept(answer)) first.set(key, { request, answer, at: now().getTime() })
      return { ...answer, replayed: false }
    },
  }
}

// Stripe keeps a response once it has started to act; what fails validation may be corrected under
// the same key.
function isKept({ status }: Answer): boolean {
  return status < 400 || status === 402 || status >= 500
}

function usedOtherwise(key: string | undefined): StripeFault {
  return new StripeFault(400, {
    type: 'idempotency_error',
    message: `The key ${key} was first used with other parameters. Use another key to make another request.`,
  })
}
