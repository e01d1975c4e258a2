import { Refusal } from '../domain/errors.ts'
import type { TopUp } from '../domain/top-up.ts'
import type { Log, Payments, Store, View } from './ports.ts'
import type { Refunds } from './refunds.ts'
import type { Reversals } from './reversals.ts'
import { clientIn } from './top-up-records.ts'
import type { CreditParts, Settle } from './top-ups.ts'

const DAY_MS = 86_400_000
/** How far back Stripe is asked: at a start as long as it keeps its messages, each day with days to spare. */
const AT_START_MS = 30 * DAY_MS
const DAILY_MS = 3 * DAY_MS

/**
 * Looks at everything Stripe can tell of the account lately, whether or not a message about it ever came: payments without
 * an owner, money that went back, disputes that were open. Nothing is asked while nobody has ever paid.
 */
export function createReconcile(parts: {
  store: Store
  log: Log
  payments: Payments
  settle: Settle
  reversals: Reversals
  refunds: Refunds
  clientsIn: CreditParts['clientsIn']
}): (first: boolean) => Promise<void> {
  const { store, log, payments, settle, reversals, refunds, clientsIn } = parts

  const settleQuietly = async (paymentIntentId: string): Promise<void> => {
    try {
      await reversals.settle(paymentIntentId)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ paymentIntentId, code: error.code }, 'what went back of a payment could not be asked for')
    }
  }

  return async (first) => {
    await forgetAddresses(store, log, clientsIn)
    await refunds.resume()
    const { now, everPaid, disputed } = await store.read((view) => historyIn(view, clientsIn))
    if (!everPaid) return
    try {
      const { paid, returned } = await payments.since(now - (first ? AT_START_MS : DAILY_MS))
      for (const payment of paid) await settle(payment)
      for (const id of new Set([...returned, ...disputed])) await settleQuietly(id)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      log.warn({ code: error.code }, 'the account at Stripe could not be looked through')
    }
  }
}

/** Where somebody was when a top-up was asked for is of use for a day. */
async function forgetAddresses(store: Store, log: Log, clientsIn: CreditParts['clientsIn']): Promise<void> {
  const ids = await store.read((view) =>
    [...clientsIn(view)].filter((client) => client.topUps.some(isForgettable(view.now))).map(({ id }) => id),
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
  return ({ from, createdAt }) => from !== undefined && createdAt < now - DAY_MS
}

function withoutAddress({ from: _, ...topUp }: TopUp): TopUp {
  return topUp
}

function historyIn(
  view: View,
  clientsIn: CreditParts['clientsIn'],
): { now: number; everPaid: boolean; disputed: string[] } {
  const paid = [...clientsIn(view)].flatMap(({ topUps }) =>
    topUps.filter(({ status }) => status === 'succeeded'),
  )
  const disputed = paid.filter(({ openDisputes = 0 }) => openDisputes > 0)
  return {
    now: view.now,
    everPaid: paid.length > 0,
    disputed: disputed.flatMap(({ paymentIntentId }) => paymentIntentId ?? []),
  }
}
