/** Suspends accounts, and lifts suspensions. */
import { Refusal } from '../../domain/errors.ts'
import type { OperatorNote } from '../../domain/person.ts'
import type { User } from '../../domain/user.ts'
import type { Act, TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import type { Tx } from '../ports.ts'
import type { Charging } from '../sessions/charging.ts'
import { reasonOfEnding } from '../sessions/sessions.ts'

/** Closes an account to its owner, and opens it again. */
export interface Suspensions {
  /**
   * Ends every login and open page of the user at once, and the open session as if the user had
   * hung up: what was used is paid. Throws `not_found`, and `wrong_state` when it is closed
   * already.
   */
  suspend(userId: string, note: OperatorNote): Promise<User>
  /** Lets the user log in again. Throws `not_found`, and `wrong_state` when it is not closed. */
  lift(userId: string): Promise<User>
}

export function createSuspensions(parts: {
  act: Act
  charging: Charging
  /**
   * Asks the pages of the user's running session for what they have received; resolves with the
   * instant at which it asked.
   */
  gather: (userId: string) => Promise<number | undefined>
}): Suspensions {
  const { act, charging } = parts

  const hangUp = (tx: TellingTx, { id, role }: User, at: number | undefined): void => {
    const open = tx.openSessionOf(id)
    if (open) charging.end(tx, open, reasonOfEnding(open, role), at)
  }

  return {
    async suspend(userId, note) {
      const askedAt = await parts.gather(userId)
      return act((tx) => {
        if (mustExist(tx, userId).closedAt !== undefined) throw wrongState('This account is closed already.')
        hangUp(tx, mustExist(tx, userId), askedAt)
        const user = mustExist(tx, userId)
        const suspended: User = { ...user, logins: [], closedAt: tx.now, closedBy: note }
        tx.putUser(suspended.role === 'reader' ? { ...suspended, available: false } : suspended)
        for (const { hash } of user.logins) tx.tell({ type: 'login-ended', loginHash: hash })
        const event = `${userId}-${tx.now}`
        queueMail(tx, { userId, template: 'account_closed', event, values: {} })
        if (user.role === 'reader') tx.tell({ type: 'reader-status', readerId: userId, status: 'offline' })
        return mustExist(tx, userId)
      }, 'operator')
    },

    lift: (userId) =>
      act((tx) => {
        const { closedAt: _, closedBy, ...opened } = mustExist(tx, userId)
        if (!closedBy) throw wrongState('Nobody has banned this account.')
        tx.putUser({ ...opened, logins: [] })
        return mustExist(tx, userId)
      }, 'operator'),
  }
}

const wrongState = (words: string) => new Refusal('wrong_state', words)

function mustExist(tx: Tx, userId: string): User {
  const user = tx.user(userId)
  if (!user) throw new Refusal('not_found', 'There is no such account.')
  return user
}
