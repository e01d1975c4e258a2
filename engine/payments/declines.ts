/** Records declined cards, and cancels open payments after too many. */
import { hasRoomOnceClosed, hasTooManyDeclines, hasTooManyOpen } from '../../domain/card-testing.ts'
import type { Declined, TopUp } from '../../domain/top-up.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Log, Payment, WebhookEvent } from '../ports.ts'
import type { Cancellation } from './cancel-open-payments.ts'
import type { ApplyPayment } from './payment-outcome.ts'
import { changeTopUp, clientIn, ownerOf, topUpOf } from './top-up-records.ts'
import type { VelocityIndex } from './velocity.ts'

/** Decline code when the bank requires 3-D Secure. */
const BANK_WANTS_PERSON = 'authentication_required'

export interface Declines {
  /**
   * Records the failed try that a webhook reports, even where the payment has since been tried
   * again.
   */
  take(event: WebhookEvent): Promise<void>
  /**
   * Cancels open payments that would block another one, `by` the card form or a saved card: they
   * fill a new account's first day, or could each be paid with a card of its own.
   * Refuses `payment_unavailable`.
   */
  makeRoom(clientId: string, amountCents: number, by: 'form' | 'saved card'): Promise<void>
  /** Cancels whatever the client has started and not paid. Refuses `payment_unavailable`. */
  cancelAll(clientId: string): Promise<void>
}

export function createDeclines(parts: {
  act: Act
  log: Log
  velocity: VelocityIndex
  cancellation: Cancellation
  applyPayment: ApplyPayment
}): Declines {
  const { act, log, velocity, cancellation, applyPayment } = parts

  const take = async ({ paymentIntentId = '', decline }: WebhookEvent): Promise<void> => {
    if (!decline) return
    const clientId = await act((tx) => {
      const owner = ownerOf(tx, paymentIntentId, undefined)
      const topUp = owner && topUpOf(owner, { id: paymentIntentId, topUpId: undefined })
      if (!owner || !topUp || topUp.kind === 'automatic') return undefined
      const isNew = !topUp.declines?.some(({ tryId }) => tryId === decline.tryId)
      if (isNew && topUp.from !== undefined) velocity.noteDecline(topUp.from, tx.now)
      noteDecline(tx, owner.id, topUp, undefined, decline)
      return owner.id
    }, 'payment')
    if (clientId !== undefined) await cancelWhereTooMany(clientId)
  }

  /**
   * Cancels open payments after too many declines: the secret of an open payment can be used to test
   * cards.
   */
  const cancelWhereTooMany = async (clientId: string): Promise<void> => {
    const cancelled = await cancellation.cancelWhere(clientId, hasTooManyDeclines, applyPayment)
    if (cancelled > 0) log.warn({ userId: clientId }, 'many cards were declined: open payments were closed')
  }

  return {
    take,

    async makeRoom(clientId, amountCents, by) {
      await cancellation.cancelWhere(
        clientId,
        (client, at, limits) =>
          (by === 'form' && hasTooManyOpen(client, at, limits)) ||
          hasRoomOnceClosed(client, amountCents, at, limits),
        applyPayment,
      )
    },

    cancelAll: (clientId) => cancellation.cancelAll(clientId, applyPayment),
  }
}

/**
 * Records a declined card once, by the id of the try. An automatic top-up pauses after that, and
 * where the bank requires 3-D Secure the client is notified.
 */
export function noteDecline(
  tx: TellingTx,
  clientId: string,
  topUp: TopUp,
  payment: Pick<Payment, 'id' | 'clientSecret'> | undefined,
  declined: Omit<Declined, 'at'>,
): void {
  const { declines = [] } = topUp
  if (declines.some(({ tryId }) => tryId === declined.tryId)) return
  const isAutomatic = topUp.kind === 'automatic'
  const needsPerson = isAutomatic && declined.code === BANK_WANTS_PERSON
  changeTopUp(tx, clientId, topUp.id, {
    declines: [...declines, { ...declined, at: tx.now }],
    ...(needsPerson ? { needsPerson } : {}),
    ...(isAutomatic && !needsPerson ? { status: 'failed' as const } : {}),
  })
  if (!isAutomatic) return
  const client = clientIn(tx, clientId)
  if (client.autoTopUp) tx.putUser({ ...client, autoTopUp: { ...client.autoTopUp, restsSince: tx.now } })
  if (!needsPerson || !payment || topUp.cardId === undefined) return
  const { id: paymentIntentId, clientSecret } = payment
  const { amountCents, cardId } = topUp
  tx.tell({ type: 'needs-person', userId: clientId, paymentIntentId, clientSecret, cardId, amountCents })
}
