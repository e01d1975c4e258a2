/** Makes automatic top-ups for clients who have switched them on. */
import { automaticDue } from '../../domain/account-status.ts'
import { type CardLimits, mayComeByItself } from '../../domain/card-testing.ts'
import type { AutoTopUp, Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { autoTopUpConsent } from '../../shared/consent.ts'
import type { Cents } from '../../shared/money.ts'
import type { Act } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import type { Log, NewId, Store, View } from '../ports.ts'
import type { Attempts } from './attempts.ts'
import type { Cards } from './cards.ts'
import type { ApplyPayment } from './payment-outcome.ts'
import type { Unfinished } from './polling.ts'
import { clientIn, mustHaveAgreedToPay, openClientIn } from './top-up-records.ts'

/** Two minutes of talk: enough for 3-D Secure before the money ends. */
const MINUTES_AHEAD = 2

/** The amounts that a client chooses. */
export type AutoTopUpWish = Omit<AutoTopUp, 'consent' | 'since'>

/** Automatic top-ups, for clients who have switched them on. */
export interface AutoTopUps {
  /**
   * Switches them on, or changes them. Refuses `invalid_input` without a saved card,
   * `payment_unavailable`, `terms_changed`.
   */
  switchOn(clientId: string, wish: AutoTopUpWish): Promise<void>
  switchOff(clientId: string): Promise<void>
  /**
   * Makes one top-up if one is due, and never a second beside it. Call it when a balance has
   * fallen.
   */
  consider(clientId: string): Promise<void>
}

export function createAutoTopUps(parts: {
  act: Act
  store: Store
  log: Log
  newId: NewId
  attempts: Attempts
  cards: Cards
  /** Undefined where there are no limits. */
  cardLimits: CardLimits | undefined
  applyPayment: ApplyPayment
  /** Keeps asking Stripe about a top-up until it is final. */
  watch: (open: Unfinished) => void
}): AutoTopUps {
  const { act, store, log, newId, attempts, cards, cardLimits, applyPayment, watch } = parts

  const dueTo = (view: View, client: Client): Cents | undefined => {
    const amountCents = automaticDue(client, view.now, lowCents(view, client))
    if (amountCents === undefined || !cardLimits) return amountCents
    return mayComeByItself(client, amountCents, view.now, cardLimits) ? amountCents : undefined
  }

  const begin = (clientId: string, cardId: string) =>
    store.commit((tx) => {
      const client = clientIn(tx, clientId)
      const amountCents = dueTo(tx, client)
      if (amountCents === undefined) return undefined
      const wish = { userId: clientId, amountCents, attemptKey: `automatic:${newId()}`, cardId }
      return attempts.beginIn(tx, wish, 'automatic')
    })

  return {
    async switchOn(clientId, { amountCents, thresholdCents, dailyCapCents }) {
      const [card] = await cards.list(clientId)
      if (!card) throw noCard()
      const amounts = { amountCents, thresholdCents, dailyCapCents }
      const consent = autoTopUpConsent(amounts)
      await act((tx) => {
        const client = openClientIn(tx, clientId)
        mustHaveAgreedToPay(tx, client)
        tx.putUser({ ...client, autoTopUp: { ...amounts, consent, since: tx.now } })
        queueMail(tx, {
          userId: clientId,
          template: 'auto_topup_on',
          event: newId(),
          values: { ...amounts, consent, last4: card.last4 },
        })
      })
    },

    switchOff: (clientId) =>
      store.commit((tx) => {
        const { autoTopUp: _, ...client } = openClientIn(tx, clientId)
        tx.putUser(client)
      }),

    async consider(clientId) {
      const isDue = await store.read((view) => dueTo(view, clientIn(view, clientId)) !== undefined)
      if (!isDue) return
      const [card] = await cards.list(clientId)
      if (!card) return
      const topUp = await begin(clientId, card.id)
      if (!topUp) return
      log.info({ userId: clientId, topUpId: topUp.id }, 'an automatic top-up is made')
      watch({ userId: clientId, topUp })
      await applyPayment(await attempts.paymentFor(clientId, topUp), clientId)
    },
  }
}

/**
 * Returns the balance at which a running session needs money, whatever threshold the client has
 * set.
 */
function lowCents(view: View, { id }: Client): number {
  const open = view.openSessionOf(id)
  return open && 'startedAt' in open ? MINUTES_AHEAD * open.rateCents : 0
}

function noCard(): Refusal {
  return new Refusal('invalid_input', 'Save a card first.', {
    errors: [{ path: 'cardId', message: 'Save a card first: pay once with “Save this card”.' }],
  })
}
