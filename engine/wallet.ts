import { Refusal } from '../domain/errors.ts'
import type { Client, TopUp } from '../domain/user.ts'
import { cents } from '../shared/money.ts'
import type { TopUpStatus, TopUpView } from '../shared/protocol.ts'
import type { NewId, Payment, Payments, Store, View } from './ports.ts'
import { type CreditParts, changeTopUp, clientIn, createSettle, type Outcome } from './top-ups.ts'

const DAY_MS = 86_400_000
// Stripe forgets the key that makes a repeated creation harmless after a day.
const CREATE_AGAIN_MS = DAY_MS
// Nobody comes back to a card form after this; a payment that does succeed later is credited all the same.
const ABANDONED_MS = 3 * DAY_MS

export interface WalletParts extends CreditParts {
  store: Store
  payments: Payments
  newId: NewId
  /** Every client there is, for the sweep. */
  clientsIn: (view: View) => Iterable<Client>
}

export interface Wallet {
  /**
   * Opens a payment of `amountCents` and credits nothing yet. The same `attemptKey` answers the same payment; with
   * another amount it is refused as `idempotency_mismatch`. Also refuses `payment_unavailable`, `storage_full`.
   */
  addFunds(wish: { userId: string; amountCents: number; attemptKey?: string | undefined }): Promise<TopUpView>
  /**
   * Asks Stripe about a payment and credits it once if it succeeded. Refuses `forbidden` for another person's payment,
   * `not_found`, `payment_mismatch` and `payment_unavailable`.
   */
  confirm(claim: {
    userId: string
    paymentIntentId: string
  }): Promise<{ status: TopUpStatus; balanceCents: number }>
  /** Handles one webhook of Stripe's, given its raw bytes. Refuses `bad_signature`, `payment_unavailable`. */
  takeNotice(body: Buffer, signature: string): Promise<void>
  /** Asks Stripe about a payment and brings our record up to it. Refuses `payment_unavailable`. */
  settlePayment(paymentIntentId: string): Promise<void>
  /** Asks Stripe about every payment that is not yet final: whatever a crash or a lost message left open ends right. */
  sweep(): Promise<void>
  checkBalance(userId: string): Promise<{ userId: string; balanceCents: number; currency: 'usd' }>
}

export function createWallet(parts: WalletParts): Wallet {
  const { store, payments, newId, clientsIn, log } = parts
  const settle = createSettle(parts)
  // Two requests of one attempt share one call to Stripe, which would answer the second that its key is in use.
  const opening = new Map<string, Promise<Payment>>()

  const wallet: Wallet = {
    async addFunds({ userId, amountCents, attemptKey = newId() }) {
      const topUp = await begin(userId, amountCents, attemptKey)
      const payment = await paymentFor(userId, topUp)
      const { status, balanceCents } = expected(await settle(payment, userId))
      return { paymentIntentId: payment.id, clientSecret: payment.clientSecret, status, balanceCents }
    },

    async confirm({ userId, paymentIntentId }) {
      const mine = await store.read((view) => {
        const client = clientIn(view, userId)
        const topUp = client.topUps.find((each) => each.paymentIntentId === paymentIntentId)
        return { topUp, balanceCents: client.balanceCents }
      })
      if (mine.topUp?.status === 'succeeded') return { status: 'succeeded', balanceCents: mine.balanceCents }
      const payment = await payments.retrieve(paymentIntentId)
      if (!mine.topUp) throw notYours(payment, userId)
      const { status, balanceCents } = expected(await settle(payment, userId))
      return { status, balanceCents }
    },

    async takeNotice(body, signature) {
      const { paymentIntentId } = payments.readNotice(body, signature)
      if (paymentIntentId !== undefined) await wallet.settlePayment(paymentIntentId)
    },

    async settlePayment(paymentIntentId) {
      try {
        await settle(await payments.retrieve(paymentIntentId))
      } catch (error) {
        if (!isRefusal(error, 'not_found')) throw error
        log.warn({ paymentIntentId }, 'we were told of a payment that Stripe does not know')
      }
    },

    async sweep() {
      const { now, open } = await store.read((view) => ({ now: view.now, open: unfinished(clientsIn(view)) }))
      for (const { userId, topUp } of open) {
        try {
          await bringUpToDate(userId, topUp, now)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          log.warn(
            { userId, topUpId: topUp.id, code: error.code },
            'a top-up could not be brought up to date',
          )
        }
      }
    },

    checkBalance: (userId) =>
      store.read((view) => ({
        userId,
        balanceCents: clientIn(view, userId).balanceCents,
        currency: 'usd' as const,
      })),
  }
  return wallet

  /** The attempt on disk, so that a crash at any later step leaves something to ask Stripe about. */
  function begin(userId: string, amountCents: number, attemptKey: string): Promise<TopUp> {
    return store.commit((tx) => {
      const client = clientIn(tx, userId)
      const earlier = client.topUps.find((topUp) => topUp.attemptKey === attemptKey)
      if (earlier) return sameAmount(earlier, amountCents)
      const topUp = newTopUp(newId(), attemptKey, amountCents, tx.now)
      tx.putUser({ ...client, topUps: [...client.topUps, topUp] })
      return topUp
    })
  }

  function paymentFor(userId: string, topUp: TopUp): Promise<Payment> {
    if (topUp.paymentIntentId !== undefined) return payments.retrieve(topUp.paymentIntentId)
    const underway = opening.get(topUp.id)
    if (underway) return underway
    const made = open(userId, topUp).finally(() => opening.delete(topUp.id))
    opening.set(topUp.id, made)
    return made
  }

  async function open(userId: string, { id: topUpId, amountCents }: TopUp): Promise<Payment> {
    const payment = await payments.create({ topUpId, userId, amountCents })
    await store.commit((tx) => changeTopUp(tx, userId, topUpId, { paymentIntentId: payment.id }))
    return payment
  }

  async function bringUpToDate(userId: string, topUp: TopUp, now: number): Promise<void> {
    const age = now - topUp.createdAt
    // No page ever learned its secret, so it cannot be paid.
    if (topUp.paymentIntentId === undefined && age > CREATE_AGAIN_MS) return giveUp(userId, topUp)
    const outcome = await settle(await paymentFor(userId, topUp), userId)
    if (outcome.kind === 'known' && outcome.status === 'pending' && age > ABANDONED_MS) {
      await giveUp(userId, topUp)
    }
  }

  function giveUp(userId: string, topUp: TopUp): Promise<void> {
    return store.commit((tx) => changeTopUp(tx, userId, topUp.id, { status: 'failed' }))
  }
}

function newTopUp(id: string, attemptKey: string, amountCents: number, createdAt: number): TopUp {
  return { id, attemptKey, amountCents: cents(amountCents), status: 'pending', createdAt }
}

function sameAmount(earlier: TopUp, amountCents: number): TopUp {
  if (earlier.amountCents === amountCents) return earlier
  throw new Refusal(
    'idempotency_mismatch',
    'This payment was begun with another amount. Start again with the new one.',
  )
}

function unfinished(clients: Iterable<Client>): { userId: string; topUp: TopUp }[] {
  return [...clients].flatMap(({ id: userId, topUps }) =>
    topUps.filter(({ status }) => status === 'pending').map((topUp) => ({ userId, topUp })),
  )
}

function expected(outcome: Outcome): { status: TopUpStatus; balanceCents: number } {
  if (outcome.kind === 'known') return outcome
  throw new Refusal(
    'payment_mismatch',
    'This payment is not the one we expected, so it was not added. Write to us and we will sort it out.',
  )
}

function notYours(payment: Payment, userId: string): Refusal {
  const anothers = payment.userId !== undefined && payment.userId !== userId
  return anothers
    ? new Refusal('forbidden', 'This payment is not yours.')
    : new Refusal('not_found', 'There is no such payment.')
}

function isRefusal(error: unknown, code: Refusal['code']): boolean {
  return error instanceof Refusal && error.code === code
}
