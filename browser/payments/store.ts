/** Keeps a client's payments, cards and automatic top-ups. */
import { signal } from '@preact/signals'
import type { AutoTopUpBody } from '../../shared/protocol/http.ts'
import type { CardsView, PaymentsView } from '../../shared/protocol/views.ts'
import type { Answer, Failure } from '../lib/http.ts'
import { type Loading, load, put, waiting } from '../lib/loading.ts'
import type { PaymentsServer } from './server.ts'

export type PaymentsStore = ReturnType<typeof createPaymentsStore>

/** Creates the store, which changes one thing at a time. */
export function createPaymentsStore(server: PaymentsServer) {
  const payments = signal<Loading<PaymentsView>>(waiting)
  const cards = signal<Loading<CardsView>>(waiting)
  const failure = signal<Failure | undefined>(undefined)
  const busy = signal(false)

  const loadPayments = () => load(payments, () => server.payments())
  const loadCards = () => load(cards, server.cards)

  /** Resolves with whether it was done. */
  const act = async <T>(ask: () => Promise<Answer<T>>, take: (value: T) => void): Promise<boolean> => {
    if (busy.value) return false
    busy.value = true
    const answer = await ask()
    busy.value = false
    failure.value = answer.ok ? undefined : answer.failure
    if (answer.ok) take(answer.value)
    else await Promise.all([loadPayments(), loadCards()]) // only the response may have been lost
    return answer.ok
  }
  const takeCards = (value: CardsView) => put(cards, value)
  const takePayments = (value: PaymentsView) => put(payments, value)

  return {
    payments,
    cards,
    failure,
    busy,
    loadPayments,
    loadCards,
    makeDefault: (cardId: string) => act(() => server.makeDefault(cardId), takeCards),
    async removeCard(cardId: string) {
      const done = await act(() => server.removeCard(cardId), takeCards)
      // Removing the last card ends automatic top-ups.
      if (done) await loadPayments()
      return done
    },
    switchOn: (wish: AutoTopUpBody) => act(() => server.switchOn(wish), takePayments),
    switchOff: () => act(server.switchOff, takePayments),
  }
}
