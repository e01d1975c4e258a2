/** Tests the index of top-ups by payment. */
import { expect, it } from 'vitest'
import { createPaymentIndex } from '../../../adapters/store/payment-index.ts'
import type { TopUp } from '../../../domain/top-up.ts'
import { cents } from '../../../shared/money.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import { ana, openOn } from '../../support/store/store-parts.ts'

const topUp = (id: string, paymentIntentId?: string): TopUp => ({
  id,
  attemptKey: id,
  amountCents: cents(500),
  status: 'pending',
  createdAt: 1,
  ...(paymentIntentId === undefined ? {} : { paymentIntentId }),
})

it('follows top-ups that get their payment, and those that are gone', () => {
  const index = createPaymentIndex(() => [])
  const [bare, opened, other] = [topUp('t1'), topUp('t1', 'pi_1'), topUp('t2', 'pi_2')]
  expect(index.ofTopUp('t1')).toBeUndefined()
  index.change('ana', [], [bare])
  expect([index.ofTopUp('t1'), index.ofPayment('pi_1')]).toEqual(['ana', undefined])
  index.change('ana', [bare], [opened, other])
  expect([index.ofPayment('pi_1'), index.ofPayment('pi_2'), index.ofTopUp('t2')]).toEqual([
    'ana',
    'ana',
    'ana',
  ])
  index.change('ana', [opened, other], [other])
  expect([index.ofPayment('pi_1'), index.ofPayment('pi_2')]).toEqual([undefined, 'ana'])
  expect([index.ofTopUp('t1'), index.ofTopUp('t2')]).toEqual([undefined, 'ana'])
})

it('keeps a payment that another client has as well', () => {
  const index = createPaymentIndex(() => [])
  index.change('ana', [], [topUp('t1', 'pi_1')])
  index.change('bea', [topUp('t2', 'pi_1')], [])
  expect(index.ofPayment('pi_1')).toBe('ana')
})

it('finds top-ups that were there before the first question about one', () => {
  const index = createPaymentIndex(() => [{ ...ana, topUps: [topUp('t1')] }])
  expect([index.ofTopUp('t1'), index.ofTopUp('t2')]).toEqual(['ana', undefined])
})

it('finds in the store what is there, also after a decision that failed and over a restart', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk)
  const find = (from = store) =>
    from.read((view) => [
      view.topUpByPayment('pi_1')?.client.id,
      view.topUpById('t1')?.topUp.id,
      view.topUpByPayment('pi_2'),
      view.topUpById('t2'),
    ])
  await store.commit((tx) => tx.putUser({ ...ana, topUps: [topUp('t1', 'pi_1')] }))
  expect(await find()).toEqual(['ana', 't1', undefined, undefined])
  const failed = store.commit((tx): void => {
    tx.putUser({ ...ana, topUps: [topUp('t2', 'pi_2')] })
    throw new Error('changed my mind')
  })
  await expect(failed).rejects.toThrow('changed my mind')
  expect(await find()).toEqual(['ana', 't1', undefined, undefined])
  await store.close()
  expect(await find((await openOn(disk)).store)).toEqual(['ana', 't1', undefined, undefined])
})
