/**
 * Keeps the logins of an account: how long they live, how many there may be, and which browsers are
 * known.
 */
import type { LoginView } from '../shared/protocol/views.ts'
import { DAY_MS } from '../shared/time.ts'

/** One login of a user. Its cookie's token is kept only as a hash. */
export interface Login {
  readonly hash: string
  readonly createdAt: number
  /** Instant at which it ends, however often it is used. */
  readonly expiresAt: number
  /** Time of its last use, to the hour. */
  readonly seenAt?: number
  /** The browser's description of itself, such as "Firefox on Windows". */
  readonly device?: string
  /** A pseudonym of the network from which it was last used. */
  readonly network?: string
}

/** The login by which a request comes, and a pseudonym of the network that it comes from. */
export interface UsedLogin {
  readonly loginHash: string
  readonly network?: string
}

const IDLE_MS = 7 * DAY_MS
const LONGEST_MS = 30 * DAY_MS
const SEEN_STEP_MS = 60 * 60 * 1000 // so that not every request is a change on disk
const MAX_LOGINS = 20 // the oldest of more is a device long forgotten

/** Creates a login that begins at `now`. */
export function login(
  hash: string,
  now: number,
  { device, network }: Pick<Login, 'device' | 'network'>,
): Login {
  return {
    hash,
    createdAt: now,
    expiresAt: now + LONGEST_MS,
    seenAt: now,
    ...(device === undefined ? {} : { device }),
    ...(network === undefined ? {} : { network }),
  }
}

/** Returns true while a login is valid: for thirty days, and seven days after its last use. */
export function isAlive({ createdAt, expiresAt, seenAt = createdAt }: Login, now: number): boolean {
  return now < expiresAt && now < seenAt + IDLE_MS
}

/** Returns the valid logins and the new one, without the oldest when there are too many. */
export function withLogin(logins: readonly Login[], added: Login): Login[] {
  return [...logins.filter((login) => isAlive(login, added.createdAt)), added].slice(-MAX_LOGINS)
}

/**
 * Returns the logins after one of them was used at `now`; undefined when that is not worth a
 * commit.
 */
export function seen(
  logins: readonly Login[],
  { loginHash, network }: UsedLogin,
  now: number,
): Login[] | undefined {
  const used = logins.find((login) => login.hash === loginHash)
  if (!used || now - (used.seenAt ?? used.createdAt) < SEEN_STEP_MS) return undefined
  return logins.map((login) =>
    login === used ? { ...login, seenAt: now, ...(network === undefined ? {} : { network }) } : login,
  )
}

const ID_CHARS = 16 // of 43 that are random: enough to keep logins apart, too little to be one

/** Returns the valid logins as their owner sees them, latest first. */
export function viewLogins(
  logins: readonly Login[],
  { loginHash, network: here }: UsedLogin,
  now: number,
): LoginView[] {
  return logins
    .filter((login) => isAlive(login, now))
    .map(({ hash, createdAt, seenAt = createdAt, device, network }) => ({
      id: loginId(hash),
      createdAt,
      seenAt,
      current: hash === loginHash,
      ...(device === undefined ? {} : { device }),
      ...(network === undefined || here === undefined ? {} : { sameNetwork: network === here }),
    }))
    .reverse()
}

export const loginId = (hash: string): string => hash.slice(0, ID_CHARS)

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
