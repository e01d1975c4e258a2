/** Confirms the addresses of accounts, changes them, and takes changes back. */
import { Refusal } from '../../domain/errors.ts'
import type { Mail } from '../../domain/mail.ts'
import { keepPasskeys } from '../../domain/passkey.ts'
import { pendingAt } from '../../domain/person.ts'
import type { User } from '../../domain/user.ts'
import type { ChangeEmailBody, UndoEmailBody } from '../../shared/protocol/http.ts'
import { HOUR_MS } from '../../shared/time.ts'
import type { Act, TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import { badToken, mailUserOf, readMailToken, useMailToken } from '../mail/tokens.ts'
import type { Caller, DataKey, NewId, Passwords, Store } from '../ports.ts'
import { mustBeHardToGuess } from './hard-to-guess.ts'
import { endSome, type Identity, type MustProve, mustExist } from './logins.ts'
import { announceNewPassword, isTaken, sentLately, sentTo, voidLinks } from './mail-links.ts'

export interface Addresses {
  /**
   * Mails a link to the address that waits to be confirmed; does nothing where none does. Throws
   * `rate_limited`.
   */
  sendConfirmation(identity: Identity): Promise<void>
  /** Confirms the address that the link was mailed to. Throws `bad_token`. */
  confirm(token: string): Promise<User>
  /**
   * Asks for another address, which is in force once it confirms, and mails a notice to the one in
   * force. Never reveals whether the other has an account. Throws as {@link MustProve} does,
   * `invalid_input` for the one in force, `rate_limited`.
   */
  change(identity: Identity, body: ChangeEmailBody, caller?: Caller): Promise<User>
  /** Gives up an address that has not been confirmed. */
  cancelChange(identity: Identity): Promise<User>
  /**
   * Gives the account back to the address that the link was mailed to, and ends whatever came after
   * the change was asked for: every login, every other link, the passkeys that were added since.
   * Sets a new password, or mails a link to set one. Throws `bad_token`, `invalid_input`, `busy`.
   */
  undo(body: UndoEmailBody, caller?: Caller): Promise<User>
}

const MOST_AN_HOUR = 4 // the one at registering, and three more

export function createAddresses(parts: {
  act: Act
  store: Store
  newId: NewId
  passwords: Passwords
  dataKey: DataKey
  mustProve: MustProve
}): Addresses {
  const { act, store, newId, passwords, dataKey, mustProve } = parts

  const newHash = async (mailId: string | undefined, password: string | undefined, caller: Caller) => {
    const owner = await store.read((view) => mailUserOf(view, mailId, 'email_changing'))
    if (password === undefined) return undefined
    mustBeHardToGuess(passwords, { path: 'password', password }, owner)
    return passwords.hash(password, caller)
  }

  return {
    sendConfirmation: ({ user: { id } }) =>
      act((tx) => {
        const user = mustExist(tx, id)
        const to = pendingAt(user, tx.now) ?? (user.emailConfirmedAt === undefined ? user.email : undefined)
        if (to !== undefined) mailConfirmation(tx, user, to, newId())
      }),

    confirm: (token) =>
      act((tx) => {
        const { userId, to } = useMailToken(tx, readMailToken(dataKey, token), 'confirm_email')
        const user = mustExist(tx, userId)
        if (to === user.email) return confirmed(tx, user)
        if (to === undefined || to !== pendingAt(user, tx.now)) throw badToken()
        return changed(tx, user, to, newId())
      }),

    async change(identity, { email, password }, caller = {}) {
      await mustProve(identity, password, caller)
      return act((tx) => {
        const user = mustExist(tx, identity.user.id)
        if (email === user.email) throw yoursAlready()
        const asking: User = { ...user, pendingEmail: { email, at: tx.now } }
        mailConfirmation(tx, user, email, newId())
        if (user.emailConfirmedAt !== undefined) {
          queueMail(tx, {
            userId: user.id,
            template: 'email_changing',
            event: newId(),
            values: { newEmail: email, confirmedAt: user.emailConfirmedAt },
          })
        }
        tx.putUser(asking)
        return asking
      })
    },

    cancelChange: ({ user: { id } }) =>
      act((tx) => {
        const { pendingEmail: _, ...left } = mustExist(tx, id)
        tx.putUser(left)
        return left
      }),

    async undo({ token, password }, caller = {}) {
      const mailId = readMailToken(dataKey, token)
      const passwordHash = await newHash(mailId, password, caller)
      return act((tx) => {
        const mail = useMailToken(tx, mailId, 'email_changing')
        const displaced = mustExist(tx, mail.userId).email
        const restored = givenBack(tx, mail, passwordHash)
        announceUndo(tx, restored, { displaced, isPasswordNew: passwordHash !== undefined, caller, newId })
        return restored
      })
    },
  }
}

/**
 * Mails a link to confirm `to`. Throws `rate_limited` where the user has asked too often. Where
 * others have asked for that address, nothing is sent and nothing said: a refusal would reveal that
 * it has an account.
 */
function mailConfirmation(tx: TellingTx, user: User, to: string, event: string): void {
  const asks = sentLately(tx, user.id, 'confirm_email')
  if (asks.length >= MOST_AN_HOUR) throw tooOften(Math.min(...asks) + HOUR_MS - tx.now)
  if (sentTo(tx, to, 'confirm_email') >= MOST_AN_HOUR) return
  queueMail(tx, { userId: user.id, template: 'confirm_email', event, to, values: {} })
}

function confirmed(tx: TellingTx, user: User): User {
  const { emailRefusedAt: _, ...left } = user
  const after = { ...left, emailConfirmedAt: user.emailConfirmedAt ?? tx.now }
  tx.putUser(after)
  return after
}

/** Puts the pending address in force. */
function changed(tx: TellingTx, user: User, email: string, event: string): User {
  if (isTaken(tx, email, user.id)) {
    throw badToken('This address belongs to another account. Log in there, or choose another address.')
  }
  const { pendingEmail: _, emailRefusedAt: __, ...left } = user
  const after = { ...left, email, emailConfirmedAt: tx.now }
  tx.putUser(after)
  voidLinks(tx, after)
  if (user.emailConfirmedAt !== undefined) {
    queueMail(tx, {
      userId: user.id,
      template: 'email_changed',
      event,
      to: user.email,
      values: { newEmail: email },
    })
  }
  return after
}

/** Gives the account back to the address that was in force when the change was asked for. */
function givenBack(tx: TellingTx, mail: Mail, passwordHash: string | undefined): User {
  const { to: email, values, createdAt: askedAt, userId } = mail
  const now = mustExist(tx, userId)
  if (email === undefined) throw badToken()
  if (isTaken(tx, email, userId)) {
    throw badToken('This address belongs to another account by now. Contact support.')
  }
  const { pendingEmail: _, emailRefusedAt: __, ...left } = endSome(tx, now, () => true)
  const restored: User = {
    ...left,
    email,
    emailConfirmedAt: Number(values?.confirmedAt ?? tx.now),
    ...keepPasskeys(now, ({ createdAt }) => createdAt < askedAt),
    ...(passwordHash === undefined ? {} : { passwordHash }),
  }
  tx.putUser(restored)
  voidLinks(tx, restored)
  return restored
}

/**
 * Mails a notice to the address that has the account again, and to the one that it had until then:
 * either mailbox may be in the wrong hands.
 */
function announceUndo(
  tx: TellingTx,
  restored: User,
  about: { displaced: string; isPasswordNew: boolean; caller: Caller; newId: NewId },
): void {
  const { displaced, isPasswordNew, caller, newId } = about
  const { id: userId, email } = restored
  if (displaced !== email) {
    const values = { newEmail: email, because: 'undone' } as const
    queueMail(tx, { userId, template: 'email_changed', event: newId(), to: displaced, values })
  }
  if (!isPasswordNew) {
    queueMail(tx, { userId, template: 'reset_password', event: newId(), values: {} })
    return
  }
  announceNewPassword(tx, restored, caller, newId())
}

const yoursAlready = () => {
  const message = 'This is your address already.'
  return new Refusal('invalid_input', message, { errors: [{ path: 'email', message }] })
}

const tooOften = (waitMs: number) =>
  new Refusal('rate_limited', 'We have already sent you several emails. Check your spam folder, too.', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  })
