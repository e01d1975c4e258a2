/** Tests the clock and the ids. */
import { expect, it, vi } from 'vitest'
import { randomId, systemClock } from '../../../adapters/system/clock.ts'
import { waitFor } from '../../support/wait-for.ts'

it('rings alarms in the order of their instants, never early, and not those called off', async () => {
  const clock = systemClock()
  const start = clock.now()
  const rung: [number, number][] = []
  const set = (ms: number) => clock.at(start + ms, () => rung.push([ms, clock.now() - start]))
  set(40)
  set(10)
  const callOff = set(20)
  set(30)
  callOff()
  await waitFor(() => expect(rung).toHaveLength(3))
  expect(rung.map(([ms]) => ms)).toEqual([10, 30, 40])
  for (const [ms, at] of rung) expect(at).toBeGreaterThanOrEqual(ms)
})

it('rings what an alarm asks for while it rings, and what is due already', async () => {
  const clock = systemClock()
  const rung: string[] = []
  clock.at(clock.now() + 5, () => {
    rung.push('first')
    clock.at(clock.now() - 1, () => rung.push('second'))
    clock.at(clock.now() + 5, () => rung.push('third'))
  })
  await waitFor(() => expect(rung).toEqual(['first', 'second', 'third']))
})

it('waits longer than a timer of Node can', async () => {
  vi.useFakeTimers()
  try {
    const clock = systemClock()
    let rung = false
    const month = 30 * 24 * 60 * 60 * 1000
    clock.at(clock.now() + month, () => {
      rung = true
    })
    await vi.advanceTimersByTimeAsync(month - 1_000)
    expect(rung).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(rung).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})

it('makes ids that fit into an address and a command', () => {
  for (let n = 0; n < 2_000; n += 1) expect(randomId()).toMatch(/^\w[\w-]{15}$/)
})
