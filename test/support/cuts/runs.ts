/** Does runs of the measuring rig as tests, and judges what they come to. */
import { expect, test } from '@playwright/test'
import { labIsMissing } from '../lab.ts'
import { EVENT_RUN_MS, type EventName, NAMED } from './events.ts'
import { type PlanName, RUN_MS } from './plan.ts'
import { type Kind, measure, type Outcome, type Path, type RunPlan } from './run.ts'
import { keep, kept, lineOf, summaryOf } from './table.ts'

type LaunchOptions = Parameters<typeof measure>[1]

const SEEDS = (process.env.CUT_SEEDS ?? '1').split(',').map(Number)
const LENGTH_MS = process.env.CUT_SECONDS ? Number(process.env.CUT_SECONDS) * 1_000 : RUN_MS
const SETUP_MS = 150_000

/**
 * Billed time is the connected time, from a second less to a quarter more; in chat, measured by
 * pings, 1.5 s a cut.
 */
const GOAL = { leastMs: -1_000, mostMs: 250 }
/**
 * Beside other tests the counters are read late; a meter that bills until it notices a cut is off
 * by five seconds each time.
 */
const BESIDE_OTHERS = { leastMs: -2_000, mostMs: 1_000 }

const LONG_PAUSE_MS = 5_000
const LONGEST_WAIT_MS = 60_000

type What = Partial<Pick<RunPlan, 'minuteMs' | 'path' | 'kind'>>

/** Returns a run whose network is cut by a seed. */
export const cut =
  (what: PlanName, { minuteMs = 6_000, path = 'direct' as Path, kind = 'Video' as Kind }: What = {}) =>
  (seed: number): RunPlan => ({ what, seed, minuteMs, path, kind, runMs: LENGTH_MS })

/** Returns a run to which something else happens. */
export const happening =
  (what: EventName, kind: Kind) =>
  (seed: number): RunPlan => ({ what, seed, minuteMs: 6_000, path: 'direct', kind, runMs: EVENT_RUN_MS })

/** Returns each run for each seed, of which CUT_SEEDS names others. */
export const forSeeds = (runs: readonly ((seed: number) => RunPlan)[]): RunPlan[] =>
  SEEDS.flatMap((seed) => runs.map((run) => run(seed)))

/**
 * Prepares a file of runs: they come one after the other, where there are networks to cut, and end
 * in a table.
 */
export function prepareRuns(): void {
  const missing = labIsMissing()
  if (missing) console.error(`No session is cut between two networks: ${missing}.`)
  test.skip(missing !== undefined, missing)
  test.describe.configure({ mode: 'default' })
  test.afterAll(() => {
    if (kept().length > 0) process.stdout.write(`\n${summaryOf(kept())}\n`)
  })
}

/** Does a run, and judges it by the goal. */
export async function run(plan: RunPlan, launchOptions: LaunchOptions): Promise<void> {
  judge(await measured(plan, launchOptions), GOAL)
}

/** Does a run beside other tests. */
export async function runBesideOthers(plan: RunPlan, launchOptions: LaunchOptions): Promise<void> {
  judge(await measured(plan, launchOptions), BESIDE_OTHERS)
}

async function measured(plan: RunPlan, launchOptions: LaunchOptions): Promise<Outcome> {
  test.setTimeout(plan.runMs + SETUP_MS)
  const outcome = await measure(plan, launchOptions)
  keep(outcome)
  process.stdout.write(`${lineOf(outcome)}\n`)
  expect(outcome.chargedCents, 'the billed time is what was charged').toBe(outcome.billedTimeCents)
  return outcome
}

function judge(
  { what, kind, billedMs, differenceMs, mishaps, endReason, pauses }: Outcome,
  { leastMs, mostMs }: { leastMs: number; mostMs: number },
): void {
  const pausedMs = pauses.reduce((sum, { from, to }) => sum + to - from, 0)
  // [B22] Such cuts can leave less connected time than pauses; then the server ends the session.
  const isMostlyPaused = pausedMs > LONGEST_WAIT_MS && pausedMs > billedMs
  expect(['reader_ended', ...(isMostlyPaused ? ['connection_lost'] : [])], 'why it ended').toContain(
    endReason,
  )
  const named = NAMED[what]
  const long = pauses.filter(({ from, to }) => to - from > LONG_PAUSE_MS).map(({ cause }) => cause)
  if (named) expect(new Set(long), 'whom the pause is put down to').toEqual(new Set(long.map(() => named)))
  const chatMs = kind === 'Chat' ? 1_500 * Math.max(1, mishaps.length) : 0
  expect(differenceMs, 'billed − connected').toBeGreaterThanOrEqual(Math.min(leastMs, -chatMs))
  expect(differenceMs, 'billed − connected').toBeLessThanOrEqual(Math.max(mostMs, chatMs))
}
