/** Gives each test of a file a bucket and a folder of its own, and ends what was shipped there. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { nodeDisk } from '../../adapters/store/disk/disk.ts'
import { testDataKey } from './data-key.ts'
import { removeFolder } from './folders.ts'
import { type S3Server, startS3 } from './s3-server.ts'
import { BUCKET_KEYS, bucketAt, type Shipping, shipFrom } from './shipping.ts'

/** Prepares the place before each test, and removes it afterwards. `name` is part of the folder's. */
export function useShippingPlace(name: string) {
  let s3: S3Server
  let folder = ''
  const running: Shipping[] = []

  beforeEach(async () => {
    s3 = await startS3(BUCKET_KEYS)
    folder = mkdtempSync(join(tmpdir(), `soulseer-${name}-`))
  })
  afterEach(async () => {
    for (const { shipper, store } of running.splice(0)) {
      await shipper.stop(0)
      await store.close().catch(() => undefined) // a test may have closed it
    }
    await s3.stop()
    await removeFolder(folder)
  })

  const dir = (within: string): string => join(folder, within)
  return {
    get s3() {
      return s3
    },
    get folder() {
      return folder
    },
    dir,
    parts: () => ({ bucket: bucketAt(s3), key: testDataKey }),

    /** Ships a folder of that name, to the bucket unless another is given. */
    async ship(
      within: string,
      more: Parameters<typeof shipFrom>[2] = {},
      bucket = bucketAt(s3),
    ): Promise<Shipping> {
      const shipping = await shipFrom(nodeDisk(dir(within)), bucket, more)
      running.push(shipping)
      return shipping
    },
  }
}

/** Ends a server in order, once all of it is in the bucket. */
export async function endShipping({ caughtUp, shipper, store }: Shipping): Promise<void> {
  await caughtUp()
  await shipper.stop(0)
  await store.close()
}
