import { expect, it } from 'vitest'
import { heardSpans, type Look, lengthOf, overlap, union } from './connected.ts'

const LOOK_MS = 100
const SILENCE_MS = 800

/** Looks every tenth of a second, of which those in one of the spans saw the counters grow. */
function looksAt(untilMs: number, ...heard: [from: number, to: number][]): Look[] {
  const count = Math.floor(untilMs / LOOK_MS) + 1
  return Array.from({ length: count }, (_, index) => {
    const at = index * LOOK_MS
    return { at, moved: heard.some(([from, to]) => at >= from && at <= to) }
  })
}

it('what grows at every look was heard from the first to the last', () => {
  expect(heardSpans(looksAt(10_000, [0, 10_000]), SILENCE_MS)).toEqual([{ from: 0, to: 9_950 }])
})

it('a cut leaves a gap of its own length, between the middles of the looks around it', () => {
  const spans = heardSpans(looksAt(10_000, [0, 3_000], [4_000, 10_000]), SILENCE_MS)
  expect(spans).toEqual([
    { from: 0, to: 2_950 },
    { from: 3_950, to: 9_950 },
  ])
})

it('a silence shorter than the shortest cut is none', () => {
  const looks = looksAt(10_000, [0, 3_000], [3_700, 10_000])
  expect(heardSpans(looks, SILENCE_MS)).toHaveLength(1)
})

it('a page that was too busy to look heard all through it, a page that slept did not', () => {
  const without = (from: number, to: number) =>
    looksAt(10_000, [0, 10_000]).filter(({ at }) => at <= from || at >= to)
  expect(heardSpans(without(3_000, 4_900), SILENCE_MS)).toHaveLength(1)
  expect(heardSpans(without(3_000, 6_000), SILENCE_MS)).toEqual([
    { from: 0, to: 2_950 },
    { from: 6_000, to: 9_950 },
  ])
})

it('nothing was heard by nobody', () => {
  expect(heardSpans([], SILENCE_MS)).toEqual([])
  expect(heardSpans(looksAt(10_000), SILENCE_MS)).toEqual([])
})

it('connected is what both heard; a person with two tabs heard what either did', () => {
  const client = union([
    { from: 4, to: 9 },
    { from: 0, to: 5 },
    { from: 20, to: 30 },
  ])
  expect(client).toEqual([
    { from: 0, to: 9 },
    { from: 20, to: 30 },
  ])
  const both = overlap(client, [{ from: 3, to: 25 }])
  expect(both).toEqual([
    { from: 3, to: 9 },
    { from: 20, to: 25 },
  ])
  expect(lengthOf(both)).toBe(11)
})
