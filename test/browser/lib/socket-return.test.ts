/** Tests the reconnection of a page's socket. */
import { expect, it } from 'vitest'
import { createReturn } from '../../../browser/lib/socket-return.ts'
import { FakeTime } from '../call/fakes.ts'

function lostSocket(random = 0.5) {
  const time = new FakeTime()
  const from = time.read()
  const tries: number[] = []
  const reconnects: number[] = []
  const comeback = createReturn({
    after: (ms, run) => time.after(ms, run),
    connect: () => tries.push(time.read() - from),
    connectAnew: () => reconnects.push(time.read() - from),
    random: () => random,
  })
  return { time, tries, reconnects, comeback }
}

it('a lost connection is tried again ever more slowly, until it is there', async () => {
  const { time, tries, comeback } = lostSocket()
  for (let round = 0; round < 5; round += 1) {
    comeback.lost()
    await time.advance(3_000)
  }
  expect(tries).toEqual([500, 4_000, 8_000, 12_000, 15_000])
  comeback.back()
  comeback.lost()
  await time.advance(3_000)
  expect(tries.at(-1)).toBe(15_500)
})

it('is not tried twice at a time, nor once it is back', async () => {
  const { time, tries, comeback } = lostSocket()
  comeback.lost()
  comeback.lost()
  await time.advance(3_000)
  expect(tries).toHaveLength(1)
  comeback.lost()
  comeback.back()
  await time.advance(10_000)
  expect(tries).toHaveLength(1)
})

it('a try that brings nothing gives way to a fresh one, ever later', async () => {
  const { time, reconnects, comeback } = lostSocket()
  comeback.lost()
  await time.advance(20_000)
  expect(reconnects).toEqual([2_500, 6_500, 14_500])
  comeback.back()
  await time.advance(60_000)
  expect(reconnects).toHaveLength(3)
})

it('is tried at once when there is a network again, and only where it waits', async () => {
  const { time, tries, comeback } = lostSocket()
  comeback.now()
  expect(tries).toEqual([])
  comeback.lost()
  await time.advance(100)
  comeback.now()
  await time.advance(10_000)
  expect(tries).toEqual([100])
})

it.each([
  [0, 250],
  [1, 750],
])('pages do not all come at once', async (random, ms) => {
  const { time, tries, comeback } = lostSocket(random)
  comeback.lost()
  await time.advance(1_000)
  expect(tries).toEqual([ms])
})
