/** Lets people who have forgotten their password set a new one, by a link that is mailed to them. */
import { Refusal } from '../../domain/errors.ts'
import { mailIdOf } from '../../domain/mail.ts'
import { keepPasskeys } from '../../domain/passkey.ts'
import type { OperatorNote } from '../../domain/person.ts'
import { MAILS } from '../../domain/tables.ts'
import type { User } from '../../domain/user.ts'
import type { ResetBody } from '../../shared/protocol/http.ts'
import { HOUR_MS } from '../../shared/time.ts'
import type { Act, TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import { mailToken, mailUserOf, readMailToken, useMailToken } from '../mail/tokens.ts'
import type { Caller, Clock, DataKey, Log, NewId, Passwords, Store } from '../ports.ts'
import { rememberDevice } from './devices.ts'
import { mustBeHardToGuess } from './hard-to-guess.ts'
import { endSome, mustExist } from './logins.ts'
import { announceNewPassword, sentLately, voidLinks } from './mail-links.ts'

/** A link that the operator hands over. */
export interface ResetLink {
  readonly token: string
  readonly expiresAt: number
}

export interface PasswordReset {
  /**
   * Takes note of an address whose owner has forgotten the password. Nothing is looked up now: a
   * mail is queued a little later, where the address has an account and has not been sent three
   * within the hour. Throws `busy` when too many wait.
   */
  ask(email: string): void
  /**
   * Sets a new password by the token of a link, and ends every login, every other link, a pending
   * address, and the passkeys that were added before the address was confirmed. Throws `bad_token`,
   * `invalid_input`, `busy`.
   */
  reset(body: ResetBody, caller?: Caller): Promise<User>
  /** Makes a link for the operator to hand over, on record with who and why. Throws `wrong_state`. */
  linkFor(userId: string, note: OperatorNote): Promise<ResetLink>
  /** Queues the mails that were asked for by now. */
  stop(): Promise<void>
}

// Asks of one second are looked up together, apart from the requests that asked: neither the time
// of a response nor that of the next one reveals which address has an account.
const GATHER_MS = 1_000
const MOST_WAITING = 1_000
const MOST_AN_HOUR = 3

export function createPasswordReset(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  newId: NewId
  passwords: Passwords
  dataKey: DataKey
}): PasswordReset {
  const { act, store, clock, log, newId, passwords, dataKey } = parts
  const asked = new Set<string>()
  let cancelLookUp: (() => void) | undefined

  const lookUpAll = async (): Promise<void> => {
    cancelLookUp?.()
    cancelLookUp = undefined
    const emails = [...asked]
    asked.clear()
    for (const email of emails) {
      await act((tx) => queueReset(tx, email, newId())).catch((error: unknown) =>
        log.error({ err: error }, 'a mail to reset a password could not be queued'),
      )
    }
  }

  return {
    ask(email) {
      if (asked.size >= MOST_WAITING) throw busy()
      asked.add(email)
      cancelLookUp ??= clock.at(clock.now() + GATHER_MS, () => void lookUpAll())
    },

    async reset({ token, password }, caller = {}) {
      const mailId = readMailToken(dataKey, token)
      const owner = await store.read((view) => mailUserOf(view, mailId, 'reset_password'))
      mustBeHardToGuess(passwords, { path: 'password', password }, owner)
      const passwordHash = await passwords.hash(password, caller)
      return act((tx) => {
        const { userId, values } = useMailToken(tx, mailId, 'reset_password')
        const before = endSome(tx, mustExist(tx, userId), () => true)
        const { pendingEmail: _, emailRefusedAt, ...kept } = before
        // The operator's own link reached the user in another way than by mail.
        const provesAddress = values?.by === undefined
        const after: User = {
          ...kept,
          ...(emailRefusedAt === undefined || provesAddress ? {} : { emailRefusedAt }),
          passwordHash,
          ...keepPasskeys(
            before,
            ({ createdAt }) => createdAt >= (before.emailConfirmedAt ?? Number.POSITIVE_INFINITY),
          ),
          ...(provesAddress && { emailConfirmedAt: before.emailConfirmedAt ?? tx.now }),
          ...rememberDevice(before, caller, tx.now),
        }
        tx.putUser(after)
        voidLinks(tx, after)
        announceNewPassword(tx, after, caller, newId())
        return after
      })
    },

    linkFor: (userId, note) =>
      act((tx) => {
        const user = tx.user(userId)
        if (!user || user.closedAt !== undefined) {
          throw new Refusal('wrong_state', 'This account is closed: a new password would be of no use.')
        }
        const id = mailIdOf('reset_password', newId())
        const expiresAt = tx.now + HOUR_MS
        // A mail that was never sent, and never will be: its link is handed over.
        tx.table(MAILS).put({
          id,
          userId,
          template: 'reset_password',
          to: user.email,
          values: { by: note.by, why: note.why },
          status: 'sent',
          createdAt: tx.now,
          finalAt: tx.now,
          expiresAt,
        })
        return { token: mailToken(dataKey, id), expiresAt }
      }, 'operator'),

    async stop() {
      if (cancelLookUp) await lookUpAll()
    },
  }
}

function queueReset(tx: TellingTx, email: string, event: string): void {
  const user = tx.userByEmail(email)
  if (!user || sentLately(tx, user.id, 'reset_password').length >= MOST_AN_HOUR) return
  queueMail(tx, { userId: user.id, template: 'reset_password', event, values: {} })
}

const busy = () =>
  new Refusal('busy', 'Many people are asking for this right now. Try again in a few seconds.', {
    retryAfterSeconds: 2,
  })
