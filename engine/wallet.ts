import { Refusal } from '../domain/errors.ts'
import type { TopUpStatus, TopUpView } from '../shared/protocol.ts'
import { createAttempts } from './attempts.ts'
import type { NewId, Payments, Store } from './ports.ts'
import { createSweep } from './sweep.ts'
import { type CreditParts, clientIn, createSettle, type Outcome, ownerOf } from './top-ups.ts'

export interface WalletParts extends CreditParts {
  store: Store
  payments: Payments
  newId: NewId
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
  /** Refuses `not_found` for anybody but a client. */
  checkBalance(userId: string): Promise<{ userId: string; balanceCents: number; currency: 'usd' }>
}

/** A client's money coming in: every way a payment can be heard of ends in the one function that credits. */
export function createWallet(parts: WalletParts): Wallet {
  const { store, payments, newId, clientsIn, log } = parts
  const settle = createSettle(parts)
  const attempts = createAttempts(parts)

  const settlePayment = async (paymentIntentId: string): Promise<void> => {
    try {
      await settle(await payments.retrieve(paymentIntentId))
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'not_found') throw error
      log.warn({ paymentIntentId }, 'we were told of a payment that Stripe does not know')
    }
  }

  return {
    settlePayment,
    sweep: createSweep({ ...parts, attempts, settle }),

    async addFunds({ userId, amountCents, attemptKey = newId() }) {
      const topUp = await attempts.begin(userId, amountCents, attemptKey)
      const payment = await attempts.paymentFor(userId, topUp)
      const { status, balanceCents } = expected(await settle(payment, userId))
      return { paymentIntentId: payment.id, clientSecret: payment.clientSecret, status, balanceCents }
    },

    async confirm({ userId, paymentIntentId }) {
      const { mine, balanceCents } = await store.read((view) => {
        const client = clientIn(view, userId)
        const topUp = client.topUps.find((each) => each.paymentIntentId === paymentIntentId)
        return { mine: topUp, balanceCents: client.balanceCents }
      })
      if (mine?.status === 'succeeded') return { status: 'succeeded', balanceCents }
      const payment = await payments.retrieve(paymentIntentId)
      if (!mine)
        throw notYours(await store.read((view) => ownerOf(view, payment.id, payment.userId, clientsIn)))
      return expected(await settle(payment, userId))
    },

    async takeNotice(body, signature) {
      const { paymentIntentId } = payments.readNotice(body, signature)
      if (paymentIntentId !== undefined) await settlePayment(paymentIntentId)
    },

    checkBalance: (userId) =>
      store.read((view) => {
        const { balanceCents } = clientIn(view, userId)
        return { userId, balanceCents, currency: 'usd' as const }
      }),
  }
}

function expected(outcome: Outcome): { status: TopUpStatus; balanceCents: number } {
  if (outcome.kind === 'known') return { status: outcome.status, balanceCents: outcome.balanceCents }
  throw new Refusal(
    'payment_mismatch',
    'This payment is not the one we expected, so it was not added. Write to us and we will sort it out.',
  )
}

function notYours(owner: object | undefined): Refusal {
  return owner
    ? new Refusal('forbidden', 'This payment is not yours.')
    : new Refusal('not_found', 'There is no such payment.')
}
