/** Tests that every history of one client's money ends where Stripe's own records say it must. */
import { it } from 'vitest'
import fc from '../../support/properties.ts'
import { sampleSize } from '../../support/sample.ts'
import { STEPS_OF_STORY, tellWhole } from './money-story.ts'

const RUNS = sampleSize(40, 400)

it('[T1, T5, T9, R1, R2, R3] every history ends where Stripe’s records say', async () => {
  const step = fc.tuple(fc.constantFrom(...STEPS_OF_STORY), fc.nat(1_000_000))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => tellWhole(steps)),
    { numRuns: RUNS },
  )
})
