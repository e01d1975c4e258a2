/** Summarises the numbers of a run. */

export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Returns the spread of the values; all zero when there are none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}

/**
 * Returns milliseconds since the epoch with fractions, comparable between processes of one machine.
 */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Resolves with whether `holds` came true within `ms`. */
export async function within(ms: number, holds: () => boolean): Promise<boolean> {
  const until = now() + ms
  while (!holds()) {
    if (now() > until) return false
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return true
}
