/** Finds and changes the records of clients and their top-ups. */
import type { Client } from '../../domain/client.ts'
import { mustHaveAgreed } from '../../domain/consent.ts'
import { Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { isClient } from '../../domain/user.ts'
import type { Payment, Tx, View } from '../ports.ts'

/**
 * Returns the client whose payment it is: `ownerId`'s where that is known. Metadata can be edited
 * at Stripe, and the operator can have assigned the payment to another client, so where that client
 * has no record of it the one who has is returned.
 */
export function ownerOf(
  view: View,
  paymentIntentId: string,
  ownerId: string | undefined,
): Client | undefined {
  const named = ownerId === undefined ? undefined : view.user(ownerId)
  const owner = named && isClient(named) ? named : undefined
  const isHeld = owner?.topUps.some((topUp) => topUp.paymentIntentId === paymentIntentId)
  return isHeld ? owner : (view.topUpByPayment(paymentIntentId)?.client ?? owner)
}

/**
 * Returns the record of a payment: by its id or, before that is recorded, by the id in its
 * metadata.
 */
export function topUpOf(client: Client, payment: Pick<Payment, 'id' | 'topUpId'>): TopUp | undefined {
  return (
    client.topUps.find((topUp) => topUp.paymentIntentId === payment.id) ??
    client.topUps.find((topUp) => topUp.paymentIntentId === undefined && topUp.id === payment.topUpId)
  )
}

/** Returns the client with this id. Refuses `not_found` for other users. */
export function clientIn(view: View, userId: string): Client {
  const user = view.user(userId)
  if (!user || !isClient(user)) throw new Refusal('not_found', 'There is no such client.')
  return user
}

/**
 * Returns the client with this id, whose account is open. Refuses `not_logged_in` where it was
 * closed in the meantime, so that nothing is written onto what is left of it, and `not_found` for
 * other users.
 */
export function openClientIn(view: View, userId: string): Client {
  const client = clientIn(view, userId)
  if (client.closedAt !== undefined) throw new Refusal('not_logged_in', 'This account is closed.')
  return client
}

/**
 * Throws the refusal `terms_changed` for a client who has yet to accept the terms in force. With a
 * session open none is thrown: it goes on as it was agreed, and so does paying for it.
 */
export function mustHaveAgreedToPay(view: View, client: Client): void {
  if (!view.openSessionOf(client.id)) mustHaveAgreed(client)
}

/** Returns one of the client's top-ups. Refuses `not_found`. */
export function topUpIn(client: Client, topUpId: string): TopUp {
  const found = client.topUps.find(({ id }) => id === topUpId)
  if (!found) throw new Refusal('not_found', 'There is no such top-up.')
  return found
}

/** Changes the given fields of one of a client's top-ups. */
export function changeTopUp(tx: Tx, clientId: string, topUpId: string, change: Partial<TopUp>): void {
  const client = clientIn(tx, clientId)
  const topUps = client.topUps.map((topUp) => (topUp.id === topUpId ? { ...topUp, ...change } : topUp))
  tx.putUser({ ...client, topUps })
}
