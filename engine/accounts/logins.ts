/** Finds, lists and ends the logins of users. */
import { Refusal } from '../../domain/errors.ts'
import { isAlive, type Login, loginId, seen, viewLogins } from '../../domain/login.ts'
import type { User } from '../../domain/user.ts'
import type { EndLoginBody } from '../../shared/protocol/http.ts'
import type { LoginView } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Caller, Passwords, Store, Tx } from '../ports.ts'

/** A user, and the login by which the request came. */
export interface Identity {
  readonly user: User
  readonly loginHash: string
}

export interface Logins {
  logout(identity: Identity): Promise<void>
  /** Returns the user whose login this is; undefined when it has ended or never was. */
  identify(userId: string, loginHash: string): Promise<Identity | undefined>
  /**
   * Records that the user did something, which keeps the login alive. Requests that a page makes
   * automatically do not count.
   */
  noteUse(identity: Identity): Promise<void>
  /** Returns where the user is logged in, latest first. */
  logins(identity: Identity): Promise<LoginView[]>
  /**
   * Ends one login, or all but the current one, and their open pages. Only the current one ends
   * without the password: throws `proof_needed` where there is none, `forbidden` where it is wrong,
   * `not_found`, `busy`.
   */
  endLogins(identity: Identity, body: EndLoginBody, caller?: Caller): Promise<LoginView[]>
}

export function createLogins(parts: { act: Act; store: Store; passwords: Passwords }): Logins & {
  /**
   * Checks the user's password. Throws the refusals `proof_needed` without one, `forbidden` for a
   * wrong one, `busy`.
   */
  mustProve(user: User, password: string | undefined, caller: Caller): Promise<void>
} {
  const { act, store, passwords } = parts

  const mustProve = async (user: User, password: string | undefined, caller: Caller): Promise<void> => {
    if (password === undefined) throw proofNeeded()
    if (!(await passwords.verify(password, user.passwordHash, caller))) throw wrongCurrent()
  }

  return {
    mustProve,

    async logout({ user, loginHash }) {
      await act((tx) => endSome(tx, mustExist(tx, user.id), ({ hash }) => hash === loginHash), 'logout')
    },

    async identify(userId, loginHash) {
      const { user, now } = await store.read((view) => ({ user: view.user(userId), now: view.now }))
      const found = user?.logins.find((login) => login.hash === loginHash)
      if (!user || !found || !isAlive(found, now) || user.closedAt !== undefined) return undefined
      return { user, loginHash }
    },

    async noteUse({ user, loginHash }) {
      const now = await store.read((view) => view.now)
      if (seen(user.logins, loginHash, now)) await noteSeen(store, user.id, loginHash)
    },

    logins: ({ user, loginHash }) =>
      store.read((view) => viewLogins(view.user(user.id)?.logins ?? [], loginHash, view.now)),

    async endLogins({ user, loginHash }, { loginId: id, password }, caller = {}) {
      if (id !== loginId(loginHash)) await mustProve(user, password, caller)
      return act((tx) => {
        const before = mustExist(tx, user.id)
        const isMeant = ({ hash }: Login) => (id === undefined ? hash !== loginHash : loginId(hash) === id)
        if (id !== undefined && !before.logins.some(isMeant)) {
          throw new Refusal('not_found', 'This login has already ended.')
        }
        const after = endSome(tx, before, isMeant)
        return viewLogins(after.logins, loginHash, tx.now)
      }, 'logout')
    },
  }
}

export const wrongCurrent = () =>
  new Refusal('forbidden', 'The current password is wrong. Nothing was changed.')

const proofNeeded = () => new Refusal('proof_needed', 'Enter your password to log out other browsers.')

/**
 * Records the use of a login. A full disk must not log users out: then it stays unknown when the
 * login was last used.
 */
async function noteSeen(store: Store, userId: string, loginHash: string): Promise<void> {
  try {
    await store.commit((tx) => {
      const user = tx.user(userId)
      const logins = user && seen(user.logins, loginHash, tx.now)
      if (logins) tx.putUser({ ...user, logins })
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

export function endSome(tx: TellingTx, user: User, isMeant: (login: Login) => boolean): User {
  for (const login of user.logins.filter(isMeant)) tx.tell({ type: 'login-ended', loginHash: login.hash })
  const left = { ...user, logins: user.logins.filter((login) => !isMeant(login)) }
  tx.putUser(left)
  return left
}

/** Ends the login that a new one replaces in the browser's cookie (OWASP ASVS 5.0, 7.2.4). */
export function endReplaced(tx: TellingTx, { replaces }: Caller): void {
  const user = replaces && tx.user(replaces.userId)
  const isMeant = ({ hash }: Login) => hash === replaces?.loginHash
  if (user?.logins.some(isMeant)) endSome(tx, user, isMeant)
}

export function mustExist(tx: Tx, userId: string): User {
  const user = tx.user(userId)
  if (!user || user.closedAt !== undefined) throw new Refusal('not_logged_in', 'Log in first.')
  return user
}
