import { Refusal } from '../domain/errors.ts'
import { entry } from '../domain/ledger.ts'
import { type Client, isClient, type TopUp } from '../domain/user.ts'
import type { TopUpStatus } from '../shared/protocol.ts'
import type { Act } from './commit.ts'
import type { Announce } from './events.ts'
import type { Log, Payment, Tx, View } from './ports.ts'

const CURRENCY = 'usd'

export interface CreditParts {
  act: Act
  log: Log
  /** Every client there is. */
  clientsIn: (view: View) => Iterable<Client>
  /** Called inside the commit that credits, just before the money moves: a running meter settles up to this instant. */
  beforeCredit?: ((tx: Tx, tell: Announce, clientId: string) => void) | undefined
  /** Called once the credit is on disk: a running meter asks anew when the money ends. */
  afterCredit?: ((clientId: string) => void) | undefined
}

/** What came of looking at a payment: `unknown` is nobody's, `mismatch` was paid but is not what we asked for. */
export type Outcome =
  | { readonly kind: 'known'; readonly status: TopUpStatus; readonly balanceCents: number }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'unknown' }

interface Decision {
  readonly outcome: Outcome
  readonly credited?: Client
  /** What the operator must hear of. */
  readonly alarm?: { fields: object; message: string }
}

/**
 * Brings our record of a payment to what Stripe says of it now, and credits it if it succeeded: once, whoever
 * asks and however often. `ownerId` is whose record to look at; what Stripe noted about it when left out.
 */
export type Settle = (payment: Payment, ownerId?: string) => Promise<Outcome>

/** The one function that turns payments into balance. */
export function createSettle({ act, log, clientsIn, beforeCredit, afterCredit }: CreditParts): Settle {
  return async (payment, ownerId = payment.userId) => {
    const { outcome, credited, alarm } = await act((tx, tell) => {
      const owner = ownerOf(tx, payment.id, ownerId, clientsIn)
      if (!owner) return nobodys(payment)
      return decide(tx, payment, owner, () => beforeCredit?.(tx, tell, owner.id), tell)
    })
    if (alarm) log.error(alarm.fields, alarm.message)
    if (credited) {
      log.info({ userId: credited.id, paymentIntentId: payment.id }, 'a top-up was credited')
      afterCredit?.(credited.id)
    }
    return outcome
  }
}

function decide(tx: Tx, payment: Payment, owner: Client, settleFirst: () => void, tell: Announce): Decision {
  const topUp = topUpOf(owner, payment)
  if (!topUp) return nobodys(payment)
  if (topUp.status === 'succeeded') return known(owner, 'succeeded')
  if (payment.status === 'pending') return known(owner, topUp.status)
  if (payment.status === 'failed') {
    changeTopUp(tx, owner.id, topUp.id, { status: 'failed' })
    return known(owner, 'failed')
  }
  const wrong = mismatch(payment, topUp, owner)
  if (wrong) return refused(payment, topUp, owner, wrong)
  settleFirst()
  const credited = credit(tx, payment, topUp, owner.id)
  tell({ type: 'balance', userId: credited.id, balanceCents: credited.balanceCents })
  return { ...known(credited, 'succeeded'), credited }
}

function credit(tx: Tx, payment: Payment, topUp: TopUp, clientId: string): Client {
  changeTopUp(tx, clientId, topUp.id, {
    status: 'succeeded',
    paymentIntentId: payment.id,
    creditedAt: tx.now,
  })
  tx.post(
    entry(`topup:${payment.id}`, 'stripe', topUp.amountCents, [
      { account: `wallet:${clientId}`, cents: topUp.amountCents },
    ]),
  )
  return clientIn(tx, clientId)
}

/**
 * Whose payment it is: `ownerId`'s where that is known. What we noted at Stripe can be edited there, so without it our
 * own records are searched.
 */
export function ownerOf(
  view: View,
  paymentIntentId: string,
  ownerId: string | undefined,
  clientsIn: CreditParts['clientsIn'],
): Client | undefined {
  if (ownerId !== undefined) {
    const owner = view.user(ownerId)
    return owner && isClient(owner) ? owner : undefined
  }
  for (const client of clientsIn(view)) {
    if (client.topUps.some((topUp) => topUp.paymentIntentId === paymentIntentId)) return client
  }
  return undefined
}

/** The record of a payment: by its id, or, before that is written down, by the name we gave it at Stripe. */
function topUpOf(client: Client, payment: Payment): TopUp | undefined {
  return (
    client.topUps.find((topUp) => topUp.paymentIntentId === payment.id) ??
    client.topUps.find((topUp) => topUp.paymentIntentId === undefined && topUp.id === payment.topUpId)
  )
}

/** What about a paid payment is not as we recorded it; undefined when all is. */
function mismatch(payment: Payment, topUp: TopUp, owner: Client): string | undefined {
  if (payment.currency !== CURRENCY) return 'currency'
  if (payment.amountReceivedCents !== topUp.amountCents) return 'amount'
  if (payment.userId !== undefined && payment.userId !== owner.id) return 'owner'
  if (payment.topUpId !== undefined && payment.topUpId !== topUp.id) return 'top-up'
  return undefined
}

function known(client: Client, status: TopUpStatus): Decision {
  return { outcome: { kind: 'known', status, balanceCents: client.balanceCents } }
}

function nobodys(payment: Payment): Decision {
  if (payment.status !== 'succeeded') return { outcome: { kind: 'unknown' } }
  const { id: paymentIntentId, userId, topUpId, amountReceivedCents } = payment
  const fields = { paymentIntentId, userId, topUpId, amountReceivedCents }
  return {
    outcome: { kind: 'unknown' },
    alarm: { fields, message: 'money came in that belongs to no top-up' },
  }
}

function refused(payment: Payment, topUp: TopUp, owner: Client, wrong: string): Decision {
  const { id: paymentIntentId, amountReceivedCents, currency } = payment
  const fields = {
    paymentIntentId,
    topUpId: topUp.id,
    userId: owner.id,
    wrong,
    amountReceivedCents,
    currency,
  }
  return {
    outcome: { kind: 'mismatch' },
    alarm: { fields, message: 'money came in that is not what was asked for: nothing was credited' },
  }
}

/** The client with this id; refuses `not_found` for anybody else. */
export function clientIn(view: View, userId: string): Client {
  const user = view.user(userId)
  if (!user || !isClient(user)) throw new Refusal('not_found', 'There is no such client.')
  return user
}

/** Changes the given fields of one of a client's top-ups. */
export function changeTopUp(tx: Tx, clientId: string, topUpId: string, change: Partial<TopUp>): void {
  const client = clientIn(tx, clientId)
  const topUps = client.topUps.map((topUp) => (topUp.id === topUpId ? { ...topUp, ...change } : topUp))
  tx.putUser({ ...client, topUps })
}
