/**
 * Tests the disk space that is kept for running sessions, and the share that one account may use.
 */
import { describe, expect, it } from 'vitest'
import { BALLAST_FILE } from '../../../adapters/store/disk/ballast.ts'
import type { Disk } from '../../../adapters/store/disk/disk.ts'
import { createJournalBudget } from '../../../adapters/store/journal/budget.ts'
import type { Tx } from '../../../engine/ports.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'
import { type Failure, failingDisk } from '../../support/store/failing-disk.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import {
  ana,
  charge,
  endOne,
  everything,
  openOn,
  renameReader,
  rosa,
  settled,
  setUp,
  topUp,
} from '../../support/store/store-parts.ts'

const SEGMENT_BYTES = 1024
const BALLAST_BYTES = 8 * 1024
const DAY = 24 * 60 * 60 * 1000
const wide = (tx: Tx, n: number) => tx.putUser({ ...rosa, bio: `${n}`.padEnd(300, 'x') })

describe('below the reserve', () => {
  it('refuses a commit that does not say what it is for, and memory and the journal stay as they were', async () => {
    let isFilling = false
    const disk = memoryDisk()
    const space = { isFilling: () => isFilling, hasRoomFor: () => true }
    const { store } = await openOn(disk, fakeClock(), 4096, { space })
    await store.commit(setUp)
    await store.commit((tx) => charge(tx, 1), 'session')
    const before = await everything(store)
    const journal = disk.text('journal-000000000001.jsonl')
    isFilling = true
    for (const change of [renameReader, charge, endOne, topUp]) {
      await expect(store.commit((tx) => change(tx, 7))).rejects.toMatchObject({
        code: 'storage_full',
        retryAfterSeconds: 60,
      })
    }
    expect(await everything(store)).toEqual(before)
    expect(disk.text('journal-000000000001.jsonl')).toBe(journal)
    isFilling = false
    await store.commit((tx) => renameReader(tx, 7))
    await store.close()
  })

  it('goes on with sessions, payments, log-outs, the operator, and what writes nothing', async () => {
    const space = { isFilling: () => true, hasRoomFor: () => false }
    const { store } = await openOn(memoryDisk(), fakeClock(), 4096, { space })
    await store.commit(setUp, 'recovery')
    await store.commit((tx) => charge(tx, 1), 'session')
    await store.commit((tx) => topUp(tx, 2), 'payment')
    await store.commit((tx) => tx.putUser({ ...rosa, name: 'Out' }), 'logout')
    await store.commit((tx) => tx.putUser({ ...rosa, name: 'Seen' }), 'operator')
    expect(await store.commit((tx) => tx.user(rosa.id)?.name)).toBe('Seen')
    expect(store.isShort()).toBe(true)
    await store.close()
  })
})

describe('the daily budget', () => {
  const budgeted = async (dailyBytes: number) => {
    const clock = fakeClock()
    const { store } = await openOn(memoryDisk(), clock, 4096, { dailyBytes })
    await store.commit(setUp, 'recovery')
    return { clock, store }
  }
  const untilRefused = async (change: (n: number) => Promise<unknown>) => {
    for (let n = 1; n < 1000; n += 1) {
      const refusal = await change(n).then(
        () => undefined,
        (error: { code: string; retryAfterSeconds: number }) => error,
      )
      if (refusal) return { n, refusal }
    }
    throw new Error('nothing was refused')
  }

  it('holds an account that alternates its profile to its bytes a day, and says when there are more', async () => {
    const { clock, store } = await budgeted(4096)
    const { n, refusal } = await untilRefused((n) => store.commit((tx) => wide(tx, n)))
    expect(n).toBeLessThan(4096 / 300)
    expect(refusal).toMatchObject({ code: 'rate_limited' })
    const held = await everything(store)
    await expect(store.commit((tx) => wide(tx, n))).rejects.toMatchObject({ code: 'rate_limited' })
    expect(await everything(store)).toEqual(held)
    await clock.leap(refusal.retryAfterSeconds * 1000)
    await store.commit((tx) => wide(tx, n))
    await store.close()
  })

  it('is whole again after a day, and twice as much in any day is never written', async () => {
    const { clock, store } = await budgeted(4096)
    const first = await untilRefused((n) => store.commit((tx) => wide(tx, n)))
    await clock.leap(DAY)
    const second = await untilRefused((n) => store.commit((tx) => wide(tx, n + 100)))
    expect(Math.abs(second.n - first.n)).toBeLessThanOrEqual(1)
    await store.close()
  })

  it('is each account’s own, and what cannot wait never counts', async () => {
    const { store } = await budgeted(4096)
    await untilRefused((n) => store.commit((tx) => wide(tx, n)))
    await store.commit((tx) => {
      const client = tx.user(ana.id)
      if (client) tx.putUser({ ...client, name: 'Anna' })
    })
    for (let n = 1; n < 100; n += 1) await store.commit((tx) => charge(tx, n), 'session')
    await store.close()
  })

  it('counts a request against the client who makes it, not against the reader', async () => {
    const { store } = await budgeted(4096)
    await untilRefused(async (n) => {
      await store.commit((tx) => tx.putSession({ ...requested, id: `s${n}`, requestedAt: tx.now }))
      await store.commit((tx) => endOne(tx, n), 'session')
    })
    await store.commit((tx) => renameReader(tx, 1))
    await store.close()
  })

  const requested = {
    id: 's',
    status: 'requested' as const,
    clientId: ana.id,
    clientName: ana.name,
    readerId: rosa.id,
    readerName: rosa.name,
    kind: 'video' as const,
    rateCents: rosa.rateCents,
    requestedAt: 0,
  }

  it('remembers no more than 50,000 accounts, and forgets the one that changed nothing for longest', () => {
    const budget = createJournalBudget(100)
    budget.take('first', 100, 0)
    expect(() => budget.take('first', 100, 1)).toThrow(/too many/)
    for (let n = 0; n < 49_999; n += 1) budget.take(`account ${n}`, 100, 1)
    expect(() => budget.take('first', 100, 1)).toThrow(/too many/)
    budget.take('one more', 100, 1)
    budget.take('first', 100, 1)
  })
})

/** Leaves room for what is there, and for nothing else, from now on. */
const fill = (disk: MemoryDisk) => disk.limit(disk.used())

async function withBallast(disk: MemoryDisk, clock: FakeClock = fakeClock(), through: Disk = disk) {
  const space = {
    isFilling: () => false,
    hasRoomFor: (bytes: number) => disk.free() >= bytes,
  }
  const opened = await openOn(through, clock, SEGMENT_BYTES, { ballastBytes: BALLAST_BYTES, space })
  await settled()
  return opened
}

describe('the ballast', () => {
  it('is laid while there is room, and given up on a full disk: what runs is settled and ended, the rest is refused', async () => {
    const disk = memoryDisk()
    const { store, fatal, log } = await withBallast(disk)
    await store.commit(setUp)
    expect(disk.bytes(BALLAST_FILE)).toHaveLength(BALLAST_BYTES)
    await store.commit((tx) => charge(tx, 0), 'session')
    fill(disk)
    for (let n = 1; n <= 12; n += 1) await store.commit((tx) => charge(tx, n), 'session')
    await store.commit((tx) => endOne(tx, 1), 'session')
    expect(disk.names()).not.toContain(BALLAST_FILE)
    expect(store.isShort()).toBe(true)
    expect(log.warnings.join()).toContain('the ballast is removed')
    await expect(store.commit((tx) => renameReader(tx, 1))).rejects.toMatchObject({ code: 'storage_full' })
    const held = await everything(store)
    expect(fatal).toEqual([])
    await store.close()
    const { store: again } = await withBallast(disk)
    expect(await everything(again)).toEqual(held)
    await again.close()
  })

  it('is laid again when there is room, and then everything is written again', async () => {
    const disk = memoryDisk()
    const clock = fakeClock()
    const { store } = await withBallast(disk, clock)
    await store.commit(setUp)
    fill(disk)
    for (let n = 1; n <= 8; n += 1) await store.commit((tx) => charge(tx, n), 'session')
    await clock.advance(60_000)
    expect(store.isShort()).toBe(true)
    disk.limit(undefined)
    await clock.advance(10_000)
    await settled()
    expect(store.isShort()).toBe(false)
    expect(disk.bytes(BALLAST_FILE)).toHaveLength(BALLAST_BYTES)
    await store.commit((tx) => renameReader(tx, 1))
    await store.close()
  })

  it('lets a folder start on a full disk, also where a crash left an unfinished write', async () => {
    for (const torn of [false, true]) {
      const disk = memoryDisk()
      const { store } = await withBallast(disk)
      await store.commit(setUp)
      await store.commit((tx) => charge(tx, 1), 'session')
      const held = await everything(store)
      await store.close()
      if (torn) tear(disk)
      fill(disk)
      const { store: again, fatal } = await withBallast(disk)
      expect(await everything(again)).toEqual(held)
      for (let n = 2; n <= 12; n += 1) await again.commit((tx) => charge(tx, n), 'session')
      await again.commit((tx) => endOne(tx, 1), 'session')
      expect(fatal).toEqual([])
      await again.close()
    }
  })

  it('is missing, and there is no room for one: only what cannot wait is written', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
    await store.commit(setUp)
    await store.close()
    disk.limit(disk.used() + BALLAST_BYTES - 1)
    const { store: again } = await withBallast(disk)
    await expect(again.commit((tx) => renameReader(tx, 1))).rejects.toMatchObject({ code: 'storage_full' })
    await again.commit((tx) => charge(tx, 1), 'session')
    expect(disk.names()).not.toContain(BALLAST_FILE)
    await again.close()
  })

  it('is no part of a folder that was written before there was one', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
    await store.commit(setUp)
    const held = await everything(store)
    await store.close()
    const { store: newer } = await withBallast(disk)
    expect(await everything(newer)).toEqual(held)
    await newer.close()
    const { store: older } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
    expect(await everything(older)).toEqual(held)
    await older.close()
  })
})

/** Leaves the beginning of a line where the journal ends. */
function tear(disk: MemoryDisk): void {
  const name =
    disk
      .names()
      .filter((each) => /^journal-\d+\.jsonl$/.test(each))
      .sort()
      .at(-1) ?? ''
  const bytes = disk.bytes(name)
  const end = bytes.lastIndexOf(0x0a) + 1
  bytes.write('{"v":1,"seq":', end)
  disk.put(name, bytes)
}

describe.each(['ENOSPC', 'EDQUOT'] as const)('call N fails with %s, with a ballast', (failure: Failure) => {
  it('for N = 1, 2, 3 … until a run is clean: no change is lost, none is refused that cannot wait', async () => {
    for (let nth = 1; ; nth += 1) {
      const disk = memoryDisk()
      const { store: first } = await withBallast(disk)
      await first.commit(setUp)
      await first.close()
      const failing = failingDisk(disk, nth, failure)
      const clock = fakeClock()
      const opened = await withBallast(disk, clock, failing).catch((error: unknown) => String(error))
      const where = `call ${nth}, a ${failing.failed}`
      if (typeof opened === 'string') {
        expect(failing.failed, opened).toBeDefined()
        continue
      }
      const { store, fatal } = opened
      const refused: number[] = []
      for (let n = 1; n <= 10; n += 1) {
        await store.commit((tx) => charge(tx, n), 'session').catch(() => refused.push(n))
        if (n % 3 === 0) await clock.advance(10_000)
      }
      await settled()
      if (fatal.length > 0) continue
      expect(refused, where).toEqual([])
      const held = await everything(store)
      await store.close()
      await disk.die()
      const { store: again } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
      expect(await everything(again), where).toEqual(held)
      await again.close()
      if (failing.failed === undefined) return
    }
  }, 60_000)
})

it('the journal goes on in a small segment where there is no room for a large one', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  await store.commit(setUp)
  for (let n = 1; n <= 60; n += 1) await store.commit((tx) => topUp(tx, n))
  const largest = Math.max(
    ...disk
      .names()
      .filter((each) => /^journal-/.test(each))
      .map((each) => disk.bytes(each).length),
  )
  expect(largest).toBeGreaterThan(4 * SEGMENT_BYTES)
  disk.limit(disk.used() + 3 * SEGMENT_BYTES)
  let kept = 0
  for (let n = 61; n <= 200; n += 1) {
    const done = await store
      .commit((tx) => topUp(tx, n))
      .then(
        () => 1,
        () => 0,
      )
    kept += done
  }
  const segments = disk
    .names()
    .filter((each) => /^journal-\d+\.jsonl$/.test(each))
    .sort()
  expect(disk.bytes(segments.at(-1) ?? '').length).toBeLessThan(largest)
  expect(kept).toBeGreaterThan(0)
  const held = await everything(store)
  await store.close()
  const { store: again } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  expect(await everything(again)).toEqual(held)
  await again.close()
})

it('a reader of page after page of old sessions gives other callers a turn between two pages', async () => {
  const { store } = await openOn(memoryDisk())
  await store.commit(setUp)
  for (let n = 1; n <= 5; n += 1) await store.commit((tx) => endOne(tx, n))
  let turns = 0
  let reading = true
  const count = () => {
    turns += 1
    if (reading) setImmediate(count)
  }
  setImmediate(count)
  let cursor: string | undefined
  let pages = 0
  do {
    const page = await store.pastSessions(ana.id, { limit: 1, cursor })
    cursor = page.nextCursor
    pages += 1
  } while (cursor !== undefined)
  reading = false
  expect(pages).toBe(5)
  expect(turns).toBeGreaterThanOrEqual(pages - 1)
  await store.close()
})
