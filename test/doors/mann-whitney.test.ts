/** Tests the statistic by which response times are compared. */
import { describe, expect, it } from 'vitest'
import { createRandom } from '../simulation/random.ts'
import { mannWhitney } from '../support/mann-whitney.ts'

/** Returns times as of a server's responses: 3 ms, up to 2 ms more, and now and then much more. */
function times(seed: number, count: number, plantedMs = 0): number[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => {
    const late = random.int(0, 49) === 0 ? random.int(5, 60) : 0
    return 3 + random.int(0, 2_000) / 1_000 + late + plantedMs
  })
}

describe('the Mann–Whitney U test', () => {
  it('counts the pairs that the first sample wins, ties half', () => {
    // Of 9 pairs: 4 beats 1 and 2, 5 beats 1, 2 and 3.5, and the two 2s tie.
    expect(mannWhitney([4, 5, 2], [1, 2, 3.5]).u).toBe(3 + 3 + 1.5)
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toMatchObject({ u: 4.5 })
  })

  it('agrees with a textbook’s figures', () => {
    const [a, b] = [[...Array(20).keys()], [...Array(20).keys()].map((value) => value + 5)]
    const { u, z, p } = mannWhitney(a, b)
    expect(u).toBe(112.5)
    expect(z).toBeCloseTo(-2.368, 2)
    expect(p).toBeCloseTo(0.0179, 3)
  })

  it('finds 2 ms that were planted, and nothing where nothing was', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(mannWhitney(times(seed, 500), times(seed + 100, 500)).p, `seed ${seed}`).toBeGreaterThan(0.001)
      expect(mannWhitney(times(seed, 500), times(seed + 100, 500, 2)).p, `seed ${seed}`).toBeLessThan(1e-9)
    }
  })
})
