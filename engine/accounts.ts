import { Refusal } from '../domain/errors.ts'
import type { Client, Login, Reader, User } from '../domain/user.ts'
import { cents, NO_CENTS } from '../shared/money.ts'
import type { LoginBody, ProfileBody, RegisterBody } from '../shared/protocol.ts'
import type { Act } from './commit.ts'
import type { NewId, Passwords, Store, Tx } from './ports.ts'

/** Who is logged in, and by which of that person's logins. */
export interface Identity {
  readonly user: User
  readonly loginHash: string
}

export interface Accounts {
  /** Makes an account and logs it in under `loginHash`. Throws the refusals `email_taken`, `busy`. */
  register(body: RegisterBody, loginHash: string): Promise<User>
  /** Throws `bad_credentials`, alike for a wrong password and an unknown address; `busy`. */
  login(body: LoginBody, loginHash: string): Promise<User>
  logout(identity: Identity): Promise<void>
  /** The person whose login this is; undefined when it has ended or never was. */
  identify(userId: string, loginHash: string): Promise<Identity | undefined>
  /** Throws `forbidden` when a client sets a rate. */
  updateProfile(user: User, body: ProfileBody): Promise<User>
  earnings(reader: Reader): Promise<{ totalCents: number }>
}

export function createAccounts(parts: {
  act: Act
  store: Store
  newId: NewId
  passwords: Passwords
}): Accounts {
  const { act, store, newId, passwords } = parts

  return {
    async register(body, loginHash) {
      await mustBeFree(store, body.email)
      const passwordHash = await passwords.hash(body.password)
      const id = newId()
      return act((tx) => {
        if (tx.userByEmail(body.email)) throw emailTaken()
        const user = newUser(body, id, passwordHash, loginAt(tx.now, loginHash))
        tx.putUser(user)
        return user
      })
    },

    async login({ email, password }, loginHash) {
      const found = await store.read((view) => view.userByEmail(email.trim().toLowerCase()))
      const fits = await passwords.verify(password, found?.passwordHash)
      if (!found || !fits) throw badCredentials()
      return act((tx) => {
        const user = tx.user(found.id)
        if (!user || user.passwordHash !== found.passwordHash) throw badCredentials()
        const logins = [
          ...user.logins.filter((login) => login.expiresAt > tx.now),
          loginAt(tx.now, loginHash),
        ]
        const loggedIn = { ...user, logins: logins.slice(-MAX_LOGINS) }
        tx.putUser(loggedIn)
        return loggedIn
      })
    },

    async logout({ user, loginHash }) {
      await act((tx, tell) => {
        const now = mustExist(tx, user.id)
        tx.putUser({ ...now, logins: now.logins.filter((login) => login.hash !== loginHash) })
        tell({ type: 'login-ended', loginHash })
      })
    },

    identify: (userId, loginHash) =>
      store.read((view) => {
        const user = view.user(userId)
        const login = user?.logins.find((login) => login.hash === loginHash && login.expiresAt > view.now)
        return user && login ? { user, loginHash } : undefined
      }),

    updateProfile: (user, { name, rateCents }) =>
      act((tx) => {
        const now = mustExist(tx, user.id)
        if (rateCents !== undefined && now.role !== 'reader') {
          throw new Refusal('forbidden', 'Only readers set a rate.')
        }
        const changed = {
          ...now,
          ...(name === undefined ? {} : { name }),
          ...(rateCents === undefined ? {} : { rateCents: cents(rateCents) }),
        }
        tx.putUser(changed)
        return changed
      }),

    earnings: (reader) => store.read((view) => ({ totalCents: view.earningsOf(reader.id) })),
  }
}

const MAX_LOGINS = 20 // the oldest of more is a device long forgotten
const LOGIN_MS = 30 * 24 * 60 * 60 * 1000

const loginAt = (now: number, hash: string): Login => ({ hash, createdAt: now, expiresAt: now + LOGIN_MS })

const emailTaken = () =>
  new Refusal('email_taken', 'There is already an account with this email. Log in instead.')

const badCredentials = () => new Refusal('bad_credentials', 'The email or the password is wrong.')

async function mustBeFree(store: Store, email: string): Promise<void> {
  if (await store.read((view) => view.userByEmail(email) !== undefined)) throw emailTaken()
}

function mustExist(tx: Tx, userId: string): User {
  const user = tx.user(userId)
  if (!user) throw new Refusal('not_logged_in', 'Log in first.')
  return user
}

function newUser(body: RegisterBody, id: string, passwordHash: string, login: Login): User {
  const { name, email } = body
  const person = { id, name, email, passwordHash, createdAt: login.createdAt, logins: [login] }
  return body.role === 'reader'
    ? ({ ...person, role: 'reader', rateCents: cents(body.rateCents), available: false } satisfies Reader)
    : ({ ...person, role: 'client', balanceCents: NO_CENTS, topUps: [] } satisfies Client)
}
