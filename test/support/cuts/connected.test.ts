/** Tests the measure of connected time from samples. */
import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../simulation/random.ts'
import { heardSpans, type Look, lengthOf, overlap, type Span, union } from './connected.ts'

const LOOK_MS = 100
const SILENCE_MS = 800

/** Looks every tenth of a second, of which those in one of the spans saw a packet come just then. */
function looksAt(untilMs: number, ...heard: [from: number, to: number][]): Look[] {
  const count = Math.floor(untilMs / LOOK_MS) + 1
  return Array.from({ length: count }, (_, index) => {
    const at = index * LOOK_MS
    return heard.some(([from, to]) => at >= from && at <= to) ? { at, cameAt: at } : { at }
  })
}

it('what comes between all looks was heard from the first packet to the last', () => {
  expect(heardSpans(looksAt(10_000, [0, 10_000]), SILENCE_MS)).toEqual([{ from: 0, to: 10_000 }])
})

it('packets that say nothing of when the first came, came in the middle since the look before', () => {
  const spans = heardSpans(looksAt(10_000, [0, 3_000], [4_000, 10_000]), SILENCE_MS)
  expect(spans).toEqual([
    { from: 0, to: 3_000 },
    { from: 3_950, to: 10_000 },
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
    { from: 0, to: 3_000 },
    { from: 6_000, to: 10_000 },
  ])
})

const BEFORE = looksAt(3_000, [0, 3_000])
const AFTER = looksAt(9_000, [5_001, 9_000]).filter(({ at }) => at > 5_000)
const SILENT = [3_200, 3_400, 4_800].map((at) => ({ at }))

it('the last packet ends a span when it came, however late the page looks', () => {
  const looks = [...BEFORE, { at: 3_190, cameAt: 3_030, soundMs: 20 }, ...SILENT]
  expect(heardSpans(looks, SILENCE_MS)).toEqual([{ from: 0, to: 3_030 }])
})

it('even sound begins a span with the first of its packets', () => {
  const looks = [...BEFORE, ...SILENT, { at: 5_000, cameAt: 4_990, soundMs: 140 }, ...AFTER]
  expect(heardSpans(looks, SILENCE_MS)).toEqual([
    { from: 0, to: 3_000 },
    { from: 4_850, to: 9_000 },
  ])
})

it('a burst that was held up begins a span in the middle of the time in which it may have come', () => {
  const looks = [...BEFORE, ...SILENT, { at: 5_000, cameAt: 4_990, soundMs: 900 }, ...AFTER]
  expect(heardSpans(looks, SILENCE_MS).at(-1)).toEqual({ from: 4_895, to: 9_000 })
})

describe.each([80, 160, 240])(
  'looks every %i ms make no cut of two pages longer by more than a packet',
  (everyMs) => {
    const cutsOf = (random: Random) =>
      Array.from({ length: 500 }, (_, n) => {
        const from = 5_000 * n + random.int(1_000, 2_000)
        return { from, to: from + random.int(1_000, 2_900) }
      })

    /** Returns by how many milliseconds two pages' gaps are longer than the cuts, on the average. */
    function longerMs(arrivals: (cuts: readonly Span[], random: Random) => number[]): number {
      const random = createRandom(everyMs)
      const cuts = cutsOf(random)
      const untilMs = 5_000 * cuts.length
      const page = () => {
        const packets = arrivals(cuts, random)
        const looks: Look[] = []
        for (let at = random.int(1, everyMs), next = 0; at < untilMs; at += everyMs) {
          const first = next
          while ((packets[next] ?? untilMs) <= at) next += 1
          const cameAt = packets[next - 1]
          const came = next > first && cameAt !== undefined
          looks.push(came ? { at, cameAt, soundMs: (next - first) * 20 } : { at })
        }
        return heardSpans(looks, SILENCE_MS)
      }
      const connected = overlap(page(), page())
      const whole = (connected.at(-1)?.to ?? 0) - (connected[0]?.from ?? 0)
      return (whole - lengthOf(connected) - lengthOf(cuts)) / cuts.length
    }

    /** Packets of sound that come evenly; each is sent in some part of its 20 ms. */
    const even = (untilMs: number, random: Random) =>
      Array.from({ length: untilMs / 20 }, (_, n) => n * 20 + random.int(0, 19))

    it('where what is cut is lost', () => {
      const lost = longerMs((cuts, random) =>
        even(5_000 * cuts.length, random).filter(
          (packet) => !cuts.some(({ from, to }) => packet > from && packet < to),
        ),
      )
      expect(Math.abs(lost)).toBeLessThan(20)
    })

    it('where what is cut is held up, and comes at once when the cut is over', () => {
      const heldUp = longerMs((cuts, random) =>
        even(5_000 * cuts.length, random).map(
          (packet) => cuts.find(({ from, to }) => packet > from && packet < to)?.to ?? packet,
        ),
      )
      // A page that looks at any moment since places the burst in the middle, the later of two a little later.
      expect(Math.abs(heldUp)).toBeLessThan(20 + everyMs / 6)
    })
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
