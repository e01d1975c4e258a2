/** Keeps the journal off the disk while a server runs: in a bucket, where one is set. */
import type { Clock, Log } from '../../engine/ports.ts'
import type { Disk } from '../store/disk/disk.ts'
import type { Reached } from '../store/journal/scan.ts'
import { type Announced, announcedSince } from './announced.ts'
import { type BucketSettings, openBucket } from './bucket.ts'
import { type BucketEnd, findBucketEnd } from './bucket-end.ts'
import type { Claim } from './claims.ts'
import { checkFolder } from './fit.ts'
import { createKeysShipping } from './keys/ship-keys.ts'
import { readOwnClaims } from './own-claims.ts'
import type { SigningKey } from './seal.ts'
import { createShipper, type Shipper } from './shipper.ts'

export interface Shipping {
  /** Takes note of records that are on the disk. */
  wrote(end: Reached, bytes: number): void
  /**
   * Compares the folder with the bucket before anything opens it. Throws an OperatorError where the
   * folder is older, or another server's; a bucket that is out of reach holds nothing up.
   */
  look(): Promise<void>
  /** Begins to ship; `halt` lets the store take no more changes. */
  start(halt: (why: Error) => void): void
  ageMs(): number
  shippedRecord(): number
  stop(): Promise<void>
}

const REQUEST = { tries: 1, longestMs: 20_000 }
const LOOK_WITHIN_MS = 15_000
const STOP_WITHIN_MS = 4_000
const MOST_LISTED = 1_000

export interface ShippingParts {
  readonly settings: BucketSettings | undefined
  readonly key: SigningKey
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  readonly onFatal: (error: unknown) => void
}

export function createShipping({ settings, key, disk, clock, log, onFatal }: ShippingParts): Shipping {
  if (!settings) return NO_SHIPPING
  const bucket = openBucket(settings, REQUEST)
  let found: BucketEnd | undefined
  let halt: (why: Error) => void = () => undefined

  const shipper: Shipper = createShipper({
    bucket,
    key,
    disk,
    clock,
    log,
    shipKeys: createKeysShipping(bucket, disk, disk.name),
    onRefused: (error, claim) => {
      halt(error)
      listAnnounced(claim)
        .catch((failed: unknown) =>
          log.error({ err: failed }, 'what both servers announced could not be listed'),
        )
        .finally(() => onFatal(error))
    },
  })

  /** Writes into the log the changes that this server announced after another had taken over. */
  async function listAnnounced(claim: Claim | undefined): Promise<void> {
    if (!claim) return
    const { records, listed } = await announcedSince(disk, claim.base.seq, MOST_LISTED)
    if (records === 0) return
    log.error(
      { claim: claim.claim, afterRecord: claim.base.seq, records },
      'this server made changes after the record from which the other one went on: those that the other has not got are lost to it',
    )
    for (const each of listed) log.error(each satisfies Announced, 'announced by both')
  }

  return {
    wrote: ({ seq }, bytes) => shipper.wrote(seq, bytes),
    async look() {
      const seen = await within(LOOK_WITHIN_MS, clock, findBucketEnd(bucket, key)).catch((error: unknown) => {
        log.warn({ err: error }, 'the bucket is out of reach: the server starts, and compares its data later')
      })
      if (!seen) return
      await checkFolder({ disk, folder: disk.name, own: await readOwnClaims(disk), found: seen })
      found = seen
    },
    start(haltStore) {
      halt = haltStore
      shipper.start(found)
    },
    ageMs: shipper.ageMs,
    shippedRecord: shipper.shippedRecord,
    stop: () => shipper.stop(STOP_WITHIN_MS),
  }
}

const NO_SHIPPING: Shipping = {
  wrote: () => undefined,
  look: async () => undefined,
  start: () => undefined,
  ageMs: () => 0,
  shippedRecord: () => 0,
  stop: async () => undefined,
}

async function within<T>(ms: number, clock: Clock, work: Promise<T>): Promise<T> {
  let giveUp = (): void => undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    giveUp = clock.at(clock.now() + ms, () => reject(new Error(`no answer within ${ms / 1000} seconds`)))
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    giveUp()
  }
}
