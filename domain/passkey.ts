/** Describes the passkeys of an account. */

/** A key pair of WebAuthn whose private half stays with the user's device or password manager. */
export interface Passkey {
  /** The credential's id, as its authenticator named it, in base64url. */
  readonly id: string
  /** The name that its owner gave it. */
  readonly name: string
  /** The public key as COSE, in base64url. */
  readonly publicKey: string
  /** Number of times that it has signed, where its authenticator counts; else 0. */
  readonly counter: number
  /** Ways in which browsers may reach it, such as `internal` or `usb`. */
  readonly transports: readonly string[]
  readonly createdAt: number
  readonly lastUsedAt?: number
  /** It is copied to the user's other devices, so that losing one loses nothing. */
  readonly backedUp?: boolean
}
