/** Tests what becomes of people's names, and never of their money, when keys are gone. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findBucketEnd } from '../../../adapters/backup/bucket-end.ts'
import { createKeysShipping, keysIn } from '../../../adapters/backup/keys/ship-keys.ts'
import { proveBucket } from '../../../adapters/backup/prove-bucket.ts'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { createDataKey } from '../../../adapters/system/data-key.ts'
import { entry } from '../../../domain/ledger.ts'
import { DELETED_NAME } from '../../../domain/user.ts'
import type { Tx } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { TEST_KEY_BYTES, testDataKey } from '../../support/data-key.ts'
import { bringBackTo, bucketAt, type Shipping } from '../../support/shipping.ts'
import { endShipping, useShippingPlace } from '../../support/shipping-place.ts'
import { ana, everything, openOn, setUp, topUp } from '../../support/store/store-parts.ts'
import { TEST_TABLES } from '../../support/store/toy-table.ts'
import { waitFor } from '../../support/wait-for.ts'

const place = useShippingPlace('keys')
const { dir, parts, ship } = place

const problems = async (key = testDataKey) =>
  (await proveBucket({ ...parts(), key, now: Date.now(), tables: TEST_TABLES })).problems

const addBo = (tx: Tx) => {
  tx.putUser({ ...ana, id: 'bo', name: 'Bo', email: 'bo@example.com' })
  tx.post(entry('topup:bo', 'stripe', cents(900), [{ account: 'wallet:bo', cents: cents(900) }]))
}

/** Lets Bo leave, and returns once the bucket has no key of Bo's any more. */
async function leave({ store, caughtUp }: Shipping): Promise<void> {
  await caughtUp()
  expect((await keysIn(bucketAt(place.s3))).keys.map(({ personId }) => personId)).toContain('bo')
  await store.commit((tx) => tx.forgetPerson('bo'))
  let n = 100
  await waitFor(async () => {
    n += 1
    await store.commit((tx) => topUp(tx, n))
    expect((await keysIn(bucketAt(place.s3))).keys.map(({ personId }) => personId)).not.toContain('bo')
  }, 20)
}

async function usersOf(name: string): Promise<unknown[]> {
  const { store } = await openOn(nodeDisk(dir(name)))
  const users = await store.read((view) => [...view.clients()].map((user) => [user.name, user.balanceCents]))
  await store.close()
  return users.sort()
}

describe('an instant before someone left', () => {
  it('comes back with that person’s money and without the name, again and again', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.store.commit(addBo)
    const at = await server.store.read((view) => view.now)
    await waitFor(async () => expect(await server.store.read((view) => view.now)).toBeGreaterThan(at))
    await leave(server)
    await endShipping(server)
    const { told } = await bringBackTo(dir('b'), { ...parts(), at })
    expect(told).toMatch(/1 keys of people are gone, 1 of them because their people left/)
    const expected = [
      ['Ana', 1_000],
      [DELETED_NAME, 900],
    ]
    expect(await usersOf('b')).toEqual(expected)
    // what is rebuilt from its journal, and what is brought back from what it shipped, is the same
    rmSync(join(dir('b'), 'checkpoint.json'))
    rmSync(join(dir('b'), 'users.json'))
    expect(await usersOf('b')).toEqual(expected)
    const again = await ship('b')
    await again.store.commit((tx) => topUp(tx, 1))
    await endShipping(again)
    expect(await problems()).toEqual([])
    await bringBackTo(dir('c'), parts())
    expect(await usersOf('c')).toEqual([
      ['Ana', 1_500],
      [DELETED_NAME, 900],
    ])
  })
})

describe('keys that the bucket lacks', () => {
  it('are named by the check and by a restore, which brings back all money when told to', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.caughtUp()
    const names = [...place.s3.objects.keys()].filter((name) => /\/keys[^/]*$/.test(name))
    const older = new Map(names.map((name) => [name, place.s3.objects.get(name) ?? Buffer.alloc(0)]))
    await server.store.commit(addBo)
    await endShipping(server)
    expect(await problems()).toEqual([])
    for (const [name, bytes] of older) place.s3.objects.set(name, bytes)
    const words = /keys\.json in the bucket lacks 1 keys that the records need/
    expect((await problems()).join()).toMatch(words)
    await expect(bringBackTo(dir('b'), parts())).rejects.toThrow(words)
    await bringBackTo(dir('c'), { ...parts(), despiteKeys: true })
    expect(await usersOf('c')).toEqual([
      ['Ana', 1_000],
      [DELETED_NAME, 900],
    ])
  })

  it('of someone who left while the bucket was out of reach go with the first shipment of the next process', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.store.commit(addBo)
    await server.caughtUp()
    const kept = new Map(place.s3.objects)
    await leave(server)
    await endShipping(server)
    for (const [name, bytes] of kept) if (/\/keys[^/]*$/.test(name)) place.s3.objects.set(name, bytes)
    expect(JSON.stringify(await keysIn(bucketAt(place.s3)))).toContain('"bo"')
    await createKeysShipping(bucketAt(place.s3), nodeDisk(dir('a')), dir('a'))()
    expect(JSON.stringify(await keysIn(bucketAt(place.s3)))).not.toContain('"bo"')
  })
})

describe('another DATA_KEY', () => {
  const other = Buffer.alloc(32, 9)
  const both = createDataKey([other, TEST_KEY_BYTES])
  const alone = createDataKey([other])

  it('that signed nothing in the bucket is named by a restore and the check, with what to do', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await endShipping(server)
    const words =
      /signed with this DATA_KEY, not even claims\/000001-.*Where it is lost, add --without-data-key/
    await expect(bringBackTo(dir('b'), { ...parts(), key: alone })).rejects.toThrow(words)
    expect((await problems(alone)).join()).toMatch(words)
  })

  it('takes over in the same folder of the bucket, to which all is shipped again once the old one is out', async () => {
    const before = await ship('a')
    await before.store.commit(setUp)
    await before.store.commit(addBo)
    await endShipping(before)
    const between = await ship('a', { dataKey: both })
    await between.store.commit((tx) => topUp(tx, 1))
    await between.store.rewrap()
    await endShipping(between)
    expect(await problems(both)).toEqual([])
    const after = await ship('a', { dataKey: alone })
    await after.store.commit((tx) => topUp(tx, 2))
    await after.caughtUp()
    expect(after.log.warnings.join()).toContain('the whole journal is shipped again')
    const all = await everything(after.store)
    await endShipping(after)
    expect(await problems(alone)).toEqual([])
    await bringBackTo(dir('b'), { ...parts(), key: alone })
    const { store } = await openOn(nodeDisk(dir('b')), undefined, 4096, { dataKey: alone })
    expect(await everything(store)).toEqual(all)
    await store.close()
    const again = await ship('b', { dataKey: alone })
    await again.store.commit((tx) => topUp(tx, 3))
    await endShipping(again)
    expect(again.log.warnings.join()).not.toContain('shipped again')
    expect((await findBucketEnd(bucketAt(place.s3), alone)).newest?.base.seq).toBeGreaterThan(0)
    expect(readFileSync(join(dir('b'), 'users.json'), 'utf8')).toContain('Bo')
  })
})
