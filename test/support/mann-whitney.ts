/** Compares two samples by their ranks (the Mann–Whitney U test). */

export interface Comparison {
  /** Pairs in which the first sample's value is the greater one; ties count half. */
  readonly u: number
  /** Standard deviations by which that differs from what chance makes likeliest. */
  readonly z: number
  /** Chance of a difference as great as that, were there none. */
  readonly p: number
}

/** Compares two samples, of twenty values or more each, in the normal approximation. */
export function mannWhitney(one: readonly number[], other: readonly number[]): Comparison {
  const [n, m] = [one.length, other.length]
  const all = [...one.map((value) => ({ value, first: true })), ...other.map((value) => ({ value }))]
  all.sort((a, b) => a.value - b.value)
  let rankSum = 0
  let ties = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (all[to]?.value === all[from]?.value && to < all.length) to += 1
    const size = to - from
    const rank = (from + 1 + to) / 2 // the mean of the ranks from + 1 to `to`
    rankSum += rank * all.slice(from, to).filter((each) => 'first' in each).length
    ties += size ** 3 - size
    from = to
  }
  const u = rankSum - (n * (n + 1)) / 2
  const count = n + m
  const deviation = Math.sqrt(((n * m) / 12) * (count + 1 - ties / (count * (count - 1))))
  const z = (u - (n * m) / 2) / deviation
  return { u, z, p: 2 * tail(Math.abs(z)) }
}

/** Returns the chance of a standard normal value above `z` (Abramowitz and Stegun 26.2.17). */
function tail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  const sum = series.reduce((total, factor, at) => total + factor * t ** (at + 1), 0)
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum
}
