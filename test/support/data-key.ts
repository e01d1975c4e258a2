/** One data key for all tests. */
import { createDataKey } from '../../adapters/system/data-key.ts'

const KEY = Buffer.alloc(32, 7)

/** The value of the setting. */
export const TEST_DATA_KEY = KEY.toString('base64')

export const testDataKey = createDataKey([KEY])
