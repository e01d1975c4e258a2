/** Opens a payment for a client, or charges a saved card. */
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import type { OpenedTopUpView, TopUpStatus } from '../../shared/protocol/views.ts'
import type { Payment, Store } from '../ports.ts'
import type { Attempts, FundsWish } from './attempts.ts'
import type { Declines } from './declines.ts'
import type { ApplyPayment, Outcome } from './payment-outcome.ts'
import type { Unfinished } from './polling.ts'
import { clientIn, topUpIn } from './top-up-records.ts'

type ChargeOrOpen = (wish: FundsWish) => Promise<OpenedTopUpView>

export function createChargeOrOpen(parts: {
  store: Store
  attempts: Attempts
  declines: Pick<Declines, 'makeRoom'>
  applyPayment: ApplyPayment
  /** Keeps asking Stripe about a top-up until it is final. */
  watch: (open: Unfinished) => void
}): ChargeOrOpen {
  const { store, attempts, declines, applyPayment, watch } = parts

  const chargeOrOpen = async (wish: FundsWish): Promise<OpenedTopUpView> => {
    const { userId, cardId, attemptKey, amountCents } = wish
    const isRetry = await store.read((view) => hasAttempt(clientIn(view, userId), attemptKey))
    if (!isRetry) await declines.makeRoom(userId, amountCents, cardId === undefined ? 'form' : 'saved card')
    const topUp = await attempts.begin(wish)
    watch({ userId, topUp })
    const payment = await attempts.paymentFor(userId, topUp)
    const { status, balanceCents } = expected(await applyPayment(payment, userId))
    return {
      paymentIntentId: payment.id,
      clientSecret: payment.clientSecret,
      status,
      balanceCents,
      ...(cardId === undefined ? {} : await next(userId, topUp.id, payment)),
    }
  }

  /**
   * Returns what a saved card still needs before it is charged: 3-D Secure, or another card after a
   * decline.
   */
  const next = async (
    userId: string,
    topUpId: string,
    payment: Payment,
  ): Promise<Pick<OpenedTopUpView, 'needsPerson' | 'declined'>> => {
    if (payment.status !== 'pending') return {}
    if (payment.needsPerson) return { needsPerson: true }
    const { declines } = await store.read((view) => topUpIn(clientIn(view, userId), topUpId))
    const declined = declines?.at(-1)?.code
    return declined === undefined ? {} : { declined }
  }

  return chargeOrOpen
}

function hasAttempt({ topUps }: Client, attemptKey: string): boolean {
  return topUps.some((topUp) => topUp.attemptKey === attemptKey)
}

/**
 * Returns what became of a payment that is ours. Throws the refusal `payment_mismatch` for any
 * other.
 */
export function expected(outcome: Outcome): { status: TopUpStatus; balanceCents: number } {
  if (outcome.kind === 'known') return { status: outcome.status, balanceCents: outcome.balanceCents }
  throw new Refusal(
    'payment_mismatch',
    'This payment is not the one we expected, so it was not added. Contact support.',
  )
}
