/** Keeps each client's customer at Stripe, the owner of the saved cards. */
import { Refusal } from '../../domain/errors.ts'
import { isErased } from '../../domain/user.ts'
import type { Log, Payments, Store } from '../ports.ts'
import { clientIn, openClientIn } from './top-up-records.ts'

/** The customer that each client is at Stripe: the owner of the saved cards. */
export interface Customers {
  /**
   * Returns the id of the client's customer, created when a card is first to be saved. Refuses
   * `payment_unavailable`, `not_logged_in`.
   */
  of(clientId: string): Promise<string>
  /** Forgets a customer that was deleted at Stripe, and everything that depends on its cards. */
  forget(clientId: string, customerId: string): Promise<void>
  /**
   * Deletes the customers of deleted accounts at Stripe, their cards with them. The account's
   * record names the customer until then, so that after a crash or a lost response the next look
   * tries again. Resolves with true where Stripe responded for each.
   */
  deleteLeft(): Promise<boolean>
}

export function createCustomers(parts: { store: Store; log: Log; payments: Payments }): Customers {
  const { store, log, payments } = parts
  const known = (clientId: string) => store.read((view) => openClientIn(view, clientId).customerId)

  const forget = (clientId: string, customerId: string): Promise<void> =>
    store.commit((tx) => {
      const { customerId: current, defaultCardId, autoTopUp, ...client } = clientIn(tx, clientId)
      if (current === customerId) tx.putUser(client)
    }, 'payment')

  const deleteOne = async (clientId: string, customerId: string): Promise<boolean> => {
    try {
      await payments.deleteCustomer(customerId)
      await forget(clientId, customerId)
      return true
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ userId: clientId, code: error.code }, 'a deleted account’s customer will be deleted later')
      return false
    }
  }

  return {
    async of(clientId) {
      const already = await known(clientId)
      if (already !== undefined) return already
      const customerId = await payments.makeCustomer(clientId)
      // Even for an account that was deleted in the meantime, so that the customer is deleted too.
      await store.commit((tx) => tx.putUser({ ...clientIn(tx, clientId), customerId }), 'payment')
      await known(clientId)
      return customerId
    },

    forget,

    async deleteLeft() {
      const left = await store.read((view) => [...view.clients()].filter(isErased))
      const answers: boolean[] = []
      for (const { id, customerId } of left)
        if (customerId !== undefined) answers.push(await deleteOne(id, customerId))
      return answers.every(Boolean)
    },
  }
}
