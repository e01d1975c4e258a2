/** Tests how the journal goes to the bucket while the store is at work. */
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bucket, BucketFailure } from '../../../adapters/backup/bucket.ts'
import { readManifest } from '../../../adapters/backup/manifest.ts'
import { createShipper } from '../../../adapters/backup/shipper.ts'
import { HOUR_MS, MINUTE_MS } from '../../../shared/time.ts'
import { createRandom } from '../../simulation/random.ts'
import { testDataKey } from '../../support/data-key.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { type Mishap, type S3Server, startS3 } from '../../support/s3-server.ts'
import { TEST_SEED } from '../../support/sample.ts'
import { BUCKET_KEYS, bucketAt, piecesIn, type Shipping, shipFrom } from '../../support/shipping.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { charge, keptLog, openOn, rosa, setUp, topUp } from '../../support/store/store-parts.ts'
import { waitFor } from '../../support/wait-for.ts'

let s3: S3Server
let disk: MemoryDisk
const running: Shipping[] = []

beforeEach(async () => {
  s3 = await startS3(BUCKET_KEYS)
  disk = memoryDisk()
})
afterEach(async () => {
  for (const { shipper } of running.splice(0)) await shipper.stop(0)
  await s3.stop()
})

async function ship(more: Parameters<typeof shipFrom>[2] = {}, longestMs?: number): Promise<Shipping> {
  const shipping = await shipFrom(disk, bucketAt(s3, longestMs), more)
  running.push(shipping)
  return shipping
}

/** Returns the numbers of the records in the bucket, which must be whole and follow each other. */
function shippedRecords(within = s3.objects): number {
  let reached = { seq: 0, chain: 0 }
  for (const { first, last, before, after } of piecesIn({ objects: within })) {
    expect({ first, before }).toEqual({ first: reached.seq + 1, before: reached.chain })
    reached = { seq: last, chain: after }
  }
  return reached.seq
}

const objects = () => [...s3.objects.keys()]

/** A bucket without a network, for a clock that the test moves. */
function memoryBucket() {
  const kept = new Map<string, Buffer>()
  const gone = { isGone: false, asked: 0 }
  const ask = () => {
    gone.asked += 1
    if (gone.isGone) throw new BucketFailure('the bucket could not be reached')
  }
  const bucket: Bucket = {
    put: async () => ask(),
    async putBytes(name, bytes) {
      ask()
      kept.set(name, bytes)
    },
    async get(name, take) {
      ask()
      return take(Readable.from([kept.get(name) ?? Buffer.alloc(0)]))
    },
    async read(name) {
      ask()
      return kept.get(name)
    },
    async list(prefix, after = '') {
      ask()
      return [...kept.keys()].filter((name) => name.startsWith(prefix) && name > after).sort()
    },
  }
  return { bucket, objects: kept, gone }
}

describe('a running server with a bucket', () => {
  it('ships every record, in order, and says so in a signed manifest', async () => {
    const { store, caughtUp } = await ship()
    await store.commit(setUp)
    for (let n = 1; n <= 40; n += 1) await store.commit((tx) => topUp(tx, n))
    await caughtUp()
    expect(shippedRecords()).toBe(42) // with the mark of the start
    const claim = /claims\/([^.]+)\.json/.exec(objects().join())?.[1] ?? ''
    expect(claim).toMatch(/^000001-/)
    const manifest = await readManifest(bucketAt(s3), testDataKey, claim)
    expect(manifest?.end.seq).toBe(42)
    expect(Object.values(Object.fromEntries(s3.objects)).join()).not.toContain(
      Buffer.alloc(32, 7).toString('base64'),
    )
  })

  it('cuts pieces at whole records, though one is longer than a piece may be', async () => {
    const { store, caughtUp } = await ship({ pieceBytes: 1_000 })
    await store.commit(setUp)
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        store.commit((tx) => (n === 10 ? tx.putUser({ ...rosa, bio: 'x'.repeat(5_000) }) : topUp(tx, n + 1))),
      ),
    )
    await caughtUp()
    expect(shippedRecords()).toBe(32)
    expect(piecesIn(s3).length).toBeGreaterThan(5)
  })

  it('ships at once where much waits, however long the period', async () => {
    const { store } = await ship({ periodMs: 3_600_000, pieceBytes: 2_000 })
    await store.commit(setUp)
    for (let n = 1; n <= 20; n += 1) await store.commit((tx) => topUp(tx, n))
    await waitFor(() => expect(piecesIn(s3).length).toBeGreaterThan(1))
  })

  it('goes on under a new claim after a restart, without a gap', async () => {
    const before = await ship()
    await before.store.commit(setUp)
    await before.caughtUp()
    await before.kill()
    await before.store.close()
    const after = await ship()
    await after.store.commit((tx) => topUp(tx, 1))
    await after.caughtUp()
    expect(objects().filter((name) => name.includes('/claims/'))).toHaveLength(2)
    expect(shippedRecords()).toBe(4)
    expect(after.refused).toEqual([])
  })

  it.each([
    ['is full', { kind: 'full', roomBytes: 10 }],
    ['refuses it', { kind: 'refused', status: 403, code: 'AccessDenied' }],
    ['fails', { kind: 'refused', status: 500, code: 'InternalError' }],
    ['is out of reach', { kind: 'cut', after: 0, forGood: true }],
    ['never answers', { kind: 'drawn', draw: () => 'silent' as const }],
  ] as const)('delays no commit where the bucket %s, and catches up', async (_what, trouble) => {
    s3.trouble = { ...trouble }
    const { store, shipper, caughtUp, log } = await ship({ firstRetryMs: 50, lastRetryMs: 500 }, 2_000)
    await store.commit(setUp)
    for (let n = 1; n <= 20; n += 1) await store.commit((tx) => charge(tx, n))
    await waitFor(() => expect(log.warnings.join()).toContain('could not be shipped'))
    expect(shipper.ageMs()).toBeGreaterThan(0)
    expect(piecesIn(s3)).toEqual([])
    s3.trouble = undefined
    await caughtUp()
    expect(shippedRecords()).toBe(22)
    expect(shipper.ageMs()).toBe(0)
  })

  it('catches up a megabyte at a time after a day out of reach, in which it asked once in half a minute', async () => {
    const clock = fakeClock()
    const log = keptLog()
    const { bucket, objects: there, gone } = memoryBucket()
    const shipper = createShipper({
      bucket,
      key: testDataKey,
      disk,
      clock,
      log,
      shipKeys: async () => undefined,
      onRefused: (error) => {
        throw error
      },
    })
    const upToDate = () =>
      waitFor(async () => {
        await clock.advance(0)
        expect(shipper.isUpToDate()).toBe(true)
      })
    const { store } = await openOn(disk, clock, 1 << 20, {
      onWritten: ({ seq }, bytes) => shipper.wrote(seq, bytes),
    })
    await store.commit(setUp)
    shipper.start(undefined)
    await upToDate()
    gone.asked = 0
    gone.isGone = true
    for (let minute = 1; minute <= 24 * 60; minute += 1) {
      await store.commit((tx) => tx.putUser({ ...rosa, bio: String(minute).padEnd(1_500, 'x') }))
      await clock.advance(MINUTE_MS)
    }
    expect(gone.asked).toBeLessThan(24 * 60 * 2 + 10)
    expect(shipper.ageMs()).toBeGreaterThan(24 * HOUR_MS - MINUTE_MS)
    expect(log.warnings).toHaveLength(2)
    expect(log.warnings[1]).toContain('nothing has reached the bucket for over a minute')
    gone.isGone = false
    await clock.advance(30_000)
    await upToDate()
    expect(shipper.ageMs()).toBe(0)
    expect(shippedRecords(there)).toBe(24 * 60 + 2)
    const sizes = piecesIn({ objects: there }).map(({ bytes }) => bytes.length)
    expect(sizes.length).toBeGreaterThan(2)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1 << 20)
    await store.close()
  })

  it('has each record once though requests are lost, repeated, late or cut in half', async () => {
    const MISHAPS: Mishap[] = ['cut', 'half', 'unanswered', 'repeated', 'late', 'busy', 'forbidden']
    const random = createRandom(TEST_SEED)
    s3.trouble = {
      kind: 'drawn',
      draw: () => (random.chance(0.25) ? random.pick(MISHAPS) : undefined),
    }
    const { store, caughtUp, refused } = await ship({ firstRetryMs: 2, lastRetryMs: 20 }, 20_000)
    await store.commit(setUp)
    for (let n = 1; n <= 60; n += 1) await store.commit((tx) => topUp(tx, n))
    await caughtUp()
    expect(shippedRecords()).toBe(62)
    expect(refused).toEqual([])
  })

  it('is not asked again at every commit while it refuses, however much waits', async () => {
    let asked = 0
    s3.trouble = {
      kind: 'drawn',
      draw: () => {
        asked += 1
        return 'forbidden'
      },
    }
    const { store, log } = await ship({ pieceBytes: 100, firstRetryMs: 60_000 })
    await store.commit(setUp)
    await waitFor(() => expect(log.warnings.join()).toContain('could not be shipped'))
    const before = asked
    for (let n = 1; n <= 30; n += 1) {
      await store.commit((tx) => topUp(tx, n))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(asked).toBe(before)
  })

  it('ships by the store’s clock where ours is wrong', async () => {
    s3.trouble = { kind: 'clock', offByMs: -3 * 24 * 3_600_000 }
    const { store, caughtUp } = await ship()
    await store.commit(setUp)
    await caughtUp()
    expect(shippedRecords()).toBe(2)
  })

  it('ships what is left when it is stopped, and gives up on a bucket that does not answer', async () => {
    const { store, shipper } = await ship({ periodMs: 3_600_000 })
    await waitFor(() => expect(shippedRecords()).toBe(1))
    await store.commit(setUp)
    await shipper.stop(30_000)
    expect(shippedRecords()).toBe(2)
    s3.trouble = { kind: 'drawn', draw: () => 'silent' }
    const other = await shipFrom(memoryDisk(), bucketAt(s3))
    await other.shipper.stop(50)
    expect(shippedRecords()).toBe(2)
  })
})
