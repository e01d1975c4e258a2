/** Offers the routes for payments and saved cards as functions. */
import type { AutoTopUpBody } from '../../shared/protocol/http.ts'
import type { CardsView, PaymentReceiptView, PaymentsView } from '../../shared/protocol/views.ts'
import type { Answer, Http } from '../lib/http.ts'

/** Sends the requests of the list of payments and cards. None of these throws. */
export interface PaymentsServer {
  /** Loads the latest payments, or those before `cursor`. */
  payments(cursor?: string): Promise<Answer<PaymentsView>>
  payment(id: string): Promise<Answer<{ payment: PaymentReceiptView }>>
  cards(): Promise<Answer<CardsView>>
  makeDefault(cardId: string): Promise<Answer<CardsView>>
  removeCard(cardId: string): Promise<Answer<CardsView>>
  switchOn(wish: AutoTopUpBody): Promise<Answer<PaymentsView>>
  switchOff(): Promise<Answer<PaymentsView>>
}

export function createPaymentsServer({ call }: Pick<Http, 'call'>): PaymentsServer {
  return {
    payments: (cursor) =>
      call('GET', cursor ? `/payments?cursor=${encodeURIComponent(cursor)}` : '/payments'),
    payment: (id) => call('GET', `/payments/${encodeURIComponent(id)}`),
    cards: () => call('GET', '/cards'),
    makeDefault: (cardId) => call('POST', '/cards/default', { cardId }),
    removeCard: (cardId) => call('POST', '/cards/remove', { cardId }),
    switchOn: (wish) => call('POST', '/auto-top-up', wish),
    switchOff: () => call('POST', '/auto-top-up/off'),
  }
}
