/**
 * Polls Stripe about top-ups that are not final, and retries or gives up those without a payment.
 */
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { ageOf, DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/time.ts'
import type { Log, Payments, Store } from '../ports.ts'
import type { Attempts } from './attempts.ts'
import type { ApplyPayment } from './payment-outcome.ts'
import { changeTopUp, clientIn } from './top-up-records.ts'

// Stripe forgets the key that makes a repeated creation harmless after a day.
const CREATE_AGAIN_MS = DAY_MS
// A card that is charged automatically must not be charged long after the client expects it.
const CHARGE_AGAIN_MS = 2 * MINUTE_MS
// Clients do not return to a card form after this; a payment that does succeed later is still
// credited.
const ABANDONED_MS = 3 * DAY_MS

export interface PollingParts {
  store: Store
  log: Log
  payments: Payments
  attempts: Attempts
  applyPayment: ApplyPayment
}

/** A top-up that is not yet final. */
export interface Unfinished {
  readonly userId: string
  readonly topUp: TopUp
}

export interface Polling {
  /**
   * Asks Stripe about one top-up and brings our record up to it. A failure of Stripe's is logged
   * and left for later. Resolves with true where Stripe responded.
   */
  one(open: Unfinished): Promise<boolean>
  /** Returns every top-up that is not yet final. */
  unfinished(): Promise<Unfinished[]>
  /** Returns one top-up, while it is not final. */
  find(userId: string, topUpId: string): Promise<Unfinished | undefined>
}

export function createPolling(parts: PollingParts): Polling {
  const { store, log, payments, attempts, applyPayment } = parts

  const bringUpToDate = async (userId: string, topUp: TopUp, now: number): Promise<void> => {
    const age = ageOf(topUp.createdAt, now)
    if (topUp.paymentIntentId === undefined) {
      if (topUp.cardId !== undefined && age > CHARGE_AGAIN_MS) return lookForCharge(userId, topUp, now)
      // Its secret reached no page, so it cannot be paid.
      if (age > CREATE_AGAIN_MS) return giveUp(userId, topUp)
    }
    const outcome = await applyPayment(await attempts.paymentFor(userId, topUp), userId)
    const isOpen = outcome.kind === 'known' && outcome.status === 'pending'
    if (isOpen && age > ABANDONED_MS) await giveUp(userId, topUp)
  }

  /** Checks whether a saved card was charged although the response was lost. */
  const lookForCharge = async (userId: string, topUp: TopUp, now: number): Promise<void> => {
    const { createdAt } = topUp
    // If the wall clock was set back since, the charge may be as old as the clock was ahead.
    const { paid } = await payments.since(Math.min(createdAt, now - ageOf(createdAt, now)) - MINUTE_MS)
    const made = paid.find(({ topUpId }) => topUpId === topUp.id)
    if (made) await applyPayment(made, userId)
    else if (ageOf(createdAt, now) > HOUR_MS) await giveUp(userId, topUp)
  }

  const giveUp = (userId: string, { id }: TopUp): Promise<void> =>
    store.commit((tx) => changeTopUp(tx, userId, id, { status: 'failed' }))

  return {
    find: (userId, topUpId) =>
      store.read((view) => {
        const { topUps } = clientIn(view, userId)
        const topUp = topUps.find(({ id, status }) => id === topUpId && status === 'pending')
        return topUp && { userId, topUp }
      }),

    unfinished: () => store.read((view) => unfinishedOf(view.clients())),

    async one({ userId, topUp }) {
      try {
        const now = await store.read((view) => view.now)
        await bringUpToDate(userId, topUp, now)
        return true
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        log.warn({ userId, topUpId: topUp.id, code: error.code }, 'a top-up could not be brought up to date')
        return error.code === 'not_found'
      }
    },
  }
}

function unfinishedOf(clients: Iterable<Client>): Unfinished[] {
  return [...clients].flatMap(({ id: userId, topUps }) =>
    topUps.filter(({ status }) => status === 'pending').map((topUp) => ({ userId, topUp })),
  )
}
