/** Tests the store over a disk whose calls fail. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Refusal } from '../../../domain/errors.ts'
import type { Tx } from '../../../engine/ports.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { type FailingDisk, type Failure, failingDisk } from '../../support/store/failing-disk.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import {
  charge,
  endOne,
  everything,
  type Opened,
  openOn,
  renameReader,
  rosa,
  settled,
  setUp,
  topUp,
} from '../../support/store/store-parts.ts'
import { note } from '../../support/store/toy-table.ts'

const CHANGES = [topUp, note, charge, renameReader, note, endOne, topUp, charge, note, endOne, charge, topUp]
const SEGMENT_BYTES = 1024

interface Outcome {
  readonly opened: Opened
  readonly answered: number[]
  readonly refused: number[]
  readonly held: unknown
}

/**
 * Makes each change on its own, and writes the files in between; a change may be refused, the
 * others go on.
 */
async function live(disk: FailingDisk): Promise<Outcome> {
  const clock = fakeClock()
  const opened = await openOn(disk, clock, SEGMENT_BYTES)
  const answered: number[] = []
  const refused: number[] = []
  for (const [n, change] of CHANGES.entries()) {
    try {
      await opened.store.commit((tx) => change(tx, n))
      answered.push(n)
    } catch (error) {
      if (error instanceof Refusal) refused.push(n)
    }
    if (n % 3 === 0) await clock.advance(10_000)
  }
  await settled()
  // A failed look is only that: the next one works.
  const look = () => everything(opened.store)
  const held = opened.fatal.length === 0 ? await look().catch(look) : undefined
  return { opened, answered, refused, held }
}

async function prepared(): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  await store.commit(setUp)
  await store.close()
  return disk
}

/**
 * Returns the content of a store after these changes, each made once, all of them on a good disk.
 */
async function keptOf(changes: readonly number[]): Promise<unknown> {
  const { store } = await openOn(await prepared(), fakeClock(), SEGMENT_BYTES)
  for (const n of changes) await store.commit((tx) => CHANGES[n]?.(tx, n)).catch(() => undefined)
  return withoutInstants(await everything(store))
}

/** Removes the instants: they differ between the two runs, and say nothing about what was kept. */
function withoutInstants(held: unknown): unknown {
  return JSON.parse(JSON.stringify(held).replaceAll(/\d{13}/g, '0'))
}

/** Returns the content of the folder when everything works again. */
async function reopened(disk: MemoryDisk): Promise<unknown> {
  const { store } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  const held = await everything(store)
  await store.close()
  return withoutInstants(held)
}

describe.each(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'EROFS', 'short'] as const)(
  'call N fails with %s',
  (failure: Failure) => {
    test('for N = 1, 2, 3 … until a run is clean: nothing that was confirmed is lost, nothing that was refused is kept', async () => {
      for (let nth = 1; ; nth++) {
        const disk = await prepared()
        const failing = failingDisk(disk, nth, failure)
        const outcome = await live(failing).catch((error: unknown) => String(error))
        if (failing.failed === undefined) return
        const where = `call ${nth}, a ${failing.failed}`
        await disk.die()
        if (typeof outcome === 'string') {
          // It did not start; what there was before is still there.
          expect(await reopened(disk), where).toEqual(await keptOf([]))
          continue
        }
        const { opened, answered, held } = outcome
        const there = await reopened(disk)
        const exact = await keptOf(answered)
        if (opened.fatal.length === 0) {
          expect(withoutInstants(held), where).toEqual(exact)
          expect(there, where).toEqual(exact)
          continue
        }
        // The one change that was running may have reached the disk; its caller got no
        // confirmation.
        const next = CHANGES.findIndex((_, n) => n > (answered.at(-1) ?? -1) && !outcome.refused.includes(n))
        const possible = [exact, await keptOf([...answered, next])]
        expect(
          possible.some((each) => isDeepStrictEqual(each, there)),
          where,
        ).toBe(true)
      }
    }, 60_000)
  },
)

/** Makes a change that never fits into the rest of a segment. */
function grow(tx: Tx, n: number): void {
  tx.putUser({ ...rosa, name: `Rosa ${n}`, passwordHash: 'x'.repeat(5000) })
}

test('a full disk refuses the change in plain words, leaves memory as it was, and takes changes again when there is room', async () => {
  const disk = memoryDisk()
  const { store, fatal } = await openOn(disk, fakeClock(), 512)
  await store.commit(setUp)
  disk.limit(disk.used() + 10)
  const before = await everything(store)
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => store.commit((tx) => grow(tx, n))))
  const kept = outcomes.filter((outcome) => outcome.status === 'fulfilled').length
  expect(kept).toBe(0)
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      reason: { code: 'storage_full', message: expect.stringMatching(/try again/) },
    })
  }
  expect(await everything(store)).toEqual(before)
  disk.limit(undefined)
  await store.commit((tx) => grow(tx, 4))
  const then = await everything(store)
  expect(then).not.toEqual(before)
  expect(fatal).toEqual([])
  await store.close()
  expect(withoutInstants(then)).toEqual(await reopened(disk))
})

test('a read while a change is being written is not returned when the change is refused', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), 512)
  await store.commit(setUp)
  disk.limit(disk.used())
  const change = store.commit((tx) => grow(tx, 1))
  const seen = store.read((view) => view.user('rosa')?.name)
  await expect(change).rejects.toMatchObject({ code: 'storage_full' })
  await expect(seen).rejects.toMatchObject({ code: 'storage_full' })
  expect(await store.read((view) => view.user('rosa')?.name)).toBe('Rosa')
  await store.close()
})

test('a failed sync stops everything: one fatal error, and no confirmation afterwards', async () => {
  const disk = await prepared()
  const { store, fatal } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  disk.break('EIO')
  await expect(store.commit((tx) => topUp(tx, 1))).rejects.toThrow()
  disk.break(undefined)
  expect(fatal).toHaveLength(1)
  await expect(store.commit((tx) => topUp(tx, 2))).rejects.toThrow()
  await expect(store.read((view) => view.user('ana'))).rejects.toThrow()
  await expect(store.pastSession('s')).rejects.toThrow()
  expect(fatal).toHaveLength(1)
  const users = disk.text('users.json')
  await store.close()
  expect(disk.text('users.json')).toBe(users)
})

test('a folder whose disk is full still opens for reading', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), 400)
  await store.commit(setUp)
  const held = await everything(store)
  await store.close()
  disk.limit(disk.used())
  const { store: again, log } = await openOn(disk, fakeClock(), 400)
  expect(await everything(again)).toEqual(held)
  await expect(again.commit((tx) => grow(tx, 1))).rejects.toMatchObject({ code: 'storage_full' })
  expect(log.warnings.join('\n')).toContain('full')
  disk.limit(undefined)
  await again.commit((tx) => grow(tx, 2))
  await again.close()
})
