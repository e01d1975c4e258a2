/** Tests the list of payments and cards. */
import { expect, it } from 'vitest'
import type { Answer } from '../../../browser/lib/http.ts'
import type { PaymentsServer } from '../../../browser/payments/server.ts'
import { createPaymentsStore } from '../../../browser/payments/store.ts'
import type { CardsView, PaymentsView } from '../../../shared/protocol/views.ts'
import { good } from '../page-fakes.ts'

const visa = { id: 'card', brand: 'visa', last4: '4242', expiryMonth: 12, expiryYear: 2030, isDefault: true }
const automatic = { amountCents: 2_000, thresholdCents: 500, dailyCapCents: 6_000 }

it('shows cards and automatic top-ups as they are where only the response to a change was lost', async () => {
  const offline = async (): Promise<Answer<never>> => ({ ok: false, failure: { code: 'offline' } })
  const cards: CardsView[] = [{ cards: [visa] }, { cards: [] }]
  const payments = [{ payments: [], automatic }, { payments: [] }, { payments: [] }] as PaymentsView[]
  const server: PaymentsServer = {
    payments: () => good(payments.shift() ?? { payments: [] }),
    payment: offline,
    cards: () => good(cards.shift() ?? { cards: [] }),
    makeDefault: offline,
    removeCard: offline,
    switchOn: offline,
    switchOff: offline,
  }
  const store = createPaymentsStore(server)
  await Promise.all([store.loadPayments(), store.loadCards()])
  expect(await store.switchOff()).toBe(false)
  expect(store.payments.value).toEqual({ state: 'ready', value: { payments: [] } })
  expect(await store.removeCard('card')).toBe(false)
  expect(store.cards.value).toEqual({ state: 'ready', value: { cards: [] } })
  expect(store.failure.value?.code).toBe('offline')
})
