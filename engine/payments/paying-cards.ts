/** Records which card paid each top-up, for the card limits and the history. */
import { Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import type { Log, Payments, Store } from '../ports.ts'
import { changeTopUp, clientIn } from './top-up-records.ts'

/** Payments that Stripe is asked about at once. */
const ASKED_AT_ONCE = 10

/**
 * Records which card paid each of a client's latest top-ups, where that is not known yet: payments
 * do not need it, the limits on cards and the history do. Leaves out what Stripe does not respond
 * to, and resolves with true where it responded for each.
 */
export type NotePayingCards = (clientId: string) => Promise<boolean>

export function createNotePayingCards(parts: {
  store: Store
  payments: Payments
  log: Log
}): NotePayingCards {
  const { store, payments, log } = parts

  const note = async (clientId: string, { id, paymentIntentId = '' }: TopUp): Promise<boolean> => {
    try {
      const details = await payments.detailsOf(paymentIntentId)
      await store.commit((tx) => changeTopUp(tx, clientId, id, details))
      return true
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ paymentIntentId, code: error.code }, 'the card of a payment could not be asked for')
      return error.code !== 'payment_unavailable'
    }
  }

  return async (clientId) => {
    const bare = await store.read((view) => clientIn(view, clientId).topUps.filter(lacksCard))
    const answers = await Promise.all(bare.slice(-ASKED_AT_ONCE).map((topUp) => note(clientId, topUp)))
    return answers.every(Boolean)
  }
}

function lacksCard({ status, card, paymentIntentId }: TopUp): boolean {
  return status === 'succeeded' && card === undefined && paymentIntentId !== undefined
}
