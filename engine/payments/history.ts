/** Shows clients their top-ups, refunds and credits, and the receipt of each. */
import { isFrozen } from '../../domain/account-status.ts'
import { type CardLimits, waitsForAutomatic } from '../../domain/card-testing.ts'
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { standingRefunds, type TopUp, takenElsewhereCents } from '../../domain/top-up.ts'
import { WRONG_CURSOR } from '../../shared/protocol/http.ts'
import type {
  CreditView,
  PaymentActionView,
  PaymentReceiptView,
  PaymentsView,
  PaymentView,
} from '../../shared/protocol/views.ts'
import type { Payments, Store } from '../ports.ts'
import type { NotePayingCards } from './paying-cards.ts'
import { clientIn, topUpIn } from './top-up-records.ts'

const SHOWN = 50

/**
 * Returns a client's top-ups as the client sees them: the latest, or those before `cursor`. Refuses
 * an unknown cursor with `invalid_input`.
 */
export type PaymentHistory = (clientId: string, cursor?: string) => Promise<PaymentsView>

export function createPaymentHistory(parts: {
  store: Store
  payments: Payments
  noteCards: NotePayingCards
  cardLimits: CardLimits | undefined
}): PaymentHistory {
  const { store, payments, noteCards, cardLimits } = parts

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

  return async (clientId, cursor) => {
    await mustLead(store, clientId, cursor)
    await noteCards(clientId)
    const { client, now } = await store.read((view) => ({ client: clientIn(view, clientId), now: view.now }))
    const action = await actionOf(client)
    const isWaiting = cardLimits !== undefined && waitsForAutomatic(client, now, cardLimits)
    return { ...viewPayments(client, cursor, isWaiting), ...(action ? { action } : {}) }
  }
}

async function mustLead(store: Store, clientId: string, cursor: string | undefined): Promise<void> {
  if (cursor === undefined) return
  const { topUps } = await store.read((view) => clientIn(view, clientId))
  if (topUps.some(({ id }) => id === cursor)) return
  throw new Refusal('invalid_input', 'There is no such page of the list.', {
    errors: [{ path: 'cursor', message: WRONG_CURSOR }],
  })
}

/**
 * Returns one of a client's top-ups with what its receipt shows, by its id or, for the page that
 * just paid, by Stripe's. Refuses `not_found`.
 */
export async function receiptOf(
  store: Store,
  clientId: string,
  topUpId: string,
): Promise<PaymentReceiptView> {
  const client = await store.read((view) => clientIn(view, clientId))
  const justPaid = client.topUps.find(({ paymentIntentId }) => paymentIntentId === topUpId)
  const topUp = justPaid ?? topUpIn(client, topUpId)
  const { creditedAt } = topUp
  return {
    ...viewTopUp(topUp),
    clientName: client.name,
    ...(creditedAt === undefined ? {} : { creditedAt }),
    returns: returnsOf(topUp),
  }
}

/**
 * Returns what has been reversed of a top-up: our own refunds, and as one sum what the bank or
 * Stripe took otherwise.
 */
export function returnsOf(topUp: TopUp): PaymentReceiptView['returns'] {
  const own = standingRefunds(topUp).map(({ cents, at }) => ({ cents, at }))
  const elsewhere = takenElsewhereCents(topUp)
  return [...own, ...(elsewhere > 0 ? [{ cents: elsewhere }] : [])]
}

function viewPayments(
  client: Client,
  cursor: string | undefined,
  isWaiting: boolean,
): Omit<PaymentsView, 'action'> {
  const { autoTopUp, debtCents = 0, topUps } = client
  const end = cursor === undefined ? topUps.length : topUps.findIndex(({ id }) => id === cursor)
  const shown = topUps.slice(Math.max(0, end - SHOWN), Math.max(0, end))
  const oldest = end > SHOWN ? shown[0] : undefined
  const credits = creditsOf(client)
  return {
    payments: shown.reverse().map(viewTopUp),
    ...(oldest ? { nextCursor: oldest.id } : {}),
    ...(credits.length > 0 ? { credits } : {}),
    ...(autoTopUp
      ? {
          automatic: {
            amountCents: autoTopUp.amountCents,
            thresholdCents: autoTopUp.thresholdCents,
            dailyCapCents: autoTopUp.dailyCapCents,
            ...(autoTopUp.restsSince === undefined ? {} : { resting: true as const }),
            ...(isWaiting ? { waiting: true as const } : {}),
          },
        }
      : {}),
    ...(debtCents > 0 ? { debtCents } : {}),
    ...(isFrozen(client) ? { frozen: true as const } : {}),
  }
}

/** Returns the operator's goodwill, newest first. */
export function creditsOf({ adjustments = [] }: Client): CreditView[] {
  return adjustments.flatMap(({ id, at, cents = 0 }) => (cents === 0 ? [] : [{ id, at, cents }])).reverse()
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
