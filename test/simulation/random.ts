/** Makes choices from one seed: the same seed makes the same choices on every machine. */
export interface Random {
  /** Returns a whole number from `least` to `most`, both included. */
  int(least: number, most: number): number
  chance(probability: number): boolean
  /** One of them; undefined when there is none. */
  pick<T>(from: readonly T[]): T | undefined
  /** One of the names, each as likely as its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
  shuffled<T>(from: readonly T[]): T[]
}

export function createRandom(seed: number): Random {
  let state = (seed ^ 0x5eed) >>> 0

  /**
   * Returns a fraction in [0, 1): a counter whose bits are mixed until every one of them depends on
   * all others.
   */
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    mixed ^= mixed >>> 15
    return (mixed >>> 0) / 2 ** 32
  }

  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  const pick = <T>(from: readonly T[]): T | undefined => from[int(0, from.length - 1)]

  return {
    int,
    pick,
    chance: (probability) => next() < probability,
    weighted: <K extends string>(weights: Readonly<Record<K, number>>): K => {
      const names = Object.keys(weights) as K[]
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0)
      const chosen = names.find((name) => {
        left -= weights[name]
        return left < 0
      })
      return chosen ?? (names.at(-1) as K)
    },
    shuffled: (from) => {
      const rest = [...from]
      return Array.from(from, () => rest.splice(int(0, rest.length - 1), 1)[0] as (typeof from)[number])
    },
  }
}
