/**
 * Plays Stripe: payments succeed when the simulation says so, and their webhooks come in any number
 * and order.
 */
import { Refusal } from '../../domain/errors.ts'
import type { PaymentReversals } from '../../domain/top-up.ts'
import type { Payment, Payments } from '../../engine/ports.ts'
import { pendingPayment, unreachableStripe } from '../support/unreachable-stripe.ts'

/**
 * The fate of a refund request: it is made, made without a response, or fails with an error that is
 * repeated.
 */
export type Fate = 'made' | 'lost' | 'error'

/** A refund that the server has asked for, as the bank knows it. */
export interface Wish {
  readonly refundId: string
  /** The response that it was given last. */
  answer: 'made' | 'refused' | undefined
}

export interface Bank extends Payments {
  /** Pays, as the client: from now on the payment is reported as succeeded. */
  pay(paymentIntentId: string): void
  isPaid(paymentIntentId: string): boolean
  /**
   * Sends something back, or takes it back: a refund, one that fails, a dispute, one that is won or
   * lost.
   */
  change(paymentIntentId: string, change: (returns: PaymentReversals) => PaymentReversals): void
  /**
   * PaymentReversals how much of a payment others than the server have sent or taken back by now, and how
   * many disputes are open.
   */
  goneBack(paymentIntentId: string): { amountCents: number; elsewhereCents: number; openDisputes: number }
  /** Decides the fate of refund requests from now on. */
  decide(fate: Fate): void
  /**
   * Returns the refunds of a payment that the server has asked for, in the order in which each was
   * first asked for.
   */
  wishes(paymentIntentId: string): readonly Wish[]
  /** Returns the refund as the bank lists it; undefined when it has made none. */
  listed(paymentIntentId: string, refundId: string): 'made' | 'failed' | undefined
  /** Returns the names of refunds that it has made more than once. */
  madeTwice(): string[]
}

const NOTHING: PaymentReversals = { refunds: [], withdrawnCents: 0, openDisputes: 0 }
const ABOUT_RETURN = 'return '
const KEY_LAPSES_MS = 86_400_000

/** Creates a bank, which outlives every server: what was paid stays paid. */
export function createBank(now: () => number = () => 0): Bank {
  const payments = new Map<string, { payment: Payment; amountCents: number }>()
  const returned = new Map<string, PaymentReversals>()
  const wishes = new Map<string, Wish[]>()
  const keys = new Map<string, { at: number; answer: 'made' | 'refused' | 'error' }>()
  let fate: Fate = 'made'

  const find = (id: string) => {
    const found = payments.get(id)
    if (!found) throw new Refusal('not_found', 'There is no such payment.')
    return found
  }
  const reversalsOf = (id: string): PaymentReversals => returned.get(id) ?? NOTHING
  const refundedOf = (id: string): number =>
    reversalsOf(id).refunds.reduce((sum, { cents, failed }) => sum + (failed ? 0 : cents), 0)

  const noteWish = (paymentIntentId: string, refundId: string): Wish => {
    const known = wishes.get(paymentIntentId) ?? []
    const wish = known.find((each) => each.refundId === refundId) ?? { refundId, answer: undefined }
    if (!known.includes(wish)) wishes.set(paymentIntentId, [...known, wish])
    return wish
  }

  /**
   * Makes a refund unless there is less left of the payment, or unless the bank is out of order.
   */
  const make = (id: string, refundId: string, cents: number): 'made' | 'refused' | 'error' => {
    if (fate === 'error') return 'error'
    const left = find(id).amountCents - refundedOf(id) - reversalsOf(id).withdrawnCents
    if (cents > left) return 'refused'
    const { refunds, ...rest } = reversalsOf(id)
    returned.set(id, { ...rest, refunds: [...refunds, { cents, failed: false, refundId }] })
    return 'made'
  }

  const pay = (id: string): void => {
    const { payment, amountCents } = find(id)
    const paid: Payment = { ...payment, status: 'succeeded', amountReceivedCents: amountCents }
    payments.set(id, { payment: paid, amountCents })
  }

  return {
    ...unreachableStripe,
    makeCustomer: async (userId) => `cus_${userId}`,
    cardsOf: async (customerId) => [
      { id: `card_of_${customerId}`, brand: 'visa', last4: '4242', expiryMonth: 12, expiryYear: 2099 },
    ],
    async create({ topUpId, userId, amountCents, charge }) {
      const payment = pendingPayment(topUpId, userId)
      const { id } = payment
      if (!payments.has(id)) {
        payments.set(id, { payment, amountCents })
        // A saved card is charged at once.
        if (charge) pay(id)
      }
      return find(id).payment
    },
    retrieve: async (id) => find(id).payment,
    readWebhook(body) {
      const text = body.toString()
      if (!text.startsWith(ABOUT_RETURN)) return { type: 'payment_intent.succeeded', paymentIntentId: text }
      return { type: 'charge.updated', paymentIntentId: text.slice(ABOUT_RETURN.length), isReversal: true }
    },
    reversalsOf: async (id) => reversalsOf(id),
    async refund({ paymentIntentId: id, refundId, amountCents }) {
      const wish = noteWish(id, refundId)
      const kept = keys.get(refundId)
      const isKept = kept !== undefined && now() - kept.at < KEY_LAPSES_MS
      const answer = isKept ? kept.answer : make(id, refundId, amountCents)
      if (!isKept) keys.set(refundId, { at: now(), answer })
      if (answer === 'error' || (fate === 'lost' && !isKept)) {
        throw new Refusal('payment_unavailable', 'The bank does not answer.')
      }
      wish.answer = answer
      if (answer === 'refused') throw new Refusal('payment_mismatch', 'There is less left.')
    },
    pay,
    isPaid: (id) => find(id).payment.status === 'succeeded',
    change: (id, change) => void returned.set(id, change(reversalsOf(id))),
    goneBack(id) {
      const { refunds, withdrawnCents, openDisputes } = reversalsOf(id)
      const others = refunds.filter(({ refundId, failed }) => !failed && refundId === undefined)
      const refunded = others.reduce((sum, { cents }) => sum + cents, 0)
      return { amountCents: find(id).amountCents, elsewhereCents: refunded + withdrawnCents, openDisputes }
    },
    decide(next) {
      fate = next
    },
    wishes: (id) => wishes.get(id) ?? [],
    listed(id, refundId) {
      const found = reversalsOf(id).refunds.find((each) => each.refundId === refundId)
      return found && (found.failed ? 'failed' : 'made')
    },
    madeTwice() {
      const names = [...returned.values()].flatMap(({ refunds }) =>
        refunds.flatMap(({ refundId = [] }) => refundId),
      )
      return names.filter((name, place) => names.indexOf(name) !== place)
    },
  }
}
