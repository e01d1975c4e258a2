/** Describes the passkeys of an account, and what their use changes. */
import type { PasskeyView } from '../shared/protocol/views.ts'

/** A key pair of WebAuthn whose private half stays with the user's device or password manager. */
export interface Passkey {
  /** The credential's id, as its authenticator named it, in base64url. */
  readonly id: string
  /** The name that its owner gave it. */
  readonly name: string
  /** The public key as COSE, in base64url. */
  readonly publicKey: string
  /** Number of its signatures, where its authenticator counts them; else 0. */
  readonly counter: number
  /** Ways in which browsers may reach it, such as `internal` or `usb`. */
  readonly transports: readonly string[]
  readonly createdAt: number
  readonly lastUsedAt?: number
  /** It is copied to the user's other devices, so that losing one loses nothing. */
  readonly backedUp?: boolean
}

/**
 * Returns the passkeys after one of them was used at `now`. Undefined where it is not among them
 * any more, or its authenticator has counted on from an earlier count: then there are two copies of
 * a key that should have one.
 */
export function afterUse(
  passkeys: readonly Passkey[],
  id: string,
  use: Pick<Passkey, 'counter' | 'backedUp'>,
  now: number,
): Passkey[] | undefined {
  const used = passkeys.find((passkey) => passkey.id === id)
  if (!used || !countsOn(used.counter, use.counter)) return undefined
  return passkeys.map((passkey) => (passkey === used ? { ...used, ...use, lastUsedAt: now } : passkey))
}

/** Many authenticators do not count, and always say 0. */
const countsOn = (before: number, after: number): boolean => after > before || (before === 0 && after === 0)

/** Returns the passkeys as their owner sees them, oldest first. */
export function viewPasskeys(passkeys: readonly Passkey[] = []): PasskeyView[] {
  return passkeys.map(({ id, name, createdAt, lastUsedAt, backedUp }) => ({
    id,
    name,
    createdAt,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(backedUp ? { backedUp } : {}),
  }))
}

/** Returns the passkeys of an account that `isKept` keeps, as its field. */
export function keepPasskeys(
  { passkeys }: { readonly passkeys?: readonly Passkey[] },
  isKept: (passkey: Passkey) => boolean,
): { readonly passkeys?: readonly Passkey[] } {
  return passkeys === undefined ? {} : { passkeys: passkeys.filter(isKept) }
}
