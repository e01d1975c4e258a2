/** Registers users, logs them in, and changes their passwords and profiles. */
import type { Client } from '../../domain/client.ts'
import { agreementAt } from '../../domain/consent.ts'
import { Refusal } from '../../domain/errors.ts'
import { type Login, login } from '../../domain/login.ts'
import type { Reader } from '../../domain/reader.ts'
import type { User } from '../../domain/user.ts'
import { EMAIL_TAKEN } from '../../shared/messages.ts'
import { cents, NO_CENTS } from '../../shared/money.ts'
import type { LoginBody, ProfileBody, RegisterBody } from '../../shared/protocol/http.ts'
import type { Act } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import type { Caller, NewId, Passwords, Store } from '../ports.ts'
import { type Consent, createConsent } from './consent.ts'
import { rememberDevice } from './devices.ts'
import { mustBeHardToGuess } from './hard-to-guess.ts'
import { createLogins, endReplaced, type Logins, mustExist, startLogin } from './logins.ts'
import { isTaken } from './mail-links.ts'
import { createPasswordChange, type PasswordChange } from './password-change.ts'
import type { Proofs } from './proof.ts'

export interface Accounts extends Logins, Consent, PasswordChange {
  /**
   * Creates an account and logs it in under `loginHash`. Throws the refusals `invalid_input`,
   * `email_taken`, `busy`.
   */
  register(body: RegisterBody, loginHash: string, caller?: Caller): Promise<User>
  /**
   * Logs a user in under `loginHash`. Throws `bad_credentials`, alike for a wrong password and an
   * unknown address; `forbidden` when the account is closed; `busy`.
   */
  login(body: LoginBody, loginHash: string, caller?: Caller): Promise<User>
  /** Returns the id of the account with that address, or undefined. */
  idOf(email: string): Promise<string | undefined>
  /** Returns the email of an account, or undefined. */
  emailOf(userId: string | undefined): Promise<string | undefined>
  /** Changes a profile. Throws `forbidden` when a client sets what only readers have. */
  updateProfile(user: User, body: ProfileBody): Promise<User>
}

export function createAccounts(parts: {
  act: Act
  store: Store
  newId: NewId
  passwords: Passwords
  mustProve: Proofs['mustProve']
}): Accounts {
  const { act, store, newId, passwords } = parts
  const logins = createLogins(parts)

  return {
    ...logins,
    ...createConsent(parts),
    ...createPasswordChange(parts),

    async register(body, loginHash, caller = {}) {
      mustBeHardToGuess(passwords, { path: 'password', password: body.password }, body)
      await mustBeFree(store, body.email)
      const passwordHash = await passwords.hash(body.password, caller)
      const id = newId()
      return act((tx) => {
        if (isTaken(tx, body.email)) throw emailTaken()
        endReplaced(tx, caller)
        const made = newUser(body, id, passwordHash, login(loginHash, tx.now, caller))
        const user = { ...made, ...rememberDevice(made, caller, tx.now) }
        tx.putUser(user)
        queueMail(tx, { userId: id, template: 'confirm_email', event: newId(), values: {} })
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
        return startLogin(tx, { ...user, passwordHash: better ?? user.passwordHash }, loginHash, caller)
      })
    },

    idOf: (email) => store.read((view) => view.userByEmail(email)?.id),

    emailOf: (userId) => store.read((view) => (userId === undefined ? undefined : view.user(userId)?.email)),

    updateProfile: (user, { name, rateCents, sessionReceipts, ...about }) =>
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
          ...(sessionReceipts === undefined ? {} : { mailSwitches: switched(now, sessionReceipts) }),
          ...(rateCents === undefined ? {} : { rateCents: cents(rateCents) }),
          ...(speciality === undefined ? {} : { speciality }),
          ...(bio === undefined ? {} : { bio }),
        }
        tx.putUser(changed)
        return changed
      }),
  }
}

/** Returns the switches with receipts of sessions on or off; what is on is not recorded. */
function switched({ mailSwitches }: User, sessionReceipts: boolean): NonNullable<User['mailSwitches']> {
  const { session_receipt: _, ...others } = mailSwitches ?? {}
  return sessionReceipts ? others : { ...others, session_receipt: false }
}

const emailTaken = () => new Refusal('email_taken', EMAIL_TAKEN)

const badCredentials = () => new Refusal('bad_credentials', 'Wrong email or password.')

async function mustBeFree(store: Store, email: string): Promise<void> {
  if (await store.read((view) => isTaken(view, email))) throw emailTaken()
}

function newUser(body: RegisterBody, id: string, passwordHash: string, login: Login): User {
  const { name, email } = body
  const { createdAt } = login
  const agreed = agreementAt(createdAt)
  const person = { id, name, email, passwordHash, createdAt, logins: [login], agreed }
  return body.role === 'reader'
    ? ({ ...person, role: 'reader', rateCents: cents(body.rateCents), available: false } satisfies Reader)
    : ({ ...person, role: 'client', balanceCents: NO_CENTS, topUps: [] } satisfies Client)
}
