/** Simulates whole evenings from many seeds. */
import { describe, expect, it } from 'vitest'
import { IS_LONG, sampleSize, TEST_SEED } from '../support/sample.ts'
import { type Outcome, simulate } from './simulation.ts'

/** A longer soak sets these: see scripts/soak.js. */
const FIRST_SEED = Number(process.env.SOAK_FIRST_SEED ?? (IS_LONG ? 1 : TEST_SEED * 100))
const SEEDS = Number(process.env.SOAK_SEEDS ?? 0)
const STEPS = 150
type Counted = keyof Outcome['counts']
/**
 * Happens dozens of times in every sample; a session that ends by a refund may be missing from a
 * day's.
 */
const COMMON: readonly Counted[] = ['sessions', 'crashes', 'crashesMidway', 'topUps', 'holds', 'limits']
const LEAST_MINUTES = sampleSize(1_000, 20_000)
const PATIENCE_MS = 600_000 // far more than it takes on a machine that does much else besides

/** Runs as many seeds as are asked for, or else as many as it takes to reach the minutes. */
async function run(): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let minutes = 0
  for (let seed = FIRST_SEED; SEEDS > 0 ? outcomes.length < SEEDS : minutes < LEAST_MINUTES; seed += 1) {
    const outcome = await simulate({ seed, steps: STEPS })
    outcomes.push(outcome)
    minutes += outcome.sessionMinutes
  }
  return outcomes
}

function summaryOf(outcomes: readonly Outcome[], tookMs: number, cpuMs: number): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + of(each), 0)
  const counts = Object.keys(outcomes[0]?.counts ?? {}) as (keyof Outcome['counts'])[]
  const announced = counts.map((name) => `${sum((outcome) => outcome.counts[name])} ${name}`).join(', ')
  const minutes = sum((outcome) => outcome.sessionMinutes)
  return `${outcomes.length} seeds, ${minutes} session-minutes in ${seconds(tookMs)} s (${seconds(cpuMs)} s of processor): ${announced}\n`
}

const seconds = (ms: number): number => Math.round(ms / 1000)

describe('the whole engine, simulated from a seed', () => {
  it(
    'keeps every rule through rings, drops, top-ups, limits, refunds, held-up turns and crashes',
    async () => {
      const startedAt = performance.now()
      const before = process.cpuUsage()
      const outcomes = await run()
      const { user, system } = process.cpuUsage(before)
      process.stdout.write(summaryOf(outcomes, performance.now() - startedAt, (user + system) / 1000))
      const counted = IS_LONG ? (Object.keys(outcomes[0]?.counts ?? {}) as Counted[]) : COMMON
      expect(counted.length).toBeGreaterThan(0)
      for (const what of counted)
        expect(
          outcomes.some(({ counts }) => counts[what] > 0),
          what,
        ).toBe(true)
    },
    SEEDS > 0 ? 86_400_000 : PATIENCE_MS,
  )

  it('does the same again from the same seed', async () => {
    expect(await simulate({ seed: 7, steps: 80 })).toEqual(await simulate({ seed: 7, steps: 80 }))
  })
})
