/** Tests the measure of connected time from samples. */
import { expect, it } from 'vitest'
import { createRandom } from '../../simulation/random.ts'
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

it('sound that stops or starts between two samples shows when, by how much of it came', () => {
  const before = looksAt(3_000, [0, 3_000])
  const after = looksAt(9_000, [0, 9_000]).filter(({ at }) => at > 5_000)
  const looks = [
    ...before,
    { at: 3_200, moved: true, soundMs: 30 },
    { at: 3_400, moved: false },
    { at: 4_800, moved: false },
    { at: 5_000, moved: true, soundMs: 150 },
    ...after,
  ]
  expect(heardSpans(looks, SILENCE_MS)).toEqual([
    { from: 0, to: 3_030 },
    { from: 4_850, to: 8_950 },
  ])
})

it.each([80, 160, 240])(
  'looks every %i ms make no cut of two pages longer by more than a packet',
  (everyMs) => {
    const random = createRandom(everyMs)
    const cuts = Array.from({ length: 500 }, (_, n) => {
      const from = 5_000 * n + random.int(1_000, 2_000)
      return { from, to: from + random.int(1_000, 2_900) }
    })
    const untilMs = 5_000 * cuts.length
    const page = () => {
      const packets = Array.from({ length: untilMs / 20 }, (_, n) => n * 20 + random.int(0, 19)).filter(
        (packet) => !cuts.some(({ from, to }) => packet > from && packet < to),
      )
      const looks: Look[] = []
      for (let at = random.int(1, everyMs), next = 0; at < untilMs; at += everyMs) {
        const first = next
        while ((packets[next] ?? untilMs) <= at) next += 1
        looks.push(next > first ? { at, moved: true, soundMs: (next - first) * 20 } : { at, moved: false })
      }
      return heardSpans(looks, SILENCE_MS)
    }
    const connected = overlap(page(), page())
    const whole = (connected.at(-1)?.to ?? 0) - (connected[0]?.from ?? 0)
    const gapsMs = whole - lengthOf(connected)
    expect(Math.abs(gapsMs - lengthOf(cuts)) / cuts.length).toBeLessThan(20)
  },
)

it('nothing was received by neither', () => {
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
