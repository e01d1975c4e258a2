/** Lists and removes the cards that clients have saved, and keeps which one is offered first. */
import { CustomerGone, Refusal } from '../../domain/errors.ts'
import type { CardView } from '../../shared/protocol/views.ts'
import type { Payments, SavedCard, Store } from '../ports.ts'
import type { Customers } from './customers.ts'
import { clientIn, openClientIn } from './top-up-records.ts'

/** The cards that a client has saved. Stripe keeps them; we keep which one is offered first. */
export interface Cards {
  /** Returns the cards, the default first. Refuses `payment_unavailable`. */
  list(clientId: string): Promise<CardView[]>
  /** Returns a card of the client's. Refuses `not_found` for any other. */
  mustOwn(clientId: string, cardId: string): Promise<SavedCard>
  makeDefault(clientId: string, cardId: string): Promise<CardView[]>
  /**
   * Removes a card and returns the others. Without the last one, automatic top-ups are off. Refuses
   * `not_found`, `payment_unavailable`.
   */
  remove(clientId: string, cardId: string): Promise<CardView[]>
}

export function createCards(parts: { store: Store; payments: Payments; customers: Customers }): Cards {
  const { store, payments, customers } = parts

  /**
   * Returns no cards where the customer was deleted at Stripe: the next card that is saved makes a
   * new one.
   */
  const cardsOf = async (clientId: string, customerId: string): Promise<readonly SavedCard[]> => {
    try {
      return await payments.cardsOf(customerId)
    } catch (error) {
      if (!(error instanceof CustomerGone)) throw error
      await customers.forget(clientId, customerId)
      return []
    }
  }

  const mine = async (clientId: string): Promise<SavedCard[]> => {
    const { customerId, defaultCardId } = await store.read((view) => {
      const { customerId, defaultCardId } = clientIn(view, clientId)
      return { customerId, defaultCardId }
    })
    // A client has no customer at Stripe before a card is to be saved.
    if (customerId === undefined) return []
    const cards = await cardsOf(clientId, customerId)
    const first = cards.find(({ id }) => id === defaultCardId) ?? cards[0]
    return first ? [first, ...cards.filter((card) => card !== first)] : []
  }

  const list = async (clientId: string): Promise<CardView[]> => distinct(await mine(clientId)).map(viewCard)

  const mustOwn = async (clientId: string, cardId: string): Promise<SavedCard> => {
    const card = (await mine(clientId)).find(({ id }) => id === cardId)
    if (!card) throw new Refusal('not_found', 'This card is no longer saved.')
    return card
  }

  return {
    list,
    mustOwn,

    async makeDefault(clientId, cardId) {
      await mustOwn(clientId, cardId)
      await store.commit((tx) => tx.putUser({ ...openClientIn(tx, clientId), defaultCardId: cardId }))
      return list(clientId)
    },

    async remove(clientId, cardId) {
      const gone = await mustOwn(clientId, cardId)
      const cards = await mine(clientId)
      const isLast = cards.every((card) => isSame(card, gone))
      // Before Stripe is asked, since its response may be lost: a card to be removed must not be
      // charged automatically any more.
      await store.commit((tx) => {
        const { defaultCardId, autoTopUp, ...client } = openClientIn(tx, clientId)
        tx.putUser({
          ...client,
          ...(defaultCardId === undefined || defaultCardId === cardId ? {} : { defaultCardId }),
          ...(autoTopUp === undefined || isLast ? {} : { autoTopUp }),
        })
      })
      for (const card of cards) if (isSame(card, gone)) await payments.forgetCard(card.id)
      return list(clientId)
    },
  }
}

/** Returns each card once: Stripe keeps it again each time it is saved. */
function distinct(cards: readonly SavedCard[]): SavedCard[] {
  return cards.filter((card, place) => cards.findIndex((each) => isSame(each, card)) === place)
}

function isSame(one: SavedCard, other: SavedCard): boolean {
  return one.id === other.id || (one.fingerprint !== undefined && one.fingerprint === other.fingerprint)
}

function viewCard({ id, brand, last4, expiryMonth, expiryYear }: SavedCard, place: number): CardView {
  return { id, brand, last4, expiryMonth, expiryYear, isDefault: place === 0 }
}
