/**
 * Starts attempts to put money in, each on disk before Stripe is asked, and refuses those that look
 * like card testing.
 */
import { type CardLimits, type Pause, pauseAtAddress, pauseFor } from '../../domain/card-testing.ts'
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import type { TopUp, TopUpKind } from '../../domain/top-up.ts'
import { SAVE_CARD_CONSENT } from '../../shared/consent.ts'
import { formatCents } from '../../shared/money.ts'
import type { AddFundsBody } from '../../shared/protocol/http.ts'
import { ageOf } from '../../shared/time.ts'
import type { NewId, Payments, Store, Tx } from '../ports.ts'
import { createPaymentFor, type PaymentFor } from './create-payment.ts'
import type { Customers } from './customers.ts'
import type { NotePayingCards } from './paying-cards.ts'
import { mustHaveAgreedToPay, openClientIn } from './top-up-records.ts'
import type { VelocityIndex } from './velocity.ts'

/**
 * A payment that starts this soon after one of the same amount, still under way elsewhere, may be a
 * mistake.
 */
const TWIN_WITHIN_MS = 2 * 60_000

/** One attempt to add money: what the client asked for, the name of the attempt, and the network address it came from. */
export type FundsWish = Readonly<AddFundsBody> & {
  readonly attemptKey: string
  readonly from?: string | undefined
}

/**
 * Turns a page's wish into a payment at Stripe: one attempt, one payment, however often it is
 * repeated.
 */
export interface Attempts {
  /**
   * The attempt's record, made or found: it is on disk before Stripe is asked, so that a crash at any later step leaves
   * something to ask Stripe about. Refuses `idempotency_mismatch` when it was started as another, `terms_changed`, `rate_limited` when
   * cards seem to be tried out, `payment_unavailable` where Stripe does not say which cards have paid, and `twin_payment` where
   * `again` is false.
   */
  begin(wish: FundsWish): Promise<TopUp>
  /** The same inside a commit of one's own, without any of the refusals of a new attempt. */
  beginIn(tx: Tx, wish: FundsWish, kind: TopUpKind): TopUp
  readonly paymentFor: PaymentFor
}

export function createAttempts(parts: {
  store: Store
  payments: Payments
  customers: Customers
  newId: NewId
  velocity: VelocityIndex
  noteCards: NotePayingCards
  /** Undefined where there are no limits. */
  cardLimits: CardLimits | undefined
}): Attempts {
  const { store, newId, velocity, noteCards, cardLimits } = parts
  const mustBeAllowed = (tx: Tx, client: Client, wish: FundsWish): void => {
    mustHaveAgreedToPay(tx, client)
    if (wish.again === false) mustHaveNoTwin(client, wish.amountCents, tx.now)
    if (!cardLimits) return
    const { from, amountCents, cardId } = wish
    const pause = pauseFor(client, { amountCents, savedCard: cardId !== undefined }, tx.now, cardLimits)
    if (pause) throw paused(pause)
    if (from === undefined) return
    const tries = velocity.of(from, () => tx.clients(), tx.now)
    const pauseHere = pauseAtAddress(tries, tx.now, cardLimits)
    if (pauseHere) throw paused(pauseHere)
  }

  const beginIn = (tx: Tx, wish: FundsWish, kind: TopUpKind): TopUp => {
    const client = openClientIn(tx, wish.userId)
    const topUp = newTopUp(newId(), wish, kind, tx.now)
    tx.putUser({ ...client, topUps: [...client.topUps, topUp] })
    if (wish.from !== undefined) velocity.noteAttempt(wish.from, tx.now)
    return topUp
  }

  return {
    beginIn,
    paymentFor: createPaymentFor(parts),

    async begin(wish) {
      // The limit on different cards is for new ones: a saved card has been charged before.
      if (cardLimits && wish.cardId === undefined && !(await noteCards(wish.userId))) throw unavailable()
      return store.commit((tx) => {
        const client = openClientIn(tx, wish.userId)
        const earlier = client.topUps.find((topUp) => topUp.attemptKey === wish.attemptKey)
        if (earlier) return sameAttempt(earlier, wish)
        mustBeAllowed(tx, client, wish)
        return beginIn(tx, wish, wish.cardId === undefined ? 'form' : 'saved')
      })
    },
  }
}

function newTopUp(id: string, wish: FundsWish, kind: TopUpKind, createdAt: number): TopUp {
  const { attemptKey, amountCents, cardId, saveCard, from } = wish
  return {
    id,
    attemptKey,
    amountCents,
    status: 'pending',
    createdAt,
    ...(kind === 'form' ? {} : { kind }),
    ...(cardId === undefined ? {} : { cardId }),
    ...(saveCard ? { saveConsent: SAVE_CARD_CONSENT } : {}),
    ...(from === undefined ? {} : { from }),
  }
}

function sameAttempt(earlier: TopUp, wish: FundsWish): TopUp {
  const same =
    earlier.amountCents === wish.amountCents &&
    earlier.cardId === wish.cardId &&
    (earlier.saveConsent !== undefined) === (wish.saveCard === true)
  if (same) return earlier
  throw new Refusal(
    'idempotency_mismatch',
    'This payment was started with a different amount. Start again with the new one.',
  )
}

function mustHaveNoTwin({ topUps }: Client, amountCents: number, at: number): void {
  const twin = topUps.find(
    (topUp) =>
      topUp.amountCents === amountCents &&
      ageOf(topUp.createdAt, at) < TWIN_WITHIN_MS &&
      topUp.status === 'pending' &&
      !topUp.declines,
  )
  if (!twin) return
  const amount = formatCents(amountCents)
  throw new Refusal(
    'twin_payment',
    `A payment of ${amount} is under way in another window. Press the button again to pay another ${amount}.`,
  )
}

function paused({ words, waitMs }: Pause): Refusal {
  return new Refusal('rate_limited', words, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) })
}

function unavailable(): Refusal {
  return new Refusal(
    'payment_unavailable',
    'We cannot reach the payment service right now. Nothing was taken. Try again in a minute.',
  )
}
