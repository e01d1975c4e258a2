/** Ships a store over a disk in memory to the tests' bucket, quickly, and looks at what got there. */
import { mkdtempSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { restore } from '../../adapters/backup/backup.ts'
import { type Bucket, openBucket } from '../../adapters/backup/bucket.ts'
import { createKeysShipping } from '../../adapters/backup/keys/ship-keys.ts'
import { firstIn, openPiece, type Records } from '../../adapters/backup/piece.ts'
import { type RebuildParts, rebuild } from '../../adapters/backup/rebuild.ts'
import { createShipper, type Shipper, type ShipperParts } from '../../adapters/backup/shipper.ts'
import { claimFor } from '../../adapters/backup/take-over.ts'
import { type Disk, nodeDisk } from '../../adapters/store/disk/disk.ts'
import type { OpenStore, StoreParts } from '../../adapters/store/store.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { DataKeys } from '../../adapters/system/data-key.ts'
import { testDataKey } from './data-key.ts'
import type { S3Server } from './s3-server.ts'
import { type KeptLog, keptLog, openOn } from './store/store-parts.ts'
import { TEST_TABLES } from './store/toy-table.ts'
import { waitFor } from './wait-for.ts'

export const BUCKET_KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-1',
}

/**
 * Opens the stand-in's bucket as the server does, but tries once: a response for which the machine is
 * too busy is waited for, unless a test has the bucket stay silent.
 */
export function bucketAt({ url }: Pick<S3Server, 'url'>, longestMs = 30_000): Bucket {
  return openBucket({ url: `${url}/soulseer/nightly`, ...BUCKET_KEYS }, { tries: 1, longestMs })
}

export interface Shipping {
  readonly store: OpenStore
  readonly shipper: Shipper
  readonly log: KeptLog
  /** The errors for which the server was not to go on. */
  readonly refused: Error[]
  /** Waits until all that is on the disk is in the bucket. */
  caughtUp(): Promise<void>
  /** Ends the process without a last shipment. */
  kill(): Promise<void>
}

/** Opens the store of a disk and ships it every few milliseconds. */
export async function shipFrom(
  disk: Disk,
  bucket: Bucket,
  more: Partial<ShipperParts> & { segmentBytes?: number; dataKey?: StoreParts['dataKey'] } = {},
): Promise<Shipping> {
  const clock = systemClock()
  const log = keptLog()
  const refused: Error[] = []
  const shipper = createShipper({
    bucket,
    key: more.dataKey ?? testDataKey,
    disk,
    clock,
    log,
    shipKeys: createKeysShipping(bucket, disk, disk.name),
    onRefused: (error) => {
      store.halt(error)
      refused.push(error)
    },
    periodMs: 5,
    ...more,
  })
  const { store } = await openOn(disk, clock, more.segmentBytes ?? 4096, {
    onWritten: ({ seq }, bytes) => shipper.wrote(seq, bytes),
    ...(more.dataKey && { dataKey: more.dataKey }),
  })
  shipper.start(undefined)
  return {
    store,
    shipper,
    log,
    refused,
    caughtUp: () => waitFor(() => isCaughtUp(shipper)),
    kill: async () => {
      await shipper.stop(0)
    },
  }
}

function isCaughtUp(shipper: Shipper): void {
  if (!shipper.isUpToDate()) throw new Error('not everything has been shipped')
}

/** Brings back what is in the bucket into the folder `to`, claims the bucket for it, and returns what was said. */
export async function bringBackTo(
  to: string,
  parts: { bucket: Bucket; key?: DataKeys } & Partial<RebuildParts>,
): Promise<{ told: string; backup: string | undefined; replaced: string | undefined }> {
  const told: string[] = []
  const key = parts.key ?? testDataKey
  const into = mkdtempSync(join(dirname(to), 'download-'))
  const rebuilt = await rebuild({ ...parts, key, into, tell: (sentence) => told.push(sentence) })
  const { end } = await restore({
    from: rebuilt.folder,
    to,
    at: new Date(),
    isMoved: true,
    tables: TEST_TABLES,
  })
  const { replaced } = await claimFor({
    bucket: parts.bucket,
    key,
    disk: nodeDisk(to),
    end,
    at: Date.now(),
  })
  return { told: told.join('\n'), backup: rebuilt.backup, replaced }
}

/** Returns every piece in the bucket, by name, opened. */
export function piecesIn({ objects }: Pick<S3Server, 'objects'>): Records[] {
  const names = [...objects.keys()].filter((name) => firstIn(name) !== undefined).sort()
  return names.map((path) => {
    const name = path.slice(path.indexOf('journal/'))
    return openPiece(testDataKey, name, objects.get(path) ?? Buffer.alloc(0))
  })
}
