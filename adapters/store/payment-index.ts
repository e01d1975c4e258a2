/**
 * Finds the client who has recorded a payment at Stripe, or has a top-up with an id, without a walk
 * through all clients.
 */

import type { Client } from '../../domain/client.ts'
import type { TopUp } from '../../domain/top-up.ts'

export interface PaymentIndex {
  /** Notes that the client's top-ups were `before` and are `now`. */
  change(clientId: string, before: readonly TopUp[], now: readonly TopUp[]): void
  /** Returns the id of the client who has recorded the payment, or undefined. */
  ofPayment(paymentIntentId: string): string | undefined
  /** Returns the id of the client with this top-up, or undefined. */
  ofTopUp(topUpId: string): string | undefined
}

/**
 * Creates the index. Payments are indexed from the start on. Ids of top-ups are needed only where
 * our records have lost a payment, which hardly ever happens: they are read from all `clients` at
 * the first call, and kept up to date from then on.
 */
export function createPaymentIndex(clients: () => Iterable<Client>): PaymentIndex {
  const byPayment = new Map<string, string>()
  let byTopUp: Map<string, string> | undefined

  function remove(clientId: string, { id, paymentIntentId }: TopUp): void {
    if (byTopUp?.get(id) === clientId) byTopUp.delete(id)
    if (paymentIntentId !== undefined && byPayment.get(paymentIntentId) === clientId)
      byPayment.delete(paymentIntentId)
  }

  function add(clientId: string, { id, paymentIntentId }: TopUp): void {
    byTopUp?.set(id, clientId)
    if (paymentIntentId !== undefined) byPayment.set(paymentIntentId, clientId)
  }

  function topUps(): Map<string, string> {
    byTopUp ??= new Map(
      Array.from(clients()).flatMap((client) => client.topUps.map(({ id }) => [id, client.id] as const)),
    )
    return byTopUp
  }

  return {
    change: (clientId, before, now) => {
      if (before === now) return
      for (const [at, topUp] of before.entries()) if (topUp !== now[at]) remove(clientId, topUp)
      for (const [at, topUp] of now.entries()) if (topUp !== before[at]) add(clientId, topUp)
    },
    ofPayment: (paymentIntentId) => byPayment.get(paymentIntentId),
    ofTopUp: (topUpId) => topUps().get(topUpId),
  }
}
