/** Assigns an unmatched payment to a client, as the operator decides. */
import { Refusal } from '../../domain/errors.ts'
import { creditTo } from '../../domain/ledger.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { type Cents, cents } from '../../shared/money.ts'
import type { Act } from '../commit.ts'
import type { NewId, Payment, Payments, Tx } from '../ports.ts'
import { CURRENCY } from './apply-payment.ts'
import type { MeterPort } from './meter-port.ts'
import { queueTopUpReceipt } from './receipts.ts'
import type { Reversals } from './reversals.ts'
import { changeTopUp, clientIn } from './top-up-records.ts'

/**
 * Credits a client with an unmatched payment: what Stripe says has come in, once. `record` notes
 * who decided it, in the same commit. From then on it is a top-up like any other, and can be
 * refunded or disputed. Throws `not_found`, `wrong_state` when it is already a client's,
 * `payment_mismatch` when there is no such money in our currency, and `payment_unavailable`.
 */
export type AssignUnmatched = (
  paymentIntentId: string,
  clientId: string,
  record: (tx: Tx) => void,
) => Promise<void>

export function createAssignUnmatched(parts: {
  act: Act
  payments: Payments
  newId: NewId
  meter: MeterPort
  reversals: Reversals
}): AssignUnmatched {
  const { act, payments, newId, meter, reversals } = parts
  return async (paymentIntentId, clientId, record) => {
    const amount = mustHaveCome(await payments.retrieve(paymentIntentId))
    await act((tx) => {
      const open = mustBeFree(tx, paymentIntentId, clientId)
      meter.beforeMove(tx, clientId, 'in')
      const id = open?.id ?? newId()
      if (open) changeTopUp(tx, clientId, id, creditedNow(tx, amount))
      else addTopUp(tx, clientId, { id, paymentIntentId, amount })
      tx.post(creditTo(`topup:${paymentIntentId}`, 'stripe', amount, clientIn(tx, clientId)))
      queueTopUpReceipt(tx, clientId, id)
      record(tx)
      tx.tell({ type: 'balance', userId: clientId, balanceCents: clientIn(tx, clientId).balanceCents })
    }, 'operator')
    meter.afterMove(clientId)
    await reversals.applyReversals(paymentIntentId)
  }
}

function mustHaveCome({ id, status, currency, amountReceivedCents, isForeignMode }: Payment): Cents {
  const isOurs = status === 'succeeded' && currency === CURRENCY && amountReceivedCents > 0 && !isForeignMode
  if (isOurs) return cents(amountReceivedCents)
  throw new Refusal(
    'payment_mismatch',
    `${id} is ${status} with ${amountReceivedCents} ${currency}${isForeignMode ? ' of the other mode' : ''}: give it back at Stripe instead.`,
  )
}

/**
 * Returns the client's own record of it, where there is one that was never credited. Throws
 * `wrong_state` when the payment is already a client's.
 */
function mustBeFree(tx: Tx, paymentIntentId: string, clientId: string): TopUp | undefined {
  const { client: owner, topUp } = tx.topUpByPayment(paymentIntentId) ?? {}
  if (topUp?.status === 'succeeded' || (owner && owner.id !== clientId)) {
    throw new Refusal('wrong_state', `${paymentIntentId} is in the records of ${owner?.email} already.`)
  }
  return topUp
}

const creditedNow = (tx: Tx, amountCents: Cents) =>
  ({ status: 'succeeded', amountCents, creditedAt: tx.now }) as const

function addTopUp(
  tx: Tx,
  clientId: string,
  { id, paymentIntentId, amount }: { id: string; paymentIntentId: string; amount: Cents },
): void {
  const client = clientIn(tx, clientId)
  const topUp: TopUp = {
    id,
    attemptKey: `adopted:${paymentIntentId}`,
    paymentIntentId,
    createdAt: tx.now,
    ...creditedNow(tx, amount),
  }
  tx.putUser({ ...client, topUps: [...client.topUps, topUp] })
}
