/** Checks that the simulation finds planted bugs. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { IS_LONG } from '../support/sample.ts'
import { BUGS, type Bug, orPlanted, planted } from './bugs.ts'
import { BUGS_OF_MONEY } from './bugs-of-money.ts'
import { SimulationFailure, simulate } from './simulation.ts'

vi.mock('../../domain/billing.ts', async (original) => {
  const real = await original<typeof import('../../domain/billing.ts')>()
  const settle: typeof real.settle = (...args) => orPlanted(real.settle, planted.bug.settle)(...args)
  const nextWake: typeof real.nextWake = (...args) => orPlanted(real.nextWake, planted.bug.nextWake)(...args)
  return { ...real, settle, nextWake }
})

vi.mock('../../domain/session.ts', async (original) => {
  const real = await original<typeof import('../../domain/session.ts')>()
  const pause: typeof real.pause = (...args) => orPlanted(real.pause, planted.bug.pause)(...args)
  const resume: typeof real.resume = (...args) => orPlanted(real.resume, planted.bug.resume)(...args)
  return { ...real, pause, resume }
})

vi.mock('../../domain/spending.ts', async (original) => {
  const real = await original<typeof import('../../domain/spending.ts')>()
  const fundsFor: typeof real.fundsFor = (...args) => orPlanted(real.fundsFor, planted.bug.fundsFor)(...args)
  const mayBeFree: typeof real.mayBeFree = (...args) =>
    orPlanted(real.mayBeFree, planted.bug.mayBeFree)(...args)
  const changeDailyLimit: typeof real.changeDailyLimit = (...args) =>
    orPlanted(real.changeDailyLimit, planted.bug.changeDailyLimit)(...args)
  const noteSpending: typeof real.noteSpending = (...args) =>
    orPlanted(real.noteSpending, planted.bug.noteSpending)(...args)
  const nextTurn: typeof real.nextTurn = (...args) => orPlanted(real.nextTurn, planted.bug.nextTurn)(...args)
  return { ...real, fundsFor, mayBeFree, changeDailyLimit, noteSpending, nextTurn }
})

vi.mock('../../domain/top-up.ts', async (original) => {
  const real = await original<typeof import('../../domain/top-up.ts')>()
  const reversalTarget: typeof real.reversalTarget = (...args) =>
    orPlanted(real.reversalTarget, planted.bug.reversalTarget)(...args)
  return { ...real, reversalTarget }
})

vi.mock('../../engine/sessions/charging.ts', async (original) => {
  const real = await original<typeof import('../../engine/sessions/charging.ts')>()
  const createCharging: typeof real.createCharging = (...args) =>
    orPlanted(real.createCharging, planted.bug.createCharging)(...args)
  return { ...real, createCharging }
})

vi.mock('../../engine/commit.ts', async (original) => {
  const real = await original<typeof import('../../engine/commit.ts')>()
  const createAct: typeof real.createAct = (...args) =>
    orPlanted(real.createAct, planted.bug.createAct)(...args)
  return { ...real, createAct }
})

vi.mock('../../engine/payments/apply-payment.ts', async (original) => {
  const real = await original<typeof import('../../engine/payments/apply-payment.ts')>()
  const createApplyPayment: typeof real.createApplyPayment = (...args) =>
    orPlanted(real.createApplyPayment, planted.bug.createApplyPayment)(...args)
  return { ...real, createApplyPayment }
})

vi.mock('../../engine/payments/refunds.ts', async (original) => {
  const real = await original<typeof import('../../engine/payments/refunds.ts')>()
  const createRefunds: typeof real.createRefunds = (...args) =>
    orPlanted(real.createRefunds, planted.bug.createRefunds)(...args)
  return { ...real, createRefunds }
})

vi.mock('../../adapters/store/store.ts', async (original) => {
  const real = await original<typeof import('../../adapters/store/store.ts')>()
  const openStore: typeof real.openStore = async (parts) =>
    orPlanted(await real.openStore(parts), planted.bug.store)
  return { ...real, openStore }
})

const STEPS = 150
const PATIENCE_MS = IS_LONG ? 1_200_000 : 600_000
const SEEDS = 40 // a bug that none of these shows counts as not found

/**
 * Returns the failure of each seed under which the bug breaks its rule: of the first such seed, or
 * of all in a long run.
 */
async function findings({ breaks, shownBy, often, settings, plant }: Bug): Promise<string[]> {
  const found: string[] = []
  for (const seed of seedsFrom(shownBy)) {
    if (!IS_LONG && found.length > 0) break
    planted.bug = plant()
    try {
      await simulate({ seed, steps: STEPS, often: { talk: 2, ...often }, ...(settings && { settings }) })
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      if (error.rule === breaks) found.push(error.message)
    }
  }
  return found
}

/** Returns every seed once, `first` before the others. */
function seedsFrom(first = 1): Set<number> {
  return new Set([first, ...Array.from({ length: SEEDS }, (_, n) => n + 1)])
}

describe('the simulation finds', { timeout: PATIENCE_MS }, () => {
  afterEach(() => {
    planted.bug = {}
  })

  it.each([...BUGS, ...BUGS_OF_MONEY])('$name ($breaks)', async (bug) => {
    const found = await findings(bug)
    if (IS_LONG) process.stdout.write(`${bug.name}: shown by ${found.length} of ${SEEDS} seeds\n`)
    expect(found[0]).toMatch(/^seed \d+, step \d+/)
    expect(found[0]).toContain(`[${bug.breaks}]`)
  })

  it('nothing where there is nothing to find', async () => {
    for (const seed of [1, 2, 3, 4, 5]) await simulate({ seed, steps: STEPS })
  })
})
