/** Compares our records with everything at Stripe, and goes on with refunds that were left open. */
import { Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { ageOf, DAY_MS } from '../../shared/time.ts'
import type { LastLook, Log, Payments, Store, View } from '../ports.ts'
import type { Customers } from './customers.ts'
import type { ApplyPayment } from './payment-outcome.ts'
import type { Refunds } from './refunds.ts'
import type { Reversals } from './reversals.ts'
import { clientIn } from './top-up-records.ts'

/** Time that a look goes back at a start: as long as Stripe keeps its events. */
const AT_START_MS = 30 * DAY_MS
/**
 * Time that a look goes back beyond the last clean one: a payment can succeed days after it was
 * made.
 */
const OVERLAP_MS = 2 * DAY_MS

/**
 * Continues refunds and pending deletions of customers. Then looks through everything at Stripe
 * since the last time that it responded to every question, whether or not a webhook reported it:
 * unmatched payments, reversals, disputes that were open. Resolves with true where every question
 * got a response.
 */
export type Reconcile = (first: boolean) => Promise<boolean>

export function createReconcile(parts: {
  store: Store
  log: Log
  payments: Payments
  lastLook: LastLook
  applyPayment: ApplyPayment
  reversals: Reversals
  refunds: Refunds
  customers: Customers
}): Reconcile {
  const { store, log, payments, lastLook, applyPayment, reversals, refunds, customers } = parts

  const applyQuietly = async (paymentIntentId: string): Promise<boolean> => {
    try {
      await reversals.applyReversals(paymentIntentId)
      return true
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ paymentIntentId, code: error.code }, 'what went back of a payment could not be asked for')
      // "Unknown at Stripe" is a response too.
      return error.code === 'not_found'
    }
  }

  const lookSince = async (instant: number, disputed: readonly string[]): Promise<boolean> => {
    try {
      const { paid, returned } = await payments.since(instant)
      for (const payment of paid) await applyPayment(payment)
      const answers: boolean[] = []
      for (const id of new Set([...returned, ...disputed])) answers.push(await applyQuietly(id))
      return answers.every(Boolean)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ code: error.code }, 'the account at Stripe could not be looked through')
      return false
    }
  }

  return async (first) => {
    await forgetAddresses(store, log)
    const isResumed = [await refunds.resume(), await customers.deleteLeft()].every(Boolean)
    const { now, disputed } = await store.read((view) => ({ now: view.now, disputed: disputedIn(view) }))
    const isClean = await lookSince(beginningOf(now, first, lastLook.at()), disputed)
    if (isClean) await lastLook.put(now)
    return isClean && isResumed
  }
}

/** Returns the instant from which a look starts. */
function beginningOf(now: number, first: boolean, cleanAt: number | undefined): number {
  const atStart = now - AT_START_MS
  if (cleanAt === undefined) return atStart
  const sinceClean = Math.min(now, cleanAt) - OVERLAP_MS
  return first ? Math.min(atStart, sinceClean) : sinceClean
}

/** Forgets the network addresses of top-ups after a day. */
async function forgetAddresses(store: Store, log: Log): Promise<void> {
  const ids = await store.read((view) =>
    [...view.clients()].filter((client) => client.topUps.some(isForgettable(view.now))).map(({ id }) => id),
  )
  const forget = (id: string): Promise<void> =>
    store.commit((tx) => {
      const client = clientIn(tx, id)
      const isOld = isForgettable(tx.now)
      const topUps = client.topUps.map((topUp) => (isOld(topUp) ? withoutAddress(topUp) : topUp))
      tx.putUser({ ...client, topUps })
    })
  for (const id of ids) {
    try {
      await forget(id)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ userId: id, code: error.code }, 'an old address is forgotten later')
    }
  }
}

function isForgettable(now: number): (topUp: TopUp) => boolean {
  return ({ from, createdAt }) => from !== undefined && ageOf(createdAt, now) > DAY_MS
}

function withoutAddress({ from: _, ...topUp }: TopUp): TopUp {
  return topUp
}

/** Returns the payments with an open dispute. */
function disputedIn(view: View): string[] {
  return [...view.clients()].flatMap(({ topUps }) =>
    topUps.flatMap(({ status, openDisputes = 0, paymentIntentId }) =>
      status === 'succeeded' && openDisputes > 0 && paymentIntentId !== undefined ? [paymentIntentId] : [],
    ),
  )
}
