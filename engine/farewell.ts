import { Refusal } from '../domain/errors.ts'
import { erased, erasedEmail, type User } from '../domain/user.ts'
import { formatCents } from '../shared/money.ts'
import type { DeleteAccountBody } from '../shared/protocol.ts'
import type { Act } from './commit.ts'
import type { Caller, Passwords, Tx, View } from './ports.ts'

export interface Farewell {
  /**
   * Takes a person out of the records; what their money did stays in the books, under the id alone. Throws `forbidden` for
   * a wrong password, `wrong_state` while a session is open, and `invalid_input` unless the balance that is left is given
   * up to the cent.
   */
  remove(user: User, body: DeleteAccountBody, caller?: Caller): Promise<void>
}

/** Leaving for good. */
export function createFarewell({ act, passwords }: { act: Act; passwords: Passwords }): Farewell {
  return {
    async remove(asking, { password, giveUpCents }, caller = {}) {
      if (!(await passwords.verify(password, asking.passwordHash, caller))) {
        throw new Refusal('forbidden', 'That is not your password, so nothing was deleted.', {
          errors: [{ path: 'password', message: 'That is not your password.' }],
        })
      }
      await act((tx, tell) => {
        const user = mustBeFree(tx, asking.id)
        mustGiveUp(user, giveUpCents)
        tx.putUser(erased(user, freeEmail(tx, user.id), tx.now))
        for (const { hash } of user.logins) tell({ type: 'login-ended', loginHash: hash })
        if (user.role === 'reader') tell({ type: 'reader-status', readerId: user.id, status: 'offline' })
      })
    },
  }
}

function mustBeFree(tx: Tx, userId: string): User {
  const user = tx.user(userId)
  if (!user || user.closedAt !== undefined) throw new Refusal('not_logged_in', 'Log in first.')
  if (tx.openSessionOf(userId)) {
    throw new Refusal('wrong_state', 'You have an open session. End it before you delete your account.')
  }
  return user
}

/** Returns an address that no account has: earlier versions let anybody register the one of a deleted account. */
function freeEmail(view: View, userId: string): string {
  let another = 1
  while (view.userByEmail(erasedEmail(userId, another))) another += 1
  return erasedEmail(userId, another)
}

function mustGiveUp(user: User, giveUpCents: number | undefined): void {
  if (user.role === 'reader' || user.balanceCents === (giveUpCents ?? 0)) return
  const message = `You have ${formatCents(user.balanceCents)} left. Say that you give it up, or use it first.`
  throw new Refusal('invalid_input', message, { errors: [{ path: 'giveUpCents', message }] })
}
