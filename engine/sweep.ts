import { Refusal } from '../domain/errors.ts'
import type { Client, TopUp } from '../domain/user.ts'
import type { Attempts } from './attempts.ts'
import type { Log, Store, View } from './ports.ts'
import { changeTopUp, type Settle } from './top-ups.ts'

const DAY_MS = 86_400_000
// Stripe forgets the key that makes a repeated creation harmless after a day.
const CREATE_AGAIN_MS = DAY_MS
// Nobody comes back to a card form after this; a payment that does succeed later is credited all the same.
const ABANDONED_MS = 3 * DAY_MS

export interface SweepParts {
  store: Store
  log: Log
  attempts: Attempts
  settle: Settle
  /** Every client there is. */
  clientsIn: (view: View) => Iterable<Client>
}

/** Asks Stripe about every payment that is not yet final; goes on to the next one when Stripe fails at one. */
export function createSweep({ store, log, attempts, settle, clientsIn }: SweepParts): () => Promise<void> {
  const bringUpToDate = async (userId: string, topUp: TopUp, age: number): Promise<void> => {
    // No page ever learned its secret, so it cannot be paid.
    if (topUp.paymentIntentId === undefined && age > CREATE_AGAIN_MS) return giveUp(userId, topUp)
    const outcome = await settle(await attempts.paymentFor(userId, topUp), userId)
    const isOpen = outcome.kind === 'known' && outcome.status === 'pending'
    if (isOpen && age > ABANDONED_MS) await giveUp(userId, topUp)
  }

  const giveUp = (userId: string, { id }: TopUp): Promise<void> =>
    store.commit((tx) => changeTopUp(tx, userId, id, { status: 'failed' }))

  return async () => {
    const { now, open } = await store.read((view) => ({ now: view.now, open: unfinished(clientsIn(view)) }))
    for (const { userId, topUp } of open) {
      try {
        await bringUpToDate(userId, topUp, now - topUp.createdAt)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        log.warn({ userId, topUpId: topUp.id, code: error.code }, 'a top-up could not be brought up to date')
      }
    }
  }
}

function unfinished(clients: Iterable<Client>): { userId: string; topUp: TopUp }[] {
  return [...clients].flatMap(({ id: userId, topUps }) =>
    topUps.filter(({ status }) => status === 'pending').map((topUp) => ({ userId, topUp })),
  )
}
