/** Turns payments into balance: brings our record of each up to Stripe's, and credits it once. */
import type { Client } from '../../domain/client.ts'
import { creditTo } from '../../domain/ledger.ts'
import type { PaymentReversals, TopUp } from '../../domain/top-up.ts'
import type { UnmatchedPayment } from '../../domain/unmatched-payment.ts'
import { isErased } from '../../domain/user.ts'
import { cents } from '../../shared/money.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Log, Payment, Payments, Tx } from '../ports.ts'
import { noteDecline } from './declines.ts'
import type { MeterPort } from './meter-port.ts'
import type { ApplyPayment, Outcome } from './payment-outcome.ts'
import { queueTopUpReceipt } from './receipts.ts'
import { changeTopUp, clientIn, ownerOf, topUpIn, topUpOf } from './top-up-records.ts'
import { noteUnmatched } from './unmatched.ts'

export const CURRENCY = 'usd'

export interface CreditParts {
  act: Act
  log: Log
  payments: Pick<Payments, 'reversalsOf'>
  meter: MeterPort
}

interface ApplyPaymentParts extends CreditParts {
  /** Waited for once a payment is credited; it is handed this function, for payments that it closes. */
  afterPayment: (clientId: string, applyPayment: ApplyPayment) => Promise<void>
}

interface Decision {
  readonly outcome: Outcome
  readonly credited?: Client
  /** [T9] It is ours by its metadata at Stripe, and our records lost it. */
  readonly isForgotten?: true
  /** Money to report to the operator. */
  readonly unmatched?: UnmatchedPayment
}

/** Creates the one function that turns payments into balance. */
export function createApplyPayment(parts: ApplyPaymentParts): ApplyPayment {
  const { act, log, payments, meter, afterPayment } = parts

  const look = (
    payment: Payment,
    ownerId: string | undefined,
    whereForgotten: 'ask' | 'remember' | 'leave',
  ): Promise<Decision> =>
    act((tx) => {
      const owner = ownerOf(tx, payment.id, ownerId)
      if (owner && isForgotten(tx, payment, owner)) {
        if (whereForgotten === 'ask') return { outcome: { kind: 'unknown' }, isForgotten: true }
        if (whereForgotten === 'remember') remember(tx, payment, owner)
      }
      const decision = owner ? decide(tx, payment, clientIn(tx, owner.id), meter) : nobodys(payment, tx.now)
      if (decision.unmatched) noteUnmatched(tx, decision.unmatched)
      return decision
    }, 'payment')

  const applyPayment: ApplyPayment = async (payment, ownerId = payment.userId) => {
    if (payment.isForeignMode) {
      log.warn({ paymentIntentId: payment.id }, 'a payment of the other mode, test or live, was ignored')
      return { kind: 'unknown' }
    }
    const first = await look(payment, ownerId, 'ask')
    const { outcome, credited, unmatched } = first.isForgotten
      ? await look(
          payment,
          ownerId,
          isUntouched(await payments.reversalsOf(payment.id)) ? 'remember' : 'leave',
        )
      : first
    if (unmatched)
      log.error(unmatched, 'money came in that does not match any top-up: no account was credited')
    if (credited) {
      log.info({ userId: credited.id, paymentIntentId: payment.id }, 'a top-up was credited')
      meter.afterMove(credited.id)
      await afterPayment(credited.id, applyPayment)
    }
    return outcome
  }

  return applyPayment
}

function decide(tx: TellingTx, payment: Payment, owner: Client, meter: MeterPort): Decision {
  const topUp = topUpOf(owner, payment)
  if (!topUp) return nobodys(payment, tx.now)
  if (topUp.status === 'succeeded') return known(owner, topUp)
  if (payment.status === 'pending') {
    if (payment.decline) noteDecline(tx, owner.id, topUp, payment, payment.decline)
    return knownAgain(tx, owner.id, topUp.id)
  }
  if (payment.status === 'failed') {
    changeTopUp(tx, owner.id, topUp.id, { status: 'failed' })
    return knownAgain(tx, owner.id, topUp.id)
  }
  const wrong = isErased(owner) ? 'deleted account' : mismatch(payment, topUp, owner)
  if (wrong)
    return { outcome: { kind: 'mismatch' }, unmatched: unmatchedOf(payment, wrong, tx.now, owner.id) }
  meter.beforeMove(tx, owner.id, 'in')
  credit(tx, payment, topUp, owner.id)
  const credited = clientIn(tx, owner.id)
  tx.tell({ type: 'balance', userId: credited.id, balanceCents: credited.balanceCents })
  return { ...knownAgain(tx, owner.id, topUp.id), credited }
}

/**
 * [T9] Returns true where we started the payment for this client and our records lost it, as
 * happens when a folder is restored from an older copy: its metadata names an existing client and a
 * top-up that does not exist.
 */
function isForgotten(tx: Tx, payment: Payment, owner: Client): boolean {
  const { id, status, userId, topUpId, currency, amountReceivedCents } = payment
  if (status !== 'succeeded' || currency !== CURRENCY || amountReceivedCents <= 0) return false
  if (userId !== owner.id || topUpId === undefined || isErased(owner)) return false
  if (topUpOf(owner, payment)) return false
  return tx.topUpById(topUpId) === undefined && tx.topUpByPayment(id) === undefined
}

function isUntouched({ refunds, withdrawnCents, openDisputes }: PaymentReversals): boolean {
  return refunds.every(({ failed }) => failed) && withdrawnCents === 0 && openDisputes === 0
}

/**
 * Restores the record as it was before the payment was made, so that it is credited like any other.
 */
function remember(tx: Tx, { id, topUpId = '', amountReceivedCents }: Payment, owner: Client): void {
  const topUp: TopUp = {
    id: topUpId,
    attemptKey: `found:${id}`,
    amountCents: cents(amountReceivedCents),
    status: 'pending',
    createdAt: tx.now,
  }
  tx.putUser({ ...owner, topUps: [...owner.topUps, topUp] })
}

function credit(tx: TellingTx, payment: Payment, topUp: TopUp, clientId: string): void {
  changeTopUp(tx, clientId, topUp.id, {
    status: 'succeeded',
    paymentIntentId: payment.id,
    creditedAt: tx.now,
    ...(topUp.needsPerson ? { needsPerson: false } : {}),
  })
  wakeAutomatic(tx, clientId)
  tx.post(creditTo(`topup:${payment.id}`, 'stripe', topUp.amountCents, clientIn(tx, clientId)))
  queueTopUpReceipt(tx, clientId, topUp.id)
}

/** Returns in which way a paid payment differs from our record; undefined when it does not. */
function mismatch(payment: Payment, topUp: TopUp, owner: Client): string | undefined {
  if (payment.currency !== CURRENCY) return 'currency'
  if (payment.amountReceivedCents !== topUp.amountCents) return 'amount'
  if (payment.userId !== undefined && payment.userId !== owner.id) return 'owner'
  if (payment.topUpId !== undefined && payment.topUpId !== topUp.id) return 'top-up'
  return undefined
}

function known(client: Client, { status, declines = [] }: TopUp): Decision {
  const { balanceCents } = client
  return {
    outcome: {
      kind: 'known',
      status,
      balanceCents,
      declined: status !== 'succeeded' && declines.length > 0,
    },
  }
}

function knownAgain(tx: Tx, clientId: string, topUpId: string): Decision {
  const client = clientIn(tx, clientId)
  return known(client, topUpIn(client, topUpId))
}

function nobodys(payment: Payment, at: number): Decision {
  const outcome = { kind: 'unknown' } as const
  if (payment.status !== 'succeeded') return { outcome }
  return { outcome, unmatched: unmatchedOf(payment, 'no top-up', at) }
}

function unmatchedOf(payment: Payment, why: string, at: number, ownerId = payment.userId): UnmatchedPayment {
  const { id: paymentIntentId, amountReceivedCents: amountCents, currency, topUpId } = payment
  return {
    paymentIntentId,
    amountCents,
    currency,
    why,
    at,
    ...(ownerId === undefined ? {} : { userId: ownerId }),
    ...(topUpId === undefined ? {} : { topUpId }),
  }
}

/** Resumes automatic top-ups: a client who has paid has a card that works. */
function wakeAutomatic(tx: Tx, clientId: string): void {
  const { autoTopUp, ...client } = clientIn(tx, clientId)
  if (autoTopUp?.restsSince === undefined) return
  const { restsSince: _, ...awake } = autoTopUp
  tx.putUser({ ...client, autoTopUp: awake })
}
