/** Tests that confirmed changes survive a restart. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import { charge, endOne, everything, openOn, setUp, topUp } from '../../support/store/store-parts.ts'

const DISKS = {
  memory: memoryDisk,
  real: () => nodeDisk(mkdtempSync(join(tmpdir(), 'soulseer-store-'))),
}

test.each(['memory', 'real'] as const)(
  'a confirmed change is there after a restart (%s disk)',
  async (kind) => {
    const disk = DISKS[kind]()
    const { store } = await openOn(disk)
    await store.commit(setUp)
    await store.commit((tx) => topUp(tx, 1))
    await store.commit((tx) => charge(tx, 1))
    await store.commit((tx) => charge(tx, 2))
    const live = await everything(store)
    await store.close()

    const { store: again } = await openOn(disk)
    expect(await everything(again)).toEqual(live)
    await again.commit((tx) => endOne(tx, 1))
    expect(await again.pastSession('s')).toMatchObject({ chargedCents: 14, endReason: 'client_ended' })
    const ended = await everything(again)
    await again.close()

    const { store: third } = await openOn(disk)
    expect(await everything(third)).toEqual(ended)
    await third.close()
  },
)
