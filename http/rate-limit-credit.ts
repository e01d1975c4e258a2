/** Gives back what a request took from a rate limit when it failed because of the server. */
import { Refusal } from '../domain/errors.ts'
import type { ErrorCode } from '../shared/protocol/errors.ts'
import type { LimitName, RateLimiter } from './rate-limiter.ts'

/**
 * Refusals with status 503. Not `payment_unavailable`: repeated requests would use up Stripe's own
 * limits.
 */
const OURS: ReadonlySet<ErrorCode> = new Set(['busy', 'storage_full', 'stopping'])

/** Checks whether the server could not do it, rather than the caller may not. */
export function isOurs(error: unknown): boolean {
  return error instanceof Refusal && OURS.has(error.code)
}

/**
 * Runs `work`, which checks the current password where the user gave one. Only a wrong one counts.
 * Throws the refusal `rate_limited`.
 */
export async function countWrongPassword<T>(
  rateLimiter: RateLimiter,
  userId: string,
  { password }: { password?: string | undefined },
  work: () => Promise<T>,
): Promise<T> {
  if (password === undefined) return work()
  const done = await takeUnlessOurFault(rateLimiter, 'passwordCheck', userId, work)
  rateLimiter.giveBack('passwordCheck', userId)
  return done
}

/**
 * Runs `work` for one of `name`, which is given back when the server could not do it. Throws the
 * refusal `rate_limited`.
 */
export async function takeUnlessOurFault<T>(
  rateLimiter: RateLimiter,
  name: LimitName,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  rateLimiter.take(name, key)
  try {
    return await work()
  } catch (error) {
    if (isOurs(error)) rateLimiter.giveBack(name, key)
    throw error
  }
}
