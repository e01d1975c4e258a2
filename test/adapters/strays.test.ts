import { describe, expect, it } from 'vitest'
import { openStrays, STRAYS_FILE } from '../../adapters/strays.ts'
import { memoryDisk } from '../support/memory-disk.ts'

const stray = (paymentIntentId: string) => ({
  paymentIntentId,
  amountCents: 900,
  currency: 'usd',
  why: 'no top-up',
  at: 1,
})

describe('money without an owner', () => {
  it('is put down once, a record a line, and is there after a restart', async () => {
    const disk = memoryDisk()
    const strays = await openStrays(disk)
    expect(await strays.all()).toEqual([])
    await Promise.all([strays.put(stray('pi_1')), strays.put(stray('pi_1')), strays.put(stray('pi_2'))])
    const again = await openStrays(disk)
    expect((await again.all()).map(({ paymentIntentId }) => paymentIntentId)).toEqual(['pi_1', 'pi_2'])
    expect(disk.text(STRAYS_FILE).trim().split('\n')).toHaveLength(4)
    expect(disk.names()).toEqual([STRAYS_FILE])
  })

  it('rejects when the disk cannot take it, and takes it later', async () => {
    const disk = memoryDisk()
    const strays = await openStrays(disk)
    disk.break('EIO')
    await expect(strays.put(stray('pi_1'))).rejects.toThrow('EIO')
    disk.break(undefined)
    await strays.put(stray('pi_1'))
    expect(await strays.all()).toHaveLength(1)
  })
})
