/** Offers the routes for adding funds as functions. */
import type { CardsView, OpenedTopUpView, SettingsView, TopUpStatus } from '../../shared/protocol/views.ts'
import type { Answer, Http } from '../lib/http.ts'

export interface FundsWish {
  userId: string
  amountCents: number
  /** The name of the attempt. */
  key: string
  saveCard?: true
  cardId?: string
  /** Pay although the same amount is under way elsewhere. */
  again: boolean
}

/** Sends the requests of the payment form. None of these throws. */
export interface TopUpServer {
  settings(): Promise<Answer<SettingsView>>
  cards(): Promise<Answer<CardsView>>
  /**
   * Opens the payment of an attempt, or finds it again; with `cardId` it is charged to that saved
   * card at once.
   */
  addFunds(wish: FundsWish): Promise<Answer<OpenedTopUpView>>
  /** Has the server ask Stripe about the payment and credit it. */
  confirm(claim: {
    userId: string
    paymentIntentId: string
  }): Promise<Answer<{ status: TopUpStatus; balanceCents: number }>>
}

export function createTopUpServer({ call }: Pick<Http, 'call'>): TopUpServer {
  return {
    settings: () => call('GET', '/settings'),
    cards: () => call('GET', '/cards'),
    addFunds: ({ key, ...wish }) => call('POST', '/add-funds', wish, { 'Idempotency-Key': key }),
    confirm: (claim) => call('POST', '/add-funds/confirm', claim),
  }
}
