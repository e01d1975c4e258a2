/** Wires together all the ways in which a client's money comes in and goes back. */
import type { CardLimits } from '../../domain/card-testing.ts'
import { Refusal } from '../../domain/errors.ts'
import type { OpenedTopUpView, PaymentReceiptView, TopUpStatus } from '../../shared/protocol/views.ts'
import type { Clock, LastLook, Log, NewId, Payments, Store } from '../ports.ts'
import { createChargeOrOpen, expected } from './add-funds.ts'
import { type CreditParts, createApplyPayment } from './apply-payment.ts'
import { type AssignUnmatched, createAssignUnmatched } from './assign-unmatched.ts'
import { createAttempts, type FundsWish } from './attempts.ts'
import { type AutoTopUps, createAutoTopUps } from './auto-top-ups.ts'
import { createCancellation } from './cancel-open-payments.ts'
import { type Cards, createCards } from './cards.ts'
import { createCustomers } from './customers.ts'
import { createDeclines } from './declines.ts'
import { createPaymentHistory, type PaymentHistory, receiptOf } from './history.ts'
import { createNotePayingCards, type NotePayingCards } from './paying-cards.ts'
import { createPolling } from './polling.ts'
import { createPollingSchedule } from './polling-schedule.ts'
import { createReconcile } from './reconcile.ts'
import { createRefunds, type Refunds } from './refunds.ts'
import { createReversals } from './reversals.ts'
import { clientIn } from './top-up-records.ts'
import { createVelocityIndex } from './velocity.ts'

export interface WalletParts extends CreditParts {
  store: Store
  clock: Clock
  payments: Payments
  newId: NewId
  lastLook: LastLook
  /** Undefined where there are no limits. */
  cardLimits: CardLimits | undefined
}

export interface Wallet {
  /**
   * Opens a payment, or charges a saved card. The same `attemptKey` returns the same payment; with
   * another amount or card it is refused as `idempotency_mismatch`. Also refuses
   * `payment_unavailable`, `storage_full`, `rate_limited`, `not_found` for a card that is not the
   * client's, and `twin_payment` where `again` is false.
   */
  addFunds(
    wish: Omit<FundsWish, 'attemptKey'> & { readonly attemptKey?: string | undefined },
  ): Promise<OpenedTopUpView>
  /**
   * Asks Stripe about a payment on record and credits it once if it succeeded. Refuses `forbidden`
   * for another person's payment, `not_found`, `payment_mismatch` and `payment_unavailable`.
   */
  confirm(claim: {
    userId: string
    paymentIntentId: string
  }): Promise<{ status: TopUpStatus; balanceCents: number }>
  /**
   * Handles one webhook of Stripe's, given its raw bytes. Refuses `bad_signature`,
   * `payment_unavailable`.
   */
  handleWebhook(body: Buffer, signature: string): Promise<void>
  /** Asks Stripe about a payment and brings our record up to it. Refuses `payment_unavailable`. */
  settlePayment(paymentIntentId: string): Promise<void>
  /**
   * Asks Stripe about every payment that is not yet final, which completes whatever a crash or a
   * lost message left open.
   */
  poll(): Promise<void>
  /** Polls, and goes on doing so on a schedule until {@link stop}. */
  startPolling(): Promise<void>
  stop(): void
  /** Cancels the client's open payments. Refuses `payment_unavailable`. */
  cancelOpen(clientId: string): Promise<void>
  /** Deletes the customers of deleted accounts at Stripe, and retries until it responds. */
  deleteLeftCustomers(): Promise<void>
  /** Returns a client's balance. Refuses `not_found` for other users. */
  checkBalance(userId: string): Promise<{ userId: string; balanceCents: number; currency: 'usd' }>
  readonly payments: PaymentHistory
  readonly noteCards: NotePayingCards
  /** Returns what the receipt of one of the client's top-ups shows. Refuses `not_found`. */
  receipt(clientId: string, topUpId: string): Promise<PaymentReceiptView>
  readonly cards: Cards
  readonly automatic: AutoTopUps
  readonly refunds: Refunds
  readonly assignUnmatched: AssignUnmatched
}

/**
 * Creates the wallet: money coming in and going back. Every way to learn of a payment ends in the
 * same two functions.
 */
export function createWallet(parts: WalletParts): Wallet {
  const { act, store, clock, payments, newId, log, lastLook, cardLimits, meter } = parts
  const velocity = createVelocityIndex()
  const noteCards = createNotePayingCards({ store, payments, log })
  const cancellation = createCancellation({ store, log, payments, cardLimits, noteCards })
  const { afterPayment } = cancellation
  const applyPayment = createApplyPayment({ act, log, payments, meter, afterPayment })
  const declines = createDeclines({ act, log, velocity, cancellation, applyPayment })
  const customers = createCustomers({ store, log, payments })
  const attempts = createAttempts({ store, payments, customers, newId, velocity, noteCards, cardLimits })
  const cards = createCards({ store, payments, customers })
  const reversals = createReversals({ act, log, payments, meter, applyPayment })
  const refunds = createRefunds({ act, log, payments, meter, store, newId, reversals })
  const polling = createPolling({ store, log, payments, attempts, applyPayment })
  const reconcile = createReconcile({
    store,
    log,
    payments,
    lastLook,
    applyPayment,
    reversals,
    refunds,
    customers,
  })
  const schedule = createPollingSchedule({ clock, log, polling, reconcile })
  const { watch } = schedule
  const chargeOrOpen = createChargeOrOpen({ store, attempts, declines, applyPayment, watch })

  const settlePayment = (paymentIntentId: string): Promise<void> =>
    whereKnown(log, paymentIntentId, async () => applyPayment(await payments.retrieve(paymentIntentId)))

  const giveBack: Refunds['giveBack'] = async (...wish) => {
    const given = await refunds.giveBack(...wish)
    if (given.some(({ status }) => status === 'asked')) schedule.lookSoon() // no response yet
    return given
  }

  return {
    settlePayment,
    cards,
    noteCards,
    refunds: { ...refunds, giveBack },
    assignUnmatched: createAssignUnmatched({ act, payments, newId, meter, reversals }),
    payments: createPaymentHistory({ store, payments, noteCards, cardLimits }),
    receipt: (clientId, topUpId) => receiptOf(store, clientId, topUpId),
    automatic: createAutoTopUps({
      act,
      store,
      log,
      newId,
      attempts,
      cards,
      cardLimits,
      applyPayment,
      watch,
    }),
    startPolling: schedule.start,
    stop: schedule.stop,
    cancelOpen: declines.cancelAll,

    async deleteLeftCustomers() {
      if (!(await customers.deleteLeft())) schedule.lookSoon()
    },

    async poll() {
      for (const open of await polling.unfinished()) await polling.one(open)
      await refunds.resume()
    },

    async addFunds({ attemptKey = newId(), ...wish }) {
      if (wish.cardId !== undefined) await cards.mustOwn(wish.userId, wish.cardId)
      return chargeOrOpen({ ...wish, attemptKey })
    },

    async confirm({ userId, paymentIntentId }) {
      const { topUp, balanceCents } = await ownTopUp(store, userId, paymentIntentId)
      if (topUp.status === 'succeeded') return { status: 'succeeded', balanceCents }
      return expected(await applyPayment(await payments.retrieve(paymentIntentId), userId))
    },

    async handleWebhook(body, signature) {
      const event = payments.readWebhook(body, signature)
      const { paymentIntentId, isReversal } = event
      if (paymentIntentId === undefined) return
      await whereKnown(log, paymentIntentId, () => declines.take(event))
      if (isReversal) await whereKnown(log, paymentIntentId, () => reversals.applyReversals(paymentIntentId))
      else await settlePayment(paymentIntentId)
    },

    checkBalance: (userId) =>
      store.read((view) => {
        const { balanceCents } = clientIn(view, userId)
        return { userId, balanceCents, currency: 'usd' as const }
      }),
  }
}

/**
 * Returns the client's top-up with that payment. Stripe is asked only about what we have on record,
 * since all clients share its quota: throws `forbidden` or `not_found` for any other payment.
 */
async function ownTopUp(store: Store, userId: string, paymentIntentId: string) {
  return store.read((view) => {
    const { topUps, balanceCents } = clientIn(view, userId)
    const topUp = topUps.find((each) => each.paymentIntentId === paymentIntentId)
    if (!topUp) throw notYours(view.topUpByPayment(paymentIntentId))
    return { topUp, balanceCents }
  })
}

/** Runs `work`, and logs a payment that Stripe does not know instead of failing. */
async function whereKnown(log: Log, paymentIntentId: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error
    log.warn({ paymentIntentId }, 'a webhook names a payment that Stripe does not know')
  }
}

function notYours(owner: object | undefined): Refusal {
  return owner
    ? new Refusal('forbidden', 'This payment is not yours.')
    : new Refusal('not_found', 'There is no such payment.')
}
