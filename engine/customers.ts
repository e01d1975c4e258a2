import type { Payments, Store } from './ports.ts'
import { clientIn } from './top-up-records.ts'

/** The customer that each client is at Stripe: the owner of the saved cards. */
export interface Customers {
  /** The client's customer, made when a card is first to be saved. Refuses `payment_unavailable`. */
  of(clientId: string): Promise<string>
  /** Forgets a customer that was deleted at Stripe, with what hung on its cards. */
  forget(clientId: string, customerId: string): Promise<void>
}

export function createCustomers({ store, payments }: { store: Store; payments: Payments }): Customers {
  const known = (clientId: string) => store.read((view) => clientIn(view, clientId).customerId)

  return {
    async of(clientId) {
      const already = await known(clientId)
      if (already !== undefined) return already
      const customerId = await payments.makeCustomer(clientId)
      await store.commit((tx) => tx.putUser({ ...clientIn(tx, clientId), customerId }), 'payment')
      return customerId
    },

    forget: (clientId, customerId) =>
      store.commit((tx) => {
        const { customerId: current, defaultCardId, autoTopUp, ...client } = clientIn(tx, clientId)
        if (current === customerId) tx.putUser(client)
      }, 'payment'),
  }
}
