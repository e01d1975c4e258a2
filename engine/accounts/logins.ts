/** Finds, lists and ends the logins of users. */
import { Refusal } from '../../domain/errors.ts'
import { isAlive, type Login, login, loginId, seen, viewLogins } from '../../domain/login.ts'
import type { User } from '../../domain/user.ts'
import type { EndLoginBody } from '../../shared/protocol/http.ts'
import type { LoginView } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Caller, Store, Tx } from '../ports.ts'
import { loggedIn } from './devices.ts'

/** A user, and the login by which the request came. */
export interface Identity {
  readonly user: User
  readonly loginHash: string
  /** A pseudonym of the network that it came from. */
  readonly network?: string
}

/**
 * Resolves when the caller has proven to be the owner of the login: by the password, or lately by
 * `/prove`.
 */
export type MustProve = (identity: Identity, password: string | undefined, caller: Caller) => Promise<void>

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
   * without proof. Throws as {@link MustProve} does, and `not_found`.
   */
  endLogins(identity: Identity, body: EndLoginBody, caller?: Caller): Promise<LoginView[]>
}

export function createLogins(parts: { act: Act; store: Store; mustProve: MustProve }): Logins {
  const { act, store, mustProve } = parts

  return {
    async logout({ user, loginHash }) {
      await act((tx) => endSome(tx, mustExist(tx, user.id), ({ hash }) => hash === loginHash), 'logout')
    },

    async identify(userId, loginHash) {
      const { user, now } = await store.read((view) => ({ user: view.user(userId), now: view.now }))
      const found = user?.logins.find((login) => login.hash === loginHash)
      if (!user || !found || !isAlive(found, now) || user.closedAt !== undefined) return undefined
      return { user, loginHash }
    },

    async noteUse(identity) {
      const now = await store.read((view) => view.now)
      if (seen(identity.user.logins, identity, now)) await noteSeen(store, identity)
    },

    logins: (identity) =>
      store.read((view) => viewLogins(view.user(identity.user.id)?.logins ?? [], identity, view.now)),

    async endLogins(identity, { loginId: id, password }, caller = {}) {
      const { user, loginHash } = identity
      if (id !== loginId(loginHash)) await mustProve(identity, password, caller)
      return act((tx) => {
        const before = mustExist(tx, user.id)
        const isMeant = ({ hash }: Login) => (id === undefined ? hash !== loginHash : loginId(hash) === id)
        if (id !== undefined && !before.logins.some(isMeant)) {
          throw new Refusal('not_found', 'This login has already ended.')
        }
        const after = endSome(tx, before, isMeant)
        return viewLogins(after.logins, identity, tx.now)
      }, 'logout')
    },
  }
}

/**
 * Records the use of a login. A full disk must not log users out: then it stays unknown when the
 * login was last used.
 */
async function noteSeen(store: Store, identity: Identity): Promise<void> {
  try {
    await store.commit((tx) => {
      const user = tx.user(identity.user.id)
      const logins = user && seen(user.logins, identity, tx.now)
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

/** Logs the user in under `loginHash`. Throws `forbidden` when the account is closed. */
export function startLogin(tx: TellingTx, user: User, loginHash: string, caller: Caller): User {
  if (user.closedAt !== undefined) {
    throw new Refusal('forbidden', 'This account is closed. Contact support if you have questions.')
  }
  endReplaced(tx, caller)
  const left = mustExist(tx, user.id) // without the login that this one replaces
  const made = login(loginHash, tx.now, caller)
  const after = { ...user, ...loggedIn(tx, left, made, caller) }
  tx.putUser(after)
  return after
}

export function mustExist(tx: Tx, userId: string): User {
  const user = tx.user(userId)
  if (!user || user.closedAt !== undefined) throw new Refusal('not_logged_in', 'Log in first.')
  return user
}
