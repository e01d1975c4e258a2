/** Tests the move of an earlier build's unmatched payments into the store. */
import { describe, expect, it } from 'vitest'
import { replaceFile } from '../../../adapters/store/disk/files.ts'
import { STRAYS_FILE } from '../../../adapters/store/stray-payments.ts'
import { UNMATCHED_PAYMENTS } from '../../../domain/tables.ts'
import type { UnmatchedPayment } from '../../../domain/unmatched-payment.ts'
import { crashStates, diskOf, recordingDisk } from '../../support/store/crash-disk.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { openOn, setUp } from '../../support/store/store-parts.ts'

const payment = (paymentIntentId: string, why = 'no top-up'): UnmatchedPayment => ({
  paymentIntentId,
  amountCents: 1_000,
  currency: 'usd',
  why,
  at: 1,
})

/** Writes the file as earlier builds did. */
function putFile(disk: MemoryDisk, payments: readonly UnmatchedPayment[]): void {
  const lines = payments.map((each) => JSON.stringify(each)).join(',\n')
  disk.put(STRAYS_FILE, Buffer.from(`[\n${lines}\n]\n`))
}

/** Opens the folder and closes it in order; returns what the table holds, and the warnings. */
async function visit(disk: MemoryDisk) {
  const { store, log } = await openOn(disk)
  const payments = await store.read((view) => [...view.table(UNMATCHED_PAYMENTS).all()])
  await store.close()
  return { payments, warnings: log.warnings }
}

describe('stray-payments.json of an earlier build', () => {
  it('moves into the table at the first start, as it is, and is gone', async () => {
    const disk = memoryDisk()
    putFile(disk, [payment('pi_1'), payment('pi_2')])
    const text = disk.text(STRAYS_FILE)
    expect(await visit(disk)).toEqual({ payments: [payment('pi_1'), payment('pi_2')], warnings: [] })
    expect(disk.names()).not.toContain(STRAYS_FILE)
    // So that a copy of the file under the old name is all that an earlier build needs.
    expect(disk.text('unmatched-payments.json')).toBe(text)
    expect(await visit(disk)).toEqual({ payments: [payment('pi_1'), payment('pi_2')], warnings: [] })
  })

  it('is moved again where an earlier build has rewritten it; records that exist already stay as they are', async () => {
    const disk = memoryDisk()
    putFile(disk, [payment('pi_1')])
    await visit(disk)
    putFile(disk, [payment('pi_1', 'amount'), payment('pi_2')])
    expect((await visit(disk)).payments).toEqual([payment('pi_1'), payment('pi_2')])
  })

  it('is read to the last payment after a crash at any moment of the move', async () => {
    const disk = recordingDisk()
    await replaceFile(disk, STRAYS_FILE, [JSON.stringify([payment('pi_1'), payment('pi_2')])])
    const from = disk.steps.length
    await visit(disk)
    let states = 0
    for (const { files, story } of crashStates(disk.steps, (length) => [length >> 1], from)) {
      const left = diskOf(files)
      expect((await visit(left)).payments, story).toEqual([payment('pi_1'), payment('pi_2')])
      expect(left.names(), story).not.toContain(STRAYS_FILE)
      states += 1
    }
    expect(states).toBeGreaterThan(20)
  })

  it('stays while the disk is full, and moves once there is room', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, undefined, 512)
    await store.commit(setUp)
    await store.close()
    putFile(
      disk,
      Array.from({ length: 20 }, (_, n) => payment(`pi_${n}`)),
    )
    disk.limit(disk.used())
    const { store: full, log } = await openOn(disk, undefined, 512)
    expect(log.warnings.join()).toContain('could not be moved')
    expect(disk.names()).toContain(STRAYS_FILE)
    disk.limit(undefined)
    await full.close()
    expect((await visit(disk)).payments).toHaveLength(20)
  })

  it.each(['{"no":"list"}', '[{"paymentIntentId":7}]', '[{"paymentIntentId":"pi_1"', ''])(
    'stays, with a warning, where it cannot be read: %s',
    async (text) => {
      const disk = memoryDisk()
      disk.put(STRAYS_FILE, Buffer.from(text))
      const { payments, warnings } = await visit(disk)
      expect(payments).toEqual([])
      expect(warnings.join()).toMatch(/could not be moved.*stray-payments\.json/)
      expect(disk.text(STRAYS_FILE)).toBe(text)
    },
  )
})
