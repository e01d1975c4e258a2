/** Keeps the logins of an account: how long they live, and how many there may be. */
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
}

const IDLE_MS = 7 * DAY_MS
const LONGEST_MS = 30 * DAY_MS
const SEEN_STEP_MS = 60 * 60 * 1000 // so that not every request is a change on disk
const MAX_LOGINS = 20 // the oldest of more is a device long forgotten

/** Creates a login that begins at `now`. */
export function login(hash: string, now: number, device?: string): Login {
  return {
    hash,
    createdAt: now,
    expiresAt: now + LONGEST_MS,
    seenAt: now,
    ...(device === undefined ? {} : { device }),
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
export function seen(logins: readonly Login[], hash: string, now: number): Login[] | undefined {
  const used = logins.find((login) => login.hash === hash)
  if (!used || now - (used.seenAt ?? used.createdAt) < SEEN_STEP_MS) return undefined
  return logins.map((login) => (login === used ? { ...login, seenAt: now } : login))
}

const ID_CHARS = 16 // of 43 that are random: enough to keep logins apart, too little to be one

/** Returns the valid logins as their owner sees them, latest first. */
export function viewLogins(logins: readonly Login[], currentHash: string, now: number): LoginView[] {
  return logins
    .filter((login) => isAlive(login, now))
    .map(({ hash, createdAt, seenAt = createdAt, device }) => ({
      id: loginId(hash),
      createdAt,
      seenAt,
      current: hash === currentHash,
      ...(device === undefined ? {} : { device }),
    }))
    .reverse()
}

export const loginId = (hash: string): string => hash.slice(0, ID_CHARS)
