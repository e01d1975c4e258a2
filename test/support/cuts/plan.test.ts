/** Tests the plans of cuts that a seed makes. */
import { expect, it } from 'vitest'
import { CUT_KINDS, PLANS, planCuts, RUN_MS } from './plan.ts'

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

it('a seed makes the same cuts again, and another seed others', () => {
  expect(planCuts('mixed', 1)).toEqual(planCuts('mixed', 1))
  expect(planCuts('mixed', 1)).not.toEqual(planCuts('mixed', 2))
})

it.each(PLANS)('%s: one cut after the other, none too long, and calm at both ends', (name) => {
  const [most, rest] = name === 'flicker' ? [5_000, 3_000] : [25_000, 8_000]
  for (const seed of SEEDS) {
    const cuts = planCuts(name, seed)
    let before = 3_000
    for (const { from, to } of cuts) {
      expect(from - before).toBeGreaterThanOrEqual(1_000)
      expect(from - before).toBeLessThanOrEqual(rest)
      expect(to - from).toBeGreaterThanOrEqual(1_000)
      expect(to - from).toBeLessThanOrEqual(most)
      before = to
    }
    expect(before).toBeLessThanOrEqual(RUN_MS - 10_000)
    expect(cuts.length).toBeGreaterThan(name === 'flicker' ? 10 : 1)
  }
})

it('a mixed plan has every kind of cut in a handful of seeds', () => {
  const kinds = SEEDS.flatMap((seed) => planCuts('mixed', seed)).map(({ name }) => name)
  expect([...new Set(kinds)].sort()).toEqual([...CUT_KINDS].sort())
})

it('one person is now the client and now the reader', () => {
  const of = (name: 'one-way' | 'person') =>
    SEEDS.flatMap((seed) => planCuts(name, seed)).flatMap(({ deaf, media }) => [...deaf, ...media])
  expect([...new Set(of('one-way'))].sort()).toEqual(['client', 'reader'])
  expect([...new Set(of('person'))].sort()).toEqual(['client', 'reader'])
})
