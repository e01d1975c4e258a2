/** Decides whether an assertion was signed by a passkey of an account. */
import { afterUse } from '../../domain/passkey.ts'
import type { User } from '../../domain/user.ts'
import type { PasskeyAssertion } from '../../shared/protocol/passkeys.ts'
import type { Ceremony, PasskeyUse, Tx, WebAuthn } from '../ports.ts'

/** A use of a passkey whose signature is right. */
export interface SignedUse {
  readonly userId: string
  readonly passkeyId: string
  readonly use: PasskeyUse
}

/** Returns the use; undefined where the assertion fits no passkey of the user. Throws `busy`. */
export async function checkAssertion(
  webAuthn: WebAuthn,
  ceremony: Ceremony,
  assertion: PasskeyAssertion,
  user: User | undefined,
): Promise<SignedUse | undefined> {
  const passkey = user?.passkeys?.find(({ id }) => id === assertion.id)
  if (!user || !passkey) return undefined
  const use = await webAuthn.signed(ceremony, assertion, passkey)
  return use && { userId: user.id, passkeyId: passkey.id, use }
}

/**
 * Returns the user with the use recorded, for the commit to put; undefined where the passkey was
 * removed meanwhile or has counted backwards.
 */
export function recordUse(tx: Tx, { userId, passkeyId, use }: SignedUse): User | undefined {
  const user = tx.user(userId)
  const passkeys = user && afterUse(user.passkeys ?? [], passkeyId, use, tx.now)
  return passkeys && { ...user, passkeys }
}
