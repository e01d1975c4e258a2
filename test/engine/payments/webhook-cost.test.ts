/**
 * Tests that a webhook costs the same however many clients there are, by counting its reads of the
 * store.
 */
import { describe, expect, it } from 'vitest'
import type { Payment, Payments, Store, Tx, View } from '../../../engine/ports.ts'
import { cents, NO_CENTS } from '../../../shared/money.ts'
import { openWalletWorld } from './wallet-support.ts'

interface Counted {
  readonly store: Store
  /** Counts the values that were read, one by one or in a row. */
  readonly read: () => number
}

/** Counts every value that a commit or a read is handed. */
function counting(store: Store): Counted {
  let count = 0

  function* each(values: Iterable<unknown>): Generator<unknown> {
    for (const value of values) {
      count += 1
      yield value
    }
  }

  function watched<V extends View>(view: V): V {
    return new Proxy(view, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          const answer: unknown = Reflect.apply(value, target, given)
          count += 1
          return isIterable(answer) ? each(answer) : answer
        }
      },
    })
  }

  return {
    read: () => count,
    store: {
      ...store,
      commit: (decide, purpose) => store.commit(((tx: Tx) => decide(watched(tx))) as typeof decide, purpose),
      read: (look) => store.read(((view: View) => look(watched(view))) as typeof look),
    },
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

const PAID: Payment = {
  id: 'pi_7',
  status: 'succeeded',
  amountReceivedCents: 2_000,
  currency: 'usd',
  clientSecret: 'secret',
  topUpId: 'top-up-7',
  userId: undefined,
}

/**
 * Plays Stripe, where one payment was made, in part refunded, and tried with a card that was
 * refused.
 */
const stripe = (event: Partial<ReturnType<Payments['readWebhook']>>, payment: Payment) =>
  ({
    readWebhook: () => ({ type: 'of a test', paymentIntentId: payment.id, ...event }),
    retrieve: async () => payment,
    reversalsOf: async () => ({
      refunds: [{ cents: 500, failed: false }],
      withdrawnCents: 0,
      openDisputes: 0,
    }),
  }) as unknown as Payments

async function readsOf(
  clients: number,
  event: Partial<ReturnType<Payments['readWebhook']>>,
  payment: Payment,
): Promise<number> {
  let counted: Counted | undefined
  const world = await openWalletWorld({
    payments: stripe(event, payment),
    watchStore: (store) => {
      counted = counting(store)
      return counted.store
    },
  })
  await world.store.commit((tx) => {
    for (let at = 0; at < clients; at++) {
      tx.putUser({
        id: `client-${at}`,
        role: 'client',
        name: 'Client',
        email: `client-${at}@example.com`,
        passwordHash: 'hash',
        createdAt: tx.now,
        logins: [],
        balanceCents: NO_CENTS,
        topUps: [
          {
            id: `top-up-${at}`,
            attemptKey: `attempt-${at}`,
            paymentIntentId: `pi_${at}`,
            amountCents: cents(2_000),
            status: 'pending',
            createdAt: tx.now,
          },
        ],
      })
    }
  })
  const before = counted?.read() ?? 0
  await world.wallet.handleWebhook(Buffer.from('{}'), 'signature')
  return (counted?.read() ?? 0) - before
}

describe('a webhook reads as much of the store with a thousand clients as with ten', () => {
  it.each([
    ['a payment', {}, PAID],
    ['a payment that names its client', {}, { ...PAID, userId: 'client-7' }],
    ['a refund', { isReversal: true }, PAID],
    ['a card that was refused', { decline: { tryId: 'try-1', code: 'card_declined' } }, PAID],
    ['an unknown payment', {}, { ...PAID, id: 'pi_unknown', topUpId: undefined }],
    ['a payment that was forgotten', {}, { ...PAID, id: 'pi_lost', topUpId: 'lost', userId: 'client-7' }],
  ])('%s', async (_name, event, payment) => {
    const few = await readsOf(10, event, payment)
    expect(few).toBeGreaterThan(0)
    expect(await readsOf(1_000, event, payment)).toBe(few)
  })
})
