/** Applies what Stripe reports as reversed of a payment, refunds and disputes, to the balance. */
import { creditTo, takeBackFrom } from '../../domain/ledger.ts'
import { reversalTarget, withReversals } from '../../domain/top-up.ts'
import { isErased } from '../../domain/user.ts'
import { cents, NO_CENTS } from '../../shared/money.ts'
import type { TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import type { Payments } from '../ports.ts'
import type { CreditParts } from './apply-payment.ts'
import type { ApplyPayment } from './payment-outcome.ts'
import { changeTopUp, clientIn, ownerOf, topUpIn, topUpOf } from './top-up-records.ts'

export interface Reversals {
  /**
   * Asks Stripe what of a payment has been reversed, and moves the balance until exactly that is
   * out of it: down, or up again where a refund failed or a dispute was won. Refuses
   * `payment_unavailable`, `not_found`.
   */
  applyReversals(paymentIntentId: string): Promise<void>
  /**
   * Runs after everything else about this payment: a later response of Stripe's must not overtake
   * an earlier one.
   */
  inTurn<T>(paymentIntentId: string, work: () => Promise<T>): Promise<T>
  /** Moves the balance to what the top-up's record calls for, inside a commit. */
  drive(tx: TellingTx, clientId: string, topUpId: string): void
}

export function createReversals(
  parts: CreditParts & { payments: Payments; applyPayment: ApplyPayment },
): Reversals {
  const { act, log, payments, meter } = parts
  const turns = new Map<string, Promise<unknown>>()

  const inTurn = <T>(paymentIntentId: string, work: () => Promise<T>): Promise<T> => {
    const before = turns.get(paymentIntentId) ?? Promise.resolve()
    const mine = before.then(work, work)
    const quiet = mine.catch(() => undefined)
    turns.set(paymentIntentId, quiet)
    void quiet.then(() => turns.get(paymentIntentId) === quiet && turns.delete(paymentIntentId))
    return mine
  }

  const move = (tx: TellingTx, clientId: string, topUpId: string, amount: number): void => {
    meter.beforeMove(tx, clientId, amount > 0 ? 'out' : 'in')
    const client = clientIn(tx, clientId)
    const { reversals = 0, reversedCents = NO_CENTS, paymentIntentId } = topUpIn(client, topUpId)
    const key = `reversal:${paymentIntentId}:${reversals + 1}`
    tx.post(
      amount > 0
        ? takeBackFrom(key, cents(amount), client)
        : creditTo(key, 'stripe', cents(0 - amount), client),
    )
    changeTopUp(tx, clientId, topUpId, {
      reversedCents: cents(reversedCents + amount),
      reversals: reversals + 1,
    })
    tx.tell({ type: 'balance', userId: clientId, balanceCents: clientIn(tx, clientId).balanceCents })
  }

  const drive: Reversals['drive'] = (tx, clientId, topUpId) => {
    const topUp = topUpIn(clientIn(tx, clientId), topUpId)
    const amount = reversalTarget(topUp) - (topUp.reversedCents ?? 0)
    if (amount !== 0) move(tx, clientId, topUpId, amount)
  }

  const applyReversals = async (paymentIntentId: string): Promise<void> => {
    const payment = await payments.retrieve(paymentIntentId)
    await parts.applyPayment(payment)
    if (payment.isForeignMode || payment.status !== 'succeeded') return
    const reported = await payments.reversalsOf(paymentIntentId)
    const isReversed = reported.refunds.length > 0 || reported.withdrawnCents > 0
    if (isReversed && payment.userId !== undefined) await meter.gather(payment.userId)
    const moved = await act((tx) => {
      const owner = ownerOf(tx, paymentIntentId, undefined)
      const topUp = owner && topUpOf(owner, payment)
      if (!owner || topUp?.status !== 'succeeded') return undefined
      changeTopUp(tx, owner.id, topUp.id, withReversals(topUp, reported))
      drive(tx, owner.id, topUp.id)
      const { reversedCents = 0, openDisputes = 0 } = topUpIn(clientIn(tx, owner.id), topUp.id)
      const down = reversedCents - (topUp.reversedCents ?? 0)
      const newDispute = openDisputes > (topUp.openDisputes ?? 0)
      if (newDispute) {
        const event = `${topUp.id}-${tx.now}`
        queueMail(tx, { userId: owner.id, template: 'account_frozen', event, values: { because: 'dispute' } })
      }
      return { owner, down, newDispute }
    }, 'payment')
    if (!moved) return
    const { owner, down, newDispute } = moved
    const userId = owner.id
    if (down !== 0 && isErased(owner))
      log.error(
        { userId, paymentIntentId, reversedCents: down },
        'a payment of a deleted account was reversed',
      )
    if (newDispute) log.error({ userId, paymentIntentId }, 'a payment is disputed: the account is frozen')
    if (down !== 0) log.warn({ userId, paymentIntentId, reversedCents: down }, 'a top-up was reversed')
    if (down < 0) meter.afterMove(userId)
  }

  return {
    inTurn,
    drive,
    applyReversals: (paymentIntentId) => inTurn(paymentIntentId, () => applyReversals(paymentIntentId)),
  }
}
