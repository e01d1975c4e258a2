/** Sends the requests of the payment form to the server. */
import type { AddFundsRequest } from '../../shared/protocol/http.ts'
import type { CardsView, OpenedTopUpView, SettingsView, TopUpStatus } from '../../shared/protocol/views.ts'
import type { Answer, Http } from '../lib/http.ts'

/** A request to add money, under the name of its attempt. */
export type FundsWish = AddFundsRequest & { key: string; again: boolean }

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
