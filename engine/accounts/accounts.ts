import type { Client } from '../../domain/client.ts'
import { Refusal } from '../../domain/errors.ts'
import { isAlive, type Login, login, loginId, seen, viewLogins, withLogin } from '../../domain/login.ts'
import type { Reader } from '../../domain/reader.ts'
import type { User } from '../../domain/user.ts'
import { cents, NO_CENTS } from '../../shared/money.ts'
import type {
  EndLoginBody,
  LoginBody,
  PasswordBody,
  ProfileBody,
  RegisterBody,
} from '../../shared/protocol/http.ts'
import type { LoginView } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Caller, NewId, Passwords, Store, Tx } from '../ports.ts'

/** Who is logged in, and by which of that person's logins. */
export interface Identity {
  readonly user: User
  readonly loginHash: string
}

export interface Accounts {
  /** Makes an account and logs it in under `loginHash`. Throws the refusals `invalid_input`, `email_taken`, `busy`. */
  register(body: RegisterBody, loginHash: string, caller?: Caller): Promise<User>
  /** Throws `bad_credentials`, alike for a wrong password and an unknown address; `forbidden` when it is closed; `busy`. */
  login(body: LoginBody, loginHash: string, caller?: Caller): Promise<User>
  logout(identity: Identity): Promise<void>
  /** The person whose login this is; undefined when it has ended or never was. */
  identify(userId: string, loginHash: string): Promise<Identity | undefined>
  /** Notes that the person did something, which keeps the login alive; looks that a page takes by itself do not. */
  noteUse(identity: Identity): Promise<void>
  /** Returns the id of the account with that address, or undefined. */
  idOf(email: string): Promise<string | undefined>
  /** The email of an account, or undefined. */
  emailOf(userId: string | undefined): Promise<string | undefined>
  /** Where the person is logged in, the latest first. */
  logins(identity: Identity): Promise<LoginView[]>
  /**
   * Ends one login, or all but the one that asks; their open pages too. Only the asking one ends without the password:
   * throws `proof_needed` where there is none, `forbidden` where it is wrong, `not_found`, `busy`.
   */
  endLogins(identity: Identity, body: EndLoginBody, caller?: Caller): Promise<LoginView[]>
  /**
   * Takes a new password and ends every login, then begins `loginHash`. Throws `forbidden` for a wrong current password,
   * `invalid_input`, `busy`.
   */
  changePassword(identity: Identity, body: PasswordBody, loginHash: string, caller?: Caller): Promise<User>
  /** Throws `forbidden` when a client sets what only readers have. */
  updateProfile(user: User, body: ProfileBody): Promise<User>
}

export function createAccounts(parts: {
  act: Act
  store: Store
  newId: NewId
  passwords: Passwords
}): Accounts {
  const { act, store, newId, passwords } = parts

  const mustBeHardToGuess = (path: string, password: string, person: { email: string; name: string }) => {
    const plain = password.toLowerCase()
    const [beforeAt] = person.email.split('@')
    const own = [person.email, beforeAt, person.name.toLowerCase(), ...OUR_NAMES]
    if (!own.includes(plain) && !passwords.isCommon(password)) return
    const message = 'This password is among the first that somebody would guess. Choose another.'
    throw new Refusal('invalid_input', message, { errors: [{ path, message }] })
  }

  const mustProve = async (user: User, password: string | undefined, caller: Caller): Promise<void> => {
    if (password === undefined) throw proofNeeded()
    if (!(await passwords.verify(password, user.passwordHash, caller))) throw wrongCurrent()
  }

  return {
    async register(body, loginHash, caller = {}) {
      mustBeHardToGuess('password', body.password, body)
      await mustBeFree(store, body.email)
      const passwordHash = await passwords.hash(body.password, caller)
      const id = newId()
      return act((tx) => {
        if (tx.userByEmail(body.email)) throw emailTaken()
        endReplaced(tx, caller)
        const user = newUser(body, id, passwordHash, login(loginHash, tx.now, caller.device))
        tx.putUser(user)
        return user
      })
    },

    async login({ email, password }, loginHash, caller = {}) {
      const found = await store.read((view) => view.userByEmail(email))
      const fits = await passwords.verify(password, found?.passwordHash, caller)
      if (!found || !fits) throw badCredentials()
      const isStale = passwords.isStale(found.passwordHash)
      const better = isStale ? await passwords.hash(password, caller) : undefined
      return act((tx) => {
        const user = tx.user(found.id)
        if (!user || user.passwordHash !== found.passwordHash) throw badCredentials()
        if (user.closedAt !== undefined) throw closed()
        endReplaced(tx, caller)
        const loggedIn = {
          ...user,
          passwordHash: better ?? user.passwordHash,
          logins: withLogin(mustExist(tx, user.id).logins, login(loginHash, tx.now, caller.device)),
        }
        tx.putUser(loggedIn)
        return loggedIn
      })
    },

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

    idOf: (email) => store.read((view) => view.userByEmail(email)?.id),

    emailOf: (userId) => store.read((view) => (userId === undefined ? undefined : view.user(userId)?.email)),

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

    async changePassword({ user }, { password, newPassword }, loginHash, caller = {}) {
      mustBeHardToGuess('newPassword', newPassword, user)
      await mustProve(user, password, caller)
      const passwordHash = await passwords.hash(newPassword, caller)
      return act((tx) => {
        const before = mustExist(tx, user.id)
        if (before.passwordHash !== user.passwordHash) throw wrongCurrent()
        const ended = endSome(tx, before, () => true)
        const changed = { ...ended, passwordHash, logins: [login(loginHash, tx.now, caller.device)] }
        tx.putUser(changed)
        return changed
      })
    },

    updateProfile: (user, { name, rateCents, ...about }) =>
      act((tx) => {
        const now = mustExist(tx, user.id)
        const readersOnly = rateCents !== undefined || Object.values(about).some((text) => text !== undefined)
        if (readersOnly && now.role !== 'reader') {
          throw new Refusal('forbidden', 'Only readers set a rate, a speciality or a text about themselves.')
        }
        const { speciality, bio } = about
        const changed = {
          ...now,
          ...(name === undefined ? {} : { name }),
          ...(rateCents === undefined ? {} : { rateCents: cents(rateCents) }),
          ...(speciality === undefined ? {} : { speciality }),
          ...(bio === undefined ? {} : { bio }),
        }
        tx.putUser(changed)
        return changed
      }),
  }
}

const OUR_NAMES = ['soulseer', 'soulseer.app']

const emailTaken = () =>
  new Refusal('email_taken', 'There is already an account with this email. Log in instead.')

const badCredentials = () => new Refusal('bad_credentials', 'The email or the password is wrong.')

const closed = () =>
  new Refusal('forbidden', 'This account is closed. Write to us if you think it should not be.')

const wrongCurrent = () => new Refusal('forbidden', 'The current password is wrong. Nothing was changed.')

const proofNeeded = () => new Refusal('proof_needed', 'Enter your password to log out other browsers.')

async function mustBeFree(store: Store, email: string): Promise<void> {
  if (await store.read((view) => view.userByEmail(email) !== undefined)) throw emailTaken()
}

/** A full disk must not log anybody out: then it stays unknown when the login was last used. */
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

function endSome(tx: TellingTx, user: User, isMeant: (login: Login) => boolean): User {
  for (const login of user.logins.filter(isMeant)) tx.tell({ type: 'login-ended', loginHash: login.hash })
  const left = { ...user, logins: user.logins.filter((login) => !isMeant(login)) }
  tx.putUser(left)
  return left
}

/** The cookie of the new login takes the place of the old one's, so the old one ends (OWASP ASVS 5.0, 7.2.4). */
function endReplaced(tx: TellingTx, { replaces }: Caller): void {
  const user = replaces && tx.user(replaces.userId)
  const isMeant = ({ hash }: Login) => hash === replaces?.loginHash
  if (user?.logins.some(isMeant)) endSome(tx, user, isMeant)
}

function mustExist(tx: Tx, userId: string): User {
  const user = tx.user(userId)
  if (!user || user.closedAt !== undefined) throw new Refusal('not_logged_in', 'Log in first.')
  return user
}

function newUser(body: RegisterBody, id: string, passwordHash: string, login: Login): User {
  const { name, email } = body
  const person = { id, name, email, passwordHash, createdAt: login.createdAt, logins: [login] }
  return body.role === 'reader'
    ? ({ ...person, role: 'reader', rateCents: cents(body.rateCents), available: false } satisfies Reader)
    : ({ ...person, role: 'client', balanceCents: NO_CENTS, topUps: [] } satisfies Client)
}
