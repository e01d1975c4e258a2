/** One data key for all tests. */
import { createDataKey } from '../../adapters/system/data-key.ts'

export const TEST_KEY_BYTES = Buffer.alloc(32, 7)

/** The value of the setting. */
export const TEST_DATA_KEY = TEST_KEY_BYTES.toString('base64')

export const testDataKey = createDataKey([TEST_KEY_BYTES])
