/** Cancels open payments at Stripe: the secret of one is a way to try out cards. */
import { type CardLimits, hasTooManyCards } from '../../domain/card-testing.ts'
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import type { Log, Payments, Store } from '../ports.ts'
import type { NotePayingCards } from './paying-cards.ts'
import type { ApplyPayment } from './payment-outcome.ts'
import { clientIn } from './top-up-records.ts'

/**
 * Cancels payments. Each function takes the `applyPayment` that brings our record up to what Stripe
 * reports, because the payment may have been paid meanwhile.
 */
export interface Cancellation {
  /** Cancels every open payment of the client. Refuses `payment_unavailable`. */
  cancelAll(clientId: string, applyPayment: ApplyPayment): Promise<void>
  /**
   * Cancels every open payment of a client for whom `isDue` holds. Returns how many there were; 0
   * without limits. Refuses `payment_unavailable`.
   */
  cancelWhere(
    clientId: string,
    isDue: (client: Client, at: number, limits: CardLimits) => boolean,
    applyPayment: ApplyPayment,
  ): Promise<number>
  /**
   * Cancels the other open payments once one is credited that was paid with one card too many.
   * Skips those for which Stripe does not respond.
   */
  afterPayment(clientId: string, applyPayment: ApplyPayment): Promise<void>
}

export function createCancellation(parts: {
  store: Store
  log: Log
  payments: Payments
  cardLimits: CardLimits | undefined
  noteCards: NotePayingCards
}): Cancellation {
  const { store, log, payments, cardLimits, noteCards } = parts

  const cancelOpen = async (
    clientId: string,
    isDue: (client: Client, at: number) => boolean,
    applyPayment: ApplyPayment,
  ): Promise<number> => {
    const open = await store.read((view) => {
      const client = clientIn(view, clientId)
      return isDue(client, view.now) ? openOf(client) : []
    })
    for (const { paymentIntentId = '' } of open) {
      await applyPayment(await payments.cancel(paymentIntentId), clientId)
    }
    return open.length
  }

  const cancelWhere: Cancellation['cancelWhere'] = async (clientId, isDue, applyPayment) =>
    cardLimits ? cancelOpen(clientId, (client, at) => isDue(client, at, cardLimits), applyPayment) : 0

  return {
    cancelWhere,

    async cancelAll(clientId, applyPayment) {
      await cancelOpen(clientId, () => true, applyPayment)
    },

    async afterPayment(clientId, applyPayment) {
      const isOpen = await store.read((view) => openOf(clientIn(view, clientId)).length > 0)
      if (!cardLimits || !isOpen) return
      try {
        await noteCards(clientId)
        const cancelled = await cancelWhere(clientId, hasTooManyCards, applyPayment)
        if (cancelled > 0) log.warn({ userId: clientId }, 'many cards have paid: open payments were closed')
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        log.warn({ userId: clientId, code: error.code }, 'open payments could not be closed')
      }
    },
  }
}

/** Returns the payments that are open at Stripe and not final. */
function openOf({ topUps }: Client): TopUp[] {
  return topUps.filter(({ status, paymentIntentId }) => status === 'pending' && paymentIntentId !== undefined)
}
