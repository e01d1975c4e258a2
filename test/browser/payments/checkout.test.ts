/** Tests the payment form without its page: the card that pays, and what comes late. */
import { describe, expect, it } from 'vitest'
import { createCheckout } from '../../../browser/payments/checkout.ts'
import type { Elements, StripeJs } from '../../../browser/payments/stripe-js.ts'
import type { TopUpServer } from '../../../browser/payments/top-up-server.ts'
import type { CardsView } from '../../../shared/protocol/views.ts'
import { waitFor } from '../../support/wait-for.ts'
import { lateAnswers } from '../page-fakes.ts'

const visa = { id: 'card', brand: 'visa', last4: '4242', expiryMonth: 12, expiryYear: 2030, isDefault: true }

/** Opens the form; the saved cards come when the test says so, and typing is done by `use`. */
async function openForm() {
  const cards = lateAnswers<CardsView>()
  const offline = async () => ({ ok: false as const, failure: { code: 'offline' as const } })
  const server: TopUpServer = { settings: offline, cards: cards.ask, addFunds: offline, confirm: offline }
  let use = () => {}
  const elements = { submit: async () => ({ error: { type: 'validation_error' } }), update: () => {} }
  const checkout = createCheckout({
    userId: 'c',
    server,
    openForm: async ({ onUse }) => {
      use = onUse
      return { stripe: {} as StripeJs, elements: elements as unknown as Elements, close: () => {} }
    },
  })
  checkout.open({} as HTMLElement, 2_000)
  const comeWithCard = async () => {
    cards.come(0, { cards: [visa] })
    await waitFor(() => expect(checkout.cards.value).toHaveLength(1))
  }
  return { checkout, use: () => use(), comeWithCard }
}

describe('saved cards that come late', () => {
  it('pay where no card has been typed', async () => {
    const { checkout, comeWithCard } = await openForm()
    await comeWithCard()
    expect(checkout.cardId.value).toBe('card')
  })

  it('do not take the place of a card that is being typed', async () => {
    const { checkout, use, comeWithCard } = await openForm()
    use()
    await comeWithCard()
    expect(checkout.cardId.value).toBeUndefined()
  })

  it('do not take the place of a card that is to be saved, or was declined', async () => {
    const saved = await openForm()
    saved.checkout.keepCard(true)
    await saved.comeWithCard()
    expect(saved.checkout.cardId.value).toBeUndefined()
    const declined = await openForm()
    await declined.checkout.pay(2_000)
    await declined.comeWithCard()
    expect(declined.checkout.cardId.value).toBeUndefined()
  })
})
