/** Asks for fresh proof that the person at a login is its owner, before what matters is done. */
import { Refusal } from '../../domain/errors.ts'
import type { Caller, Clock, Passwords } from '../ports.ts'
import type { Identity, MustProve } from './logins.ts'

export interface Proofs {
  /**
   * Passes with the right password, or without one when this login has given proof within the last
   * ten minutes. Throws `forbidden` for a wrong password, `proof_needed` without either, `busy`.
   */
  mustProve: MustProve
  /**
   * Takes the password as proof, which then counts for ten minutes for this login alone; without
   * one, checks whether an earlier proof still counts. Throws as {@link mustProve} does.
   */
  prove: MustProve
}

const PROVEN_MS = 10 * 60 * 1000

/**
 * Creates the proofs. They are kept in memory: a restart asks again, and a stolen folder holds
 * none.
 */
export function createProofs({ clock, passwords }: { clock: Clock; passwords: Passwords }): Proofs {
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
    if (password !== undefined) await mustBeRight(identity, password, caller)
    else if (!isProven(identity)) throw new Refusal('proof_needed', 'Confirm that it is you to do this.')
  }

  const mustBeRight = async ({ user }: Identity, password: string, caller: Caller): Promise<void> => {
    if (!(await passwords.verify(password, user.passwordHash, caller))) throw wrongCurrent()
  }

  return {
    mustProve,

    async prove(identity, password, caller) {
      await mustProve(identity, password, caller)
      if (password !== undefined) note(identity)
    },
  }
}

export const wrongCurrent = () =>
  new Refusal('forbidden', 'The current password is wrong. Nothing was changed.', {
    errors: [{ path: 'password', message: 'This is not your current password.' }],
  })
