/** Remembers the browsers of an account, so that a log-in from a new one can be noticed. */

/** A browser that an account was logged in with. It names itself by a random id in a cookie. */
export interface KnownDevice {
  /** Hash of the id. */
  readonly hash: string
  /** Instant of its last log-in. */
  readonly seenAt: number
}

const MAX_DEVICES = 20 // the one that was away for longest is forgotten first

/**
 * Returns true for a browser that the account has not been logged in with. Accounts of builds
 * before 2026-11-29 know none yet: their first browser is not news.
 */
export function isNewDevice(
  { devices }: { readonly devices?: readonly KnownDevice[] },
  hash: string,
): boolean {
  return devices !== undefined && !devices.some((device) => device.hash === hash)
}

/** Returns the known browsers and this one, which was used at `now`. */
export function withDevice(
  devices: readonly KnownDevice[] = [],
  hash: string,
  now: number,
): readonly KnownDevice[] {
  return [...devices.filter((device) => device.hash !== hash), { hash, seenAt: now }].slice(-MAX_DEVICES)
}
