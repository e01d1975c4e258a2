/**
 * Exports fast-check with the day's seed for every property, and with more runs of each in a long
 * run.
 */
import fc from 'fast-check'
import { sampleSize, TEST_SEED } from './sample.ts'

fc.configureGlobal({ seed: TEST_SEED, numRuns: sampleSize(100, 1_000) })

export default fc
