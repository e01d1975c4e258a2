import { Refusal } from '../domain/errors.ts'
import { isFrozen } from '../domain/standing.ts'
import type { TopUp } from '../domain/top-up.ts'
import type { Client } from '../domain/user.ts'
import type { PaymentActionView, PaymentsView, PaymentView } from '../shared/protocol.ts'
import type { Log, Payments, Store } from './ports.ts'
import { changeTopUp, clientIn } from './top-up-records.ts'

const SHOWN = 50
/** How many payments one look at the history asks Stripe about at the most. */
const ASKED_AT_ONCE = 10

/** A client's top-ups as the client sees them. */
export type PaymentHistory = (clientId: string) => Promise<PaymentsView>

/**
 * Which card paid is asked of Stripe when somebody first looks, and kept: a payment itself needs nothing of it. What
 * Stripe does not answer is left out.
 */
export function createPaymentHistory(parts: { store: Store; payments: Payments; log: Log }): PaymentHistory {
  const { store, payments, log } = parts

  const complete = async (clientId: string, { id, paymentIntentId = '' }: TopUp): Promise<void> => {
    try {
      const details = await payments.detailsOf(paymentIntentId)
      await store.commit((tx) => changeTopUp(tx, clientId, id, details))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ paymentIntentId, code: error.code }, 'the card of a payment could not be asked for')
    }
  }

  const actionOf = async (client: Client): Promise<PaymentActionView | undefined> => {
    const waiting = client.topUps.findLast(({ needsPerson, status }) => needsPerson && status === 'pending')
    if (!waiting?.paymentIntentId || waiting.cardId === undefined) return undefined
    try {
      const { id: paymentIntentId, clientSecret } = await payments.retrieve(waiting.paymentIntentId)
      const { cardId, amountCents } = waiting
      return { paymentIntentId, clientSecret, cardId, amountCents }
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  return async (clientId) => {
    const bare = await store.read((view) => clientIn(view, clientId).topUps.filter(lacksCard))
    await Promise.all(bare.slice(-ASKED_AT_ONCE).map((topUp) => complete(clientId, topUp)))
    const client = await store.read((view) => clientIn(view, clientId))
    const action = await actionOf(client)
    return { ...viewPayments(client), ...(action ? { action } : {}) }
  }
}

function lacksCard({ status, card, paymentIntentId }: TopUp): boolean {
  return status === 'succeeded' && card === undefined && paymentIntentId !== undefined
}

function viewPayments(client: Client): Omit<PaymentsView, 'action'> {
  const { autoTopUp, debtCents = 0 } = client
  return {
    payments: client.topUps.slice(-SHOWN).reverse().map(viewTopUp),
    ...(autoTopUp
      ? {
          automatic: {
            amountCents: autoTopUp.amountCents,
            thresholdCents: autoTopUp.thresholdCents,
            dailyCapCents: autoTopUp.dailyCapCents,
            ...(autoTopUp.restsSince === undefined ? {} : { resting: true as const }),
          },
        }
      : {}),
    ...(debtCents > 0 ? { debtCents } : {}),
    ...(isFrozen(client) ? { frozen: true as const } : {}),
  }
}

function viewTopUp(topUp: TopUp): PaymentView {
  const { id, amountCents, status, createdAt, kind = 'form', receiptUrl, declines = [] } = topUp
  const card = topUp.card ?? declines.at(-1)?.card
  return {
    id,
    amountCents,
    status,
    createdAt,
    kind,
    ...(card ? { card: { brand: card.brand, last4: card.last4 } } : {}),
    ...(receiptUrl === undefined ? {} : { receiptUrl }),
    ...(topUp.reversedCents ? { reversedCents: topUp.reversedCents } : {}),
    ...(topUp.openDisputes ? { disputed: true as const } : {}),
    ...(status !== 'succeeded' && declines.length > 0 ? { declined: true as const } : {}),
  }
}
