/** Tests that test payments and real ones never share a folder. */
import { expect, test } from 'vitest'
import type { PaymentMode } from '../../../adapters/store/journal/record.ts'
import { UnsafeData } from '../../../adapters/store/journal/scan.ts'
import { openStore } from '../../../adapters/store/store.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import type { Client } from '../../../domain/client.ts'
import { cents } from '../../../shared/money.ts'
import { testDataKey } from '../../support/data-key.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { ana, keptLog, setUp } from '../../support/store/store-parts.ts'

const MODES: PaymentMode[] = ['embedded', 'test', 'live']

const open = (disk: MemoryDisk, mode?: PaymentMode) =>
  openStore({
    disk,
    dataKey: testDataKey,
    clock: fakeClock(),
    log: keptLog(),
    onFatal: () => undefined,
    space: UNWATCHED,
    ...(mode && { mode }),
  })

/** Makes a folder that was opened in that mode, with a payment in it if wanted. */
async function folderOf(mode: PaymentMode, withPayment = true): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const store = await open(disk, mode)
  await store.commit(setUp)
  if (withPayment) {
    await store.commit((tx) => {
      const client = tx.user(ana.id) as Client
      const paid = {
        id: 'one',
        attemptKey: 'one',
        paymentIntentId: 'pi_1',
        amountCents: cents(5_000),
        status: 'succeeded' as const,
        createdAt: tx.now,
      }
      tx.putUser({ ...client, topUps: [paid] })
    })
  }
  await store.close()
  return disk
}

const others = MODES.flatMap((kept) =>
  MODES.filter((mode) => mode !== kept).map((mode) => [kept, mode] as const),
)

test.each(others)(
  'a folder with payments of %s does not open as %s, and stays as it was',
  async (kept, mode) => {
    const disk = await folderOf(kept)
    const before = disk.names().map((name) => [name, disk.text(name)])
    await expect(open(disk, mode)).rejects.toThrow(UnsafeData)
    await expect(open(disk, mode)).rejects.toThrow(/Set DATA_DIR to a folder of its own/)
    expect(disk.names().map((name) => [name, disk.text(name)])).toEqual(before)
    await (await open(disk, kept)).close()
  },
)

test('the mode is known again from the journal alone, and through an opening that names none', async () => {
  const disk = await folderOf('embedded')
  await (await open(disk)).close()
  for (const name of disk.names()) if (!name.startsWith('journal-')) await disk.remove(name)
  await expect(open(disk, 'live')).rejects.toThrow(UnsafeData)
})

test('a folder without payments changes its mode', async () => {
  const disk = await folderOf('embedded', false)
  await (await open(disk, 'live')).close()
})
