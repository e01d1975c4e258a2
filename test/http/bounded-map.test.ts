/** Tests a map that keeps a bounded number of entries. */
import { describe, expect, it } from 'vitest'
import { createBoundedMap, LONGEST_KEY, MOST_KEYS } from '../../http/bounded-map.ts'

const mapAt = () => {
  let now = 0
  const map = createBoundedMap<number>({ now: () => now, lapsesAt: (instant) => instant })
  return {
    map,
    wait: (ms: number) => {
      now += ms
    },
  }
}

describe('a map for keys that strangers make up', () => {
  it('keeps 50,000 entries at the most, and those that matter longest', () => {
    const { map } = mapAt()
    map.set('used often', 60_000)
    for (let n = 0; n < 3 * MOST_KEYS; n += 1) map.set(`made up ${n}`, 10_000)
    expect(map.size).toBeLessThanOrEqual(MOST_KEYS)
    expect(map.size).toBeGreaterThan(0.8 * MOST_KEYS)
    expect(map.get('used often')).toBe(60_000)
  })

  it('drops what has lapsed as new keys come in, behind an entry that stays long too', () => {
    const { map, wait } = mapAt()
    map.set('stays long', 1_000_000)
    for (let n = 0; n < 1_000; n += 1) map.set(`early ${n}`, 10)
    wait(10)
    for (let n = 0; n < 1_000; n += 1) map.set(`late ${n}`, 20)
    expect(map.size).toBeLessThanOrEqual(1_001)
    expect(map.get('stays long')).toBe(1_000_000)
  })

  it('keeps the digest of a long key in its place, and keeps two of them apart', () => {
    const { map } = mapAt()
    const long = 'x'.repeat(65_000)
    map.set(`${long}1`, 1)
    map.set(`${long}2`, 2)
    map.set('x'.repeat(LONGEST_KEY), 3)
    expect([map.get(`${long}1`), map.get(`${long}2`), map.get('x'.repeat(LONGEST_KEY)), map.size]).toEqual([
      1, 2, 3, 3,
    ])
    map.delete(`${long}1`)
    expect([map.get(`${long}1`), map.size]).toEqual([undefined, 2])
  })
})
