/** Deletes accounts at their owners' request. */
import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { erased, erasedEmail, type User } from '../../domain/user.ts'
import { type Cents, formatCents, NO_CENTS } from '../../shared/money.ts'
import type { DeleteAccountBody } from '../../shared/protocol/http.ts'
import type { Act } from '../commit.ts'
import { removeMailsOf } from '../mail/progress.ts'
import { queueFarewell } from '../mail/queue.ts'
import type { Caller, Store, View } from '../ports.ts'
import type { Identity, MustProve } from './logins.ts'

export interface AccountDeletion {
  /**
   * Removes a user from the records; the money's history stays in the books, under the id alone.
   * Open payments are cancelled, and the customer at Stripe is deleted afterwards. Throws as
   * {@link MustProve} does; `wrong_state` while a session is open, money is owed, disputed or on its
   * way, or the account is frozen; `invalid_input` unless the balance or the earnings that are left
   * are given up to the cent; and `payment_unavailable`.
   */
  remove(identity: Identity, body: DeleteAccountBody, caller?: Caller): Promise<void>
}

/** Creates the deletion of accounts. */
export function createDeletion(parts: {
  act: Act
  store: Store
  mustProve: MustProve
  /** Cancels the client's open payments. */
  cancelOpenPayments: (clientId: string) => Promise<void>
  /** Takes note of a deletion, once it is on disk. */
  afterRemoval: (userId: string) => void
}): AccountDeletion {
  const { act, store, mustProve } = parts
  return {
    async remove(identity, { password, giveUpCents }, caller = {}) {
      const { user: asking } = identity
      await mustProve(identity, password, caller)
      await store.read((view) => void mustBeFree(view, asking.id, giveUpCents))
      if (asking.role === 'client') await parts.cancelOpenPayments(asking.id)
      await act((tx) => {
        const user = mustBeFree(tx, asking.id, giveUpCents)
        mustHaveNoOpenPayment(user)
        tx.putUser(erased(user, freeEmail(tx, user.id), tx.now, leftOf(tx, user)))
        removeMailsOf(tx, user.id)
        tx.forgetPerson(user.id)
        if (user.emailConfirmedAt !== undefined) queueFarewell(tx, user)
        for (const { hash } of user.logins) tx.tell({ type: 'login-ended', loginHash: hash })
        if (user.role === 'reader') tx.tell({ type: 'reader-status', readerId: user.id, status: 'offline' })
      })
      parts.afterRemoval(asking.id)
    },
  }
}

/** Returns the user, who has nothing open; refuses as {@link AccountDeletion.remove} does. */
function mustBeFree(view: View, userId: string, giveUpCents: number | undefined): User {
  const user = view.user(userId)
  if (!user || user.closedAt !== undefined) throw new Refusal('not_logged_in', 'Log in first.')
  if (view.openSessionOf(userId)) {
    throw wrongState('You have an open session. End it before you delete your account.')
  }
  if (user.role === 'client') mustBeSettled(user)
  mustGiveUp(user, leftOf(view, user), giveUpCents)
  return user
}

/**
 * Refuses with `wrong_state` unless everything between the client and us or a bank is settled: a
 * deletion settles nothing.
 */
function mustBeSettled({ debtCents = NO_CENTS, frozen, topUps }: Client): void {
  if (debtCents > 0) {
    throw wrongState(
      `You owe ${formatCents(debtCents)}. Add at least that much to your balance before you delete your account.`,
    )
  }
  if (topUps.some(({ openDisputes = 0 }) => openDisputes > 0)) {
    throw wrongState(
      'One of your payments is disputed at your bank. You can delete your account once that is settled.',
    )
  }
  if (frozen) throw wrongState('Your account is on hold. Contact support before you delete it.')
  if (topUps.some(({ refunds = [] }) => refunds.some(({ status }) => status === 'asked'))) {
    throw wrongState('A refund to your card is not confirmed yet. You can delete your account once it is.')
  }
}

/**
 * Refuses while a payment can still be paid: one that was opened at Stripe, or that charges a saved
 * card there.
 */
function mustHaveNoOpenPayment(user: User): void {
  if (user.role === 'client' && user.topUps.some(canStillBePaid)) {
    throw wrongState('One of your payments is still in progress. Try again in a few minutes.')
  }
}

const canStillBePaid = ({ status, paymentIntentId, cardId }: TopUp): boolean =>
  status === 'pending' && (paymentIntentId !== undefined || cardId !== undefined)

/**
 * Returns an address that no account has: earlier versions let anyone register the one of a deleted
 * account.
 */
function freeEmail(view: View, userId: string): string {
  let another = 1
  while (view.userByEmail(erasedEmail(userId, another))) another += 1
  return erasedEmail(userId, another)
}

/** Returns how much money the user would lose, in cents. */
function leftOf(view: View, user: User): Cents {
  return user.role === 'client' ? user.balanceCents : view.earningsOf(user.id)
}

function mustGiveUp({ role }: User, leftCents: Cents, giveUpCents = 0): void {
  if (leftCents === 0 || leftCents === giveUpCents) return
  const left = formatCents(leftCents)
  const message =
    role === 'client'
      ? `You have ${left} left. Confirm that you give it up, or use it first.`
      : `You have earned ${left} that has not been paid out. Ask for it first, or confirm that you give it up.`
  throw new Refusal('invalid_input', message, { errors: [{ path: 'giveUpCents', message }] })
}

const wrongState = (message: string) => new Refusal('wrong_state', message)
