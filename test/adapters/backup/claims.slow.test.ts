/** Tests that no server goes on from old data, or beside another one. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Bucket } from '../../../adapters/backup/bucket.ts'
import { createLastRecord } from '../../../adapters/backup/last-record.ts'
import { proveBucket } from '../../../adapters/backup/prove-bucket.ts'
import { createShipping, type ShippingParts } from '../../../adapters/backup/shipping.ts'
import { claimFor } from '../../../adapters/backup/take-over.ts'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { systemClock } from '../../../adapters/system/clock.ts'
import { createDataKey } from '../../../adapters/system/data-key.ts'
import { testDataKey } from '../../support/data-key.ts'
import { copyWhileRunning } from '../../support/folders.ts'
import { BUCKET_KEYS, bringBackTo, bucketAt } from '../../support/shipping.ts'
import { endShipping, useShippingPlace } from '../../support/shipping-place.ts'
import { keptLog, openOn, setUp, topUp } from '../../support/store/store-parts.ts'
import { TEST_TABLES } from '../../support/store/toy-table.ts'
import { waitFor } from '../../support/wait-for.ts'

const place = useShippingPlace('claims')
const { dir, parts, ship } = place

/** Makes the server's own shipping of a folder. */
function shippingOf(name: string, parts: Partial<ShippingParts> = {}) {
  return createShipping({
    settings: { url: `${place.s3.url}/soulseer/nightly`, ...BUCKET_KEYS },
    key: testDataKey,
    disk: nodeDisk(dir(name)),
    clock: systemClock(),
    log: keptLog(),
    onFatal: () => undefined,
    ...parts,
  })
}

/** Looks into the bucket as a start does before it opens the folder. */
const look = (name: string, key = testDataKey) => shippingOf(name, { key }).look()

const bringBack = (name: string) => bringBackTo(dir(name), parts())

/** A bucket that can be cut off from one server alone. */
function cuttable(): Bucket & { isCut: boolean } {
  const bucket = bucketAt(place.s3)
  const state = {
    ...bucket,
    isCut: false,
    list: async (prefix: string, after?: string) => {
      if (state.isCut) throw new Error('cut off')
      return bucket.list(prefix, after)
    },
  }
  return state
}

describe('a start', () => {
  it('on an old copy of the folder is refused, with both instants and what to do, and changes nothing', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.caughtUp()
    copyWhileRunning(dir('a'), dir('old'))
    for (let n = 1; n <= 5; n += 1) await server.store.commit((tx) => topUp(tx, n))
    await endShipping(server)
    const journal = () => readFileSync(join(dir('old'), 'journal-000000000001.jsonl'))
    const before = journal()
    await expect(look('old')).rejects.toThrow(
      /are old: they end with record 2 of 20.*the bucket has record 7 of 20.*npm run restore -- --from-bucket.*Nothing was changed/,
    )
    expect(journal()).toEqual(before)
    await look('a')
  })

  it('on a folder whose journal lost its end, on another course, or on no data at all is refused', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await endShipping(server)
    await expect(look('nothing')).rejects.toThrow(
      /There are no data in .*nothing, and the bucket has record 2/,
    )
    const { store } = await openOn(nodeDisk(dir('other')))
    await store.commit(setUp)
    await store.commit((tx) => topUp(tx, 1))
    await store.close()
    await expect(look('other')).rejects.toThrow(/took another course/)
  })

  it('on no data with another DATA_KEY than the bucket’s is refused, and one on its own data is not', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await endShipping(server)
    const other = createDataKey([Buffer.alloc(32, 9)])
    await expect(look('nothing', other)).rejects.toThrow(
      /not signed with this DATA_KEY.*NEW,OLD.*new, empty folder/,
    )
    await look('a', other)
  })

  it('goes on while the bucket is out of reach, and stops when it can be reached and has more', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.caughtUp()
    copyWhileRunning(dir('a'), dir('old'))
    await server.store.commit((tx) => topUp(tx, 1))
    await endShipping(server)
    const bucket = cuttable()
    bucket.isCut = true
    const old = await ship('old', {}, bucket)
    await old.store.commit((tx) => topUp(tx, 2))
    expect(old.refused).toEqual([])
    bucket.isCut = false
    await waitFor(() => expect(old.refused).toHaveLength(1))
    expect(old.refused[0]?.message).toMatch(/took another course/)
    await expect(old.store.commit((tx) => topUp(tx, 3))).rejects.toThrow(/took another course/)
  })

  it('by itself over and over is never refused', async () => {
    for (let n = 0; n < 4; n += 1) {
      const server = await ship('a')
      await server.store.commit((tx) => (n === 0 ? setUp(tx) : topUp(tx, n)))
      if (n % 2 === 0) await server.caughtUp()
      await server.shipper.stop(5_000)
      await server.store.close()
      await look('a')
    }
  })
})

describe('the last record, kept outside the folder', () => {
  it('refuses an old copy where there is no bucket, and follows what is written', async () => {
    const file = join(place.folder, 'elsewhere', 'last-record.json')
    const lastRecord = (name: string) =>
      createLastRecord({
        file,
        disk: nodeDisk(dir(name)),
        folder: dir(name),
        clock: systemClock(),
        log: keptLog(),
      })
    const keeping = lastRecord('a')
    await keeping.look()
    const { store } = await openOn(nodeDisk(dir('a')), systemClock(), 4096, { onWritten: keeping.wrote })
    await store.commit(setUp)
    copyWhileRunning(dir('a'), dir('old'))
    await store.commit((tx) => topUp(tx, 1))
    await store.close()
    await keeping.stop()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ seq: 3 })
    await lastRecord('a').look()
    await expect(lastRecord('old').look()).rejects.toThrow(/are old: .*last-record\.json has record 3/)
    writeFileSync(file, 'nonsense')
    await expect(lastRecord('a').look()).rejects.toThrow(/LAST_RECORD_FILE: .* does not hold/)
  })
})

/** Ships a folder in all as the server does, and returns once its first records are in the bucket. */
async function shippingServer(name: string) {
  const clock = systemClock()
  const log = keptLog()
  const fatal: unknown[] = []
  const shipping = shippingOf(name, { clock, log, onFatal: (error) => void fatal.push(error) })
  await shipping.look()
  const { store } = await openOn(nodeDisk(dir(name)), clock, 4096, { onWritten: shipping.wrote })
  await store.commit(setUp)
  shipping.start(store.halt)
  await waitFor(() => expect(shipping.shippedRecord()).toBe(2))
  const stop = async () => {
    await shipping.stop()
    await store.close()
  }
  return { store, log, fatal, stop }
}

describe('two servers on one bucket', () => {
  it('the older stops before its next commit when it sees the higher claim, and says what to do', async () => {
    const older = await ship('a')
    await older.store.commit(setUp)
    await older.caughtUp()
    await bringBack('b')
    await older.store.commit((tx) => topUp(tx, 1)) // announced, before it looks
    await waitFor(() => expect(older.refused).toHaveLength(1))
    await expect(older.store.commit((tx) => topUp(tx, 2))).rejects.toThrow(/has taken over these data/)
    expect(older.refused[0]?.message).toMatch(/A restore on .* this server stops.*--take-over/)
    await expect(look('a')).rejects.toThrow(/has taken over these data/)
    const newer = await ship('b')
    await newer.store.commit((tx) => topUp(tx, 10))
    await newer.caughtUp()
    expect(newer.refused).toEqual([])
  })

  it('the older writes each change that it made since into its log before it ends', async () => {
    const older = await shippingServer('a')
    await bringBack('b')
    await older.store.commit((tx) => topUp(tx, 1))
    await waitFor(() => expect(older.fatal).toHaveLength(1))
    expect(older.log.warnings.join('\n')).toMatch(/announced by both .*topup:1 stripe -500 wallet:ana 500/)
    await older.stop()
  })

  it('cut off from the bucket, the older goes on; what both announced is listed once it is back', async () => {
    const older = await shippingServer('a')
    let refused = 0
    const isLook = (url = '') => /start-after=[^&]*claims%2F000001-/.test(url) // each shipment of the older begins with it
    place.s3.trouble = {
      kind: 'drawn',
      draw: ({ url }) => {
        if (!isLook(url)) return undefined
        refused += 1
        return 'cut'
      },
    }
    await bringBack('b')
    const newer = await ship('b')
    await older.store.commit((tx) => topUp(tx, 1))
    await newer.store.commit((tx) => topUp(tx, 2))
    await newer.caughtUp()
    await waitFor(() => expect(refused).toBeGreaterThan(0))
    await older.store.commit((tx) => topUp(tx, 3))
    expect(older.fatal).toEqual([])
    place.s3.trouble = undefined
    await waitFor(() => expect(older.fatal).toHaveLength(1))
    expect(String(older.fatal[0])).toMatch(/A restore on .* this server stops.*--take-over/)
    await expect(older.store.commit((tx) => topUp(tx, 4))).rejects.toThrow(/has taken over these data/)
    await expect(look('a')).rejects.toThrow(
      /took another course.*If this folder is the right one.*--take-over/,
    )
    const listed = older.log.warnings.filter((line) => line.startsWith('announced by both'))
    expect(listed.join('\n')).toMatch(/topup:1 stripe -500 .*\n.*topup:3 stripe -500 /)
    expect(listed).toHaveLength(2)
    await older.stop()
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems).toEqual([])
  })

  it('what the older had shipped after the claim is left out, and listed from the bucket', async () => {
    const older = await ship('a')
    await older.store.commit(setUp)
    await older.caughtUp()
    copyWhileRunning(dir('a'), dir('b'))
    await older.store.commit((tx) => topUp(tx, 1))
    await endShipping(older)
    // the claim of a restore that had listed the bucket before the last piece got there
    const { seq, chain } = { seq: 2, ...(await chainAt('b', 2)) }
    const { nextClaim, writeClaim } = await import('../../../adapters/backup/claims.ts')
    const { addOwnClaim, readOwnClaims } = await import('../../../adapters/backup/own-claims.ts')
    const own = await readOwnClaims(nodeDisk(dir('b')))
    const claim = nextClaim(testDataKey, own, undefined, {
      at: Date.now(),
      why: 'restore',
      base: { seq, chain, at: 0 },
    })
    await addOwnClaim(nodeDisk(dir('b')), claim.claim)
    await writeClaim(bucketAt(place.s3), testDataKey, claim)
    const newer = await ship('b')
    await newer.store.commit((tx) => topUp(tx, 7))
    await newer.caughtUp()
    const { leftOut, problems } = await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })
    expect(problems).toEqual([])
    expect(leftOut).toMatchObject([
      { changes: [{ record: 3, money: ['topup:1 stripe -500 wallet:ana 500'] }] },
    ])
  })

  it('the older may take over again, and the newer stops', async () => {
    const older = await ship('a')
    await older.store.commit(setUp)
    await older.caughtUp()
    await bringBack('b')
    await older.store.commit((tx) => topUp(tx, 1))
    await waitFor(() => expect(older.refused).toHaveLength(1))
    await older.store.close()
    const newer = await ship('b')
    await newer.store.commit((tx) => topUp(tx, 2))
    await newer.caughtUp()
    const last = await chainAt('a', 3)
    const { leftBehind } = await claimFor({
      ...parts(),
      disk: nodeDisk(dir('a')),
      end: { seq: 3, ...last, at: 0 },
      at: Date.now(),
    })
    expect(leftBehind).toBe(2)
    await newer.store.commit((tx) => topUp(tx, 3))
    await waitFor(() => expect(newer.refused).toHaveLength(1))
    const again = await ship('a')
    await again.store.commit((tx) => topUp(tx, 4))
    await endShipping(again)
    expect(again.refused).toEqual([])
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems).toEqual([])
  })
})

async function chainAt(name: string, seq: number): Promise<{ chain: number }> {
  const { reachedAt } = await import('../../../adapters/backup/journal-reader.ts')
  return { chain: (await reachedAt(nodeDisk(dir(name)), seq))?.chain ?? 0 }
}
