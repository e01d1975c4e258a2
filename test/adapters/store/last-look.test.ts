/** Tests the stored instant of the last reconciliation. */
import { describe, expect, it } from 'vitest'
import { LAST_LOOK_FILE, openLastLook } from '../../../adapters/store/last-look.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'

describe('the last look through the account at Stripe', () => {
  it('is there after a restart', async () => {
    const disk = memoryDisk()
    const lastLook = await openLastLook(disk)
    expect(lastLook.at()).toBeUndefined()
    await lastLook.put(1_700_000_000_000)
    expect(lastLook.at()).toBe(1_700_000_000_000)
    expect((await openLastLook(disk)).at()).toBe(1_700_000_000_000)
    expect(disk.names()).toEqual([LAST_LOOK_FILE])
  })

  it.each(['', '{', '[]', 'null', '{"at":"yesterday"}'])(
    'is unknown where the file says %j',
    async (text) => {
      const disk = memoryDisk()
      disk.put(LAST_LOOK_FILE, Buffer.from(text))
      expect((await openLastLook(disk)).at()).toBeUndefined()
    },
  )

  it('stays as it was when the disk cannot take it', async () => {
    const disk = memoryDisk()
    const lastLook = await openLastLook(disk)
    await lastLook.put(1)
    disk.break('EIO')
    await expect(lastLook.put(2)).rejects.toThrow('EIO')
    expect(lastLook.at()).toBe(1)
  })
})
