/** Simulates pages that prove what they receive, honest, lying, and with planted bugs. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { IS_LONG, sampleSize, TEST_SEED } from '../../support/sample.ts'
import { Broken } from '../auditor/findings.ts'
import { orPlanted } from '../bugs.ts'
import { BUGS_OF_PROOF, plantedInProof } from './bugs-of-proof.ts'
import { simulateReceived } from './received.ts'
import type { Lie, ReceivedCourse } from './received-types.ts'

vi.mock('../../../domain/proof.ts', async (original) => {
  const real = await original<typeof import('../../../domain/proof.ts')>()
  const bug = () => plantedInProof.bug
  const hear: typeof real.hear = (...args) => orPlanted(real.hear, bug().hear)(...args)
  const isOvertaken: typeof real.isOvertaken = (...args) =>
    orPlanted(real.isOvertaken, bug().isOvertaken)(...args)
  const commonSpans: typeof real.commonSpans = (...args) =>
    orPlanted(real.commonSpans, bug().commonSpans)(...args)
  const provenUntil: typeof real.provenUntil = (...args) =>
    orPlanted(real.provenUntil, bug().provenUntil)(...args)
  const billable: typeof real.billable = (...args) => orPlanted(real.billable, bug().billable)(...args)
  return { ...real, hear, isOvertaken, commonSpans, provenUntil, billable }
})

vi.mock('../../../domain/session.ts', async (original) => {
  const real = await original<typeof import('../../../domain/session.ts')>()
  const noteSent: typeof real.noteSent = (...args) =>
    orPlanted(real.noteSent, plantedInProof.bug.noteSent)(...args)
  return { ...real, noteSent }
})

vi.mock('../../../domain/spending.ts', async (original) => {
  const real = await original<typeof import('../../../domain/spending.ts')>()
  const fundsFor: typeof real.fundsFor = (...args) =>
    orPlanted(real.fundsFor, plantedInProof.bug.fundsFor)(...args)
  return { ...real, fundsFor }
})

vi.mock('../../../engine/sessions/charging.ts', async (original) => {
  const real = await original<typeof import('../../../engine/sessions/charging.ts')>()
  const createCharging: typeof real.createCharging = (...args) =>
    orPlanted(real.createCharging, plantedInProof.bug.createCharging)(...args)
  return { ...real, createCharging }
})

vi.mock('../../../engine/sessions/seats.ts', async (original) => {
  const real = await original<typeof import('../../../engine/sessions/seats.ts')>()
  const seatTaken: typeof real.seatTaken = (...args) =>
    orPlanted(real.seatTaken, plantedInProof.bug.seatTaken)(...args)
  return { ...real, seatTaken }
})

vi.mock('../../../engine/sessions/connections.ts', async (original) => {
  const real = await original<typeof import('../../../engine/sessions/connections.ts')>()
  const createConnections: typeof real.createConnections = (...args) =>
    orPlanted(real.createConnections, plantedInProof.bug.createConnections)(...args)
  return { ...real, createConnections }
})

vi.mock('../../../engine/sessions/evidence.ts', async (original) => {
  const real = await original<typeof import('../../../engine/sessions/evidence.ts')>()
  const createEvidence: typeof real.createEvidence = (...args) =>
    orPlanted(real.createEvidence, plantedInProof.bug.createEvidence)(...args)
  return { ...real, createEvidence }
})

vi.mock('../../../engine/sessions/gathering.ts', async (original) => {
  const real = await original<typeof import('../../../engine/sessions/gathering.ts')>()
  const createGatherer: typeof real.createGatherer = (...args) =>
    orPlanted(real.createGatherer, plantedInProof.bug.createGatherer)(...args)
  return { ...real, createGatherer }
})

vi.mock('../../../engine/sessions/hearing.ts', async (original) => {
  const real = await original<typeof import('../../../engine/sessions/hearing.ts')>()
  const createHearing: typeof real.createHearing = (...args) =>
    orPlanted(real.createHearing, plantedInProof.bug.createHearing)(...args)
  return { ...real, createHearing }
})

const FIRST_SEED = IS_LONG ? 1 : TEST_SEED * 1_000
const SEEDS = sampleSize(8, 400)
const SEEDS_FOR_A_BUG = 30 // a bug that none of these shows counts as not found
const PATIENCE_MS = IS_LONG ? 1_200_000 : 600_000

const LIES: readonly Lie[] = [
  'hears everything',
  'hears nothing of some',
  'hears nothing any more',
  'says that it is interrupted',
]

async function runAll(course: Omit<ReceivedCourse, 'seed'>): Promise<void> {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
    await simulateReceived({ seed, ...course }).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    })
  }
}

describe('between two pages that prove what they receive', { timeout: PATIENCE_MS }, () => {
  it('what both received is billed, whatever is cut, and however their clocks run', () => runAll({}))

  it('and, with clocks that keep time, to within the delay of the quickest beats', () => runAll({ rate: 1 }))

  it('and, with beats that take no time either, to within the rounding of their readings', () =>
    runAll({ rate: 1, late: 0 }))

  it.each(LIES.flatMap((what) => (['client', 'reader'] as const).map((by) => ({ what, by }))))(
    'and a liar lowers what is billed at the most: the $by’s page $what',
    (lie) => runAll({ lie }),
  )

  describe('the simulation finds', () => {
    afterEach(() => {
      plantedInProof.bug = {}
    })

    it.each(BUGS_OF_PROOF)('$name ($breaks)', async ({ breaks, course, plant }) => {
      plantedInProof.bug = plant
      let found = ''
      for (let seed = 1; seed <= SEEDS_FOR_A_BUG && found === ''; seed += 1) {
        await simulateReceived({ seed, ...course }).catch((error: unknown) => {
          if (!(error instanceof Broken)) throw error
          if (error.rule === breaks) found = `seed ${seed}: ${error.message}`
        })
      }
      expect(found).toContain(`[${breaks}]`)
    })
  })
})
