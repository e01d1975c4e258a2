/**
 * Ships a store to a bucket in a process until it is killed. It takes a folder, a name for its
 * changes, the bucket's address, how often it ships and how long it rests after each change, in
 * milliseconds, how large a piece and how long a request may be. It writes a line for every change that the store has confirmed.
 */
import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { openBucket } from '../../adapters/backup/bucket.ts'
import { findBucketEnd } from '../../adapters/backup/bucket-end.ts'
import { checkFolder } from '../../adapters/backup/fit.ts'
import { createKeysShipping } from '../../adapters/backup/keys/ship-keys.ts'
import { readOwnClaims } from '../../adapters/backup/own-claims.ts'
import { createShipper } from '../../adapters/backup/shipper.ts'
import { nodeDisk } from '../../adapters/store/disk/disk.ts'
import { openStore } from '../../adapters/store/store.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import { entry } from '../../domain/ledger.ts'
import { cents } from '../../shared/money.ts'
import { testDataKey } from './data-key.ts'
import { ana, charge, rosa } from './store/store-parts.ts'
import { TEST_TABLES } from './store/toy-table.ts'

const [dir = '', name = '', url = '', period = '20', rest = '0', piece = '4000', longest = '400'] =
  process.argv.slice(2)
const tell = (line: string) => writeSync(1, `${line}\n`)
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const clock = systemClock()
const disk = nodeDisk(dir)
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const bucket = openBucket({ url, ...keys, region: 'eu-central-1' }, { tries: 1, longestMs: Number(longest) })

const refuse = (error: unknown) => {
  tell(`refused ${String(error)}`)
  process.exit(3)
}
const shipper = createShipper({
  bucket,
  key: testDataKey,
  disk,
  clock,
  log,
  shipKeys: createKeysShipping(bucket, disk, dir),
  onRefused: refuse,
  periodMs: Number(period),
  firstRetryMs: 5,
  pieceBytes: Number(piece),
})
const found = await findBucketEnd(bucket, testDataKey).catch(() => undefined)
if (found) await checkFolder({ disk, folder: dir, own: await readOwnClaims(disk), found }).catch(refuse)
const store = await openStore({
  disk,
  dataKey: testDataKey,
  clock,
  log,
  segmentBytes: 8192,
  space: UNWATCHED,
  tables: TEST_TABLES,
  onFatal: refuse,
  onWritten: ({ seq }, bytes) => shipper.wrote(seq, bytes),
})
shipper.start(found)
tell('open')
await store.commit((tx) => {
  if (!tx.user(ana.id)) tx.putUser(ana)
  if (!tx.user(rosa.id)) tx.putUser(rosa)
})
for (let n = 0; ; n += 1) {
  const key = `topup:${name}-${n}`
  const at = await store.commit((tx) => {
    tx.post(entry(key, 'stripe', cents(10), [{ account: `wallet:${ana.id}`, cents: cents(10) }]))
    charge(tx, `${name}-${n}`)
    return tx.now
  })
  tell(`answered ${key} ${at}`)
  if (rest !== '0') await setTimeout(Number(rest))
}
