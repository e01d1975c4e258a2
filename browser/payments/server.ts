import type { AutoTopUpBody } from '../../shared/protocol/http.ts'
import type { CardsView, PaymentReceiptView, PaymentsView } from '../../shared/protocol/views.ts'
import type { Answer } from '../lib/api.ts'
import { createTalk } from './top-up-server.ts'

/** What the list of payments and cards asks of our server. None of these throws. */
export interface PaymentsServer {
  /** The latest, or those before `cursor`. */
  payments(cursor?: string): Promise<Answer<PaymentsView>>
  payment(id: string): Promise<Answer<{ payment: PaymentReceiptView }>>
  cards(): Promise<Answer<CardsView>>
  makeDefault(cardId: string): Promise<Answer<CardsView>>
  removeCard(cardId: string): Promise<Answer<CardsView>>
  switchOn(wish: AutoTopUpBody): Promise<Answer<PaymentsView>>
  switchOff(): Promise<Answer<PaymentsView>>
}

export function createPaymentsServer(fetch: typeof globalThis.fetch): PaymentsServer {
  const { get, post } = createTalk(fetch)
  return {
    payments: (cursor) => get(cursor ? `/payments?cursor=${encodeURIComponent(cursor)}` : '/payments'),
    payment: (id) => get(`/payments/${encodeURIComponent(id)}`),
    cards: () => get('/cards'),
    makeDefault: (cardId) => post('/cards/default', { cardId }),
    removeCard: (cardId) => post('/cards/remove', { cardId }),
    switchOn: (wish) => post('/auto-top-up', wish),
    switchOff: () => post('/auto-top-up/off', {}),
  }
}
