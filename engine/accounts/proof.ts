/** Asks for fresh proof that the person at a login is its owner, before what matters is done. */
import { Refusal } from '../../domain/errors.ts'
import type { PasskeyAssertion, ProveBody } from '../../shared/protocol/passkeys.ts'
import { MINUTE_MS } from '../../shared/time.ts'
import type { Act } from '../commit.ts'
import type { Caller, Clock, Passwords, Site, WebAuthn } from '../ports.ts'
import type { Identity, MustProve } from './logins.ts'
import { checkAssertion, recordUse } from './passkey-assertions.ts'

export interface Proofs {
  /**
   * Passes with the right password, or without one when this login has given proof within the last
   * ten minutes. Throws `forbidden` for a wrong password, `proof_needed` without either, `busy`.
   */
  mustProve: MustProve
  /**
   * Returns what the browser needs to prove it by one of the account's passkeys. Throws
   * `wrong_state` where there is none.
   */
  begin(identity: Identity, site: Site): Promise<object>
  /**
   * Takes the password, or an assertion of a passkey, as proof, which then counts for ten minutes for
   * this login alone. Without either, checks whether an earlier proof still counts. Throws as
   * {@link mustProve} does, and `forbidden` for an assertion that does not fit.
   */
  prove(identity: Identity, body: ProveBody, asked: { site: Site; caller: Caller }): Promise<void>
}

const PROVEN_MS = 10 * MINUTE_MS

/**
 * Creates the proofs. They are kept in memory: a restart asks again, and a stolen folder holds
 * none.
 */
export function createProofs(parts: {
  act: Act
  clock: Clock
  passwords: Passwords
  webAuthn: WebAuthn
}): Proofs {
  const { act, clock, passwords, webAuthn } = parts
  const provenUntil = new Map<string, number>()

  const isProven = ({ loginHash }: Identity): boolean => (provenUntil.get(loginHash) ?? 0) > clock.now()

  const note = ({ loginHash }: Identity): void => {
    // All count for the same time, so those that were noted first lapse first.
    for (const [lapsed, until] of provenUntil) {
      if (until > clock.now()) break
      provenUntil.delete(lapsed)
    }
    provenUntil.delete(loginHash)
    provenUntil.set(loginHash, clock.now() + PROVEN_MS)
  }

  const mustProve: MustProve = async (identity, password, caller) => {
    if (password === undefined) {
      if (!isProven(identity)) throw new Refusal('proof_needed', 'Confirm that it is you to do this.')
    } else if (!(await passwords.verify(password, identity.user.passwordHash, caller))) {
      throw wrongCurrent()
    }
  }

  const mustHaveSigned = async (
    identity: Identity,
    assertion: PasskeyAssertion,
    site: Site,
  ): Promise<void> => {
    const signed = await checkAssertion(webAuthn, proving(site, identity), assertion, identity.user)
    if (!signed) throw doesNotFit()
    await act((tx) => {
      const used = recordUse(tx, signed)
      if (!used) throw doesNotFit()
      tx.putUser(used)
    })
  }

  return {
    mustProve,

    async begin(identity, site) {
      const { passkeys = [] } = identity.user
      if (passkeys.length === 0) {
        throw new Refusal('wrong_state', 'Your account has no passkey. Use your password.')
      }
      return webAuthn.requestOptions(proving(site, identity), passkeys)
    },

    async prove(identity, { password, response }, { site, caller }) {
      if (response) await mustHaveSigned(identity, response, site)
      else await mustProve(identity, password, caller)
      if (response !== undefined || password !== undefined) note(identity)
    },
  }
}

const proving = (site: Site, { loginHash }: Identity) => ({ site, purpose: `prove ${loginHash}` })

export const wrongCurrent = () =>
  new Refusal('forbidden', 'Your current password is wrong. Nothing was changed.', {
    errors: [{ path: 'password', message: 'Your current password is wrong.' }],
  })

const doesNotFit = () =>
  new Refusal('forbidden', 'This passkey does not fit. Try again, or use your password.')
