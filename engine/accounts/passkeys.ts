/** Adds passkeys to accounts, removes them, and logs users in by them. */
import { Refusal } from '../../domain/errors.ts'
import { type Passkey, viewPasskeys } from '../../domain/passkey.ts'
import type { User } from '../../domain/user.ts'
import { PASSKEYS_MAX } from '../../shared/bounds.ts'
import type { AddPasskeyBody, PasskeyAssertion } from '../../shared/protocol/passkeys.ts'
import type { PasskeyView } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import type { Caller, MadePasskey, NewId, Site, Store, WebAuthn } from '../ports.ts'
import { deviceIn } from './devices.ts'
import { type Identity, type MustProve, mustExist, startLogin } from './logins.ts'
import { checkAssertion, recordUse } from './passkey-assertions.ts'

/** An assertion for a challenge that a browser was sent before it was logged in. */
export interface PasskeyLogIn {
  readonly site: Site
  /** The name of the browser that asked for the challenge; undefined where it has none. */
  readonly visitor: string | undefined
  readonly assertion: PasskeyAssertion
}

export interface Passkeys {
  list(identity: Identity): PasskeyView[]
  /** Returns what the browser needs to make a passkey. Throws `wrong_state` where there are enough. */
  beginAdding(identity: Identity, site: Site): Promise<object>
  /**
   * Adds the passkey that the browser made. Throws as {@link MustProve} does; `invalid_input` where
   * the response is not to this login's challenge, and `wrong_state`.
   */
  add(identity: Identity, body: AddPasskeyBody, site: Site, caller: Caller): Promise<PasskeyView>
  /** Throws as {@link MustProve} does, and `not_found`. */
  remove(identity: Identity, id: string, password: string | undefined, caller: Caller): Promise<void>
  /** Returns what the browser needs to log in by any passkey; it names no account. */
  beginLogIn(site: Site, visitor: string): Promise<object>
  /** Returns the account whose passkey this says to be; undefined where there is none. */
  claimedBy(assertion: PasskeyAssertion): Promise<User | undefined>
  /**
   * Logs a user in under `loginHash`. Throws `bad_credentials`, alike for every assertion that does
   * not fit; `forbidden` when the account is closed; `busy`.
   */
  logIn(asked: PasskeyLogIn, loginHash: string, caller: Caller): Promise<User>
}

export function createPasskeys(parts: {
  act: Act
  store: Store
  newId: NewId
  webAuthn: WebAuthn
  mustProve: MustProve
}): Passkeys {
  const { act, store, newId, webAuthn, mustProve } = parts

  /** Queues a mail to the owner, who would want to know of it if it was another's doing. */
  const report = (
    tx: TellingTx,
    template: 'passkey_added' | 'passkey_removed',
    about: { userId: string; name: string; caller: Caller },
  ): void => {
    const { userId, name, caller } = about
    const values = { name, ...deviceIn(caller) }
    queueMail(tx, { userId, template, event: newId(), values })
  }

  const claimedBy = ({ id, response }: PasskeyAssertion): Promise<User | undefined> => {
    const userId = Buffer.from(response.userHandle ?? '', 'base64url').toString()
    return store.read((view) => {
      const user = view.user(userId)
      return user?.passkeys?.some((passkey) => passkey.id === id) ? user : undefined
    })
  }

  return {
    list: ({ user }) => viewPasskeys(user.passkeys),

    async beginAdding({ user, loginHash }, site) {
      mustHaveRoom(user)
      return webAuthn.creationOptions(adding(site, loginHash), user)
    },

    async add(identity, { name, response, password }, site, caller) {
      await mustProve(identity, password, caller)
      mustHaveRoom(identity.user)
      const made = await webAuthn.created(adding(site, identity.loginHash), response)
      if (!made) throw notMadeHere()
      return act((tx) => {
        const user = mustExist(tx, identity.user.id)
        const passkey = added(user, made, name, tx.now)
        tx.putUser({ ...user, passkeys: [...(user.passkeys ?? []), passkey] })
        report(tx, 'passkey_added', { userId: user.id, name, caller })
        const [view] = viewPasskeys([passkey])
        return view as PasskeyView
      })
    },

    async remove(identity, id, password, caller) {
      await mustProve(identity, password, caller)
      await act((tx) => {
        const user = mustExist(tx, identity.user.id)
        const { passkeys = [] } = user
        const removed = passkeys.find((passkey) => passkey.id === id)
        if (!removed) throw new Refusal('not_found', 'This passkey has already been removed.')
        tx.putUser({ ...user, passkeys: passkeys.filter((passkey) => passkey !== removed) })
        report(tx, 'passkey_removed', { userId: user.id, name: removed.name, caller })
      })
    },

    beginLogIn: (site, visitor) => webAuthn.requestOptions(loggingIn(site, visitor)),

    claimedBy,

    async logIn({ site, visitor, assertion }, loginHash, caller) {
      const user = visitor === undefined ? undefined : await claimedBy(assertion)
      const signed = await checkAssertion(webAuthn, loggingIn(site, visitor ?? ''), assertion, user)
      if (!signed) throw doesNotFit()
      return act((tx) => {
        const used = recordUse(tx, signed)
        if (!used) throw doesNotFit()
        return startLogin(tx, used, loginHash, caller)
      })
    },
  }
}

const adding = (site: Site, loginHash: string) => ({ site, purpose: `add ${loginHash}` })

const loggingIn = (site: Site, visitor: string) => ({ site, purpose: `log in ${visitor}` })

function added(user: User, made: MadePasskey, name: string, now: number): Passkey {
  mustHaveRoom(user)
  if (user.passkeys?.some(({ id }) => id === made.id)) {
    throw new Refusal('wrong_state', 'This passkey is already on your account.')
  }
  return { ...made, name, createdAt: now }
}

function mustHaveRoom({ passkeys = [] }: User): void {
  if (passkeys.length < PASSKEYS_MAX) return
  const message = `An account has at most ${PASSKEYS_MAX} passkeys. Remove one you no longer use first.`
  throw new Refusal('wrong_state', message)
}

const notMadeHere = () =>
  new Refusal('invalid_input', 'This passkey could not be checked, so it was not added. Try again.')

const doesNotFit = () =>
  new Refusal('bad_credentials', 'This passkey does not log in here. Try again, or use your password.')
