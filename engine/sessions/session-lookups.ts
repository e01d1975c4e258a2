/** Finds sessions, open and ended. */
import { Refusal } from '../../domain/errors.ts'
import { type EndedSession, type OpenSession, type Session, seatOf } from '../../domain/session.ts'
import type { User } from '../../domain/user.ts'
import { SESSIONS_PAGE } from '../../shared/bounds.ts'
import type { Role } from '../../shared/protocol/views.ts'
import { endedSince } from '../accounts/earnings.ts'
import type { Store } from '../ports.ts'

export interface SessionLookups {
  /** Returns one of the user's sessions. Throws `not_found`, `forbidden`. */
  find(user: User, sessionId: string): Promise<Session>
  openOf(userId: string): Promise<OpenSession | undefined>
  /**
   * Returns a page of at most `limit` of the user's sessions, newest first; an open one leads the
   * first page.
   */
  list(
    userId: string,
    cursor: string | undefined,
    limit?: number,
  ): Promise<{ sessions: Session[]; nextCursor?: string }>
  /** Yields every ended session of the user, newest first. */
  allOf(userId: string): AsyncIterable<EndedSession>
}

export function createLookups(store: Store): SessionLookups & {
  /** Returns an ended session. Throws `not_found`. */
  findPast(sessionId: string): Promise<EndedSession>
} {
  const findPast = async (sessionId: string): Promise<EndedSession> => {
    const past = await store.pastSession(sessionId)
    if (!past) throw new Refusal('not_found', 'There is no such session.')
    return past
  }

  return {
    findPast,

    async find(user, sessionId) {
      const open = await store.read((view) => view.openSession(sessionId))
      const found = open ?? (await findPast(sessionId))
      mustBeOneOf(found, user)
      return found
    },

    openOf: (userId) => store.read((view) => view.openSessionOf(userId)),

    async list(userId, cursor, limit = SESSIONS_PAGE) {
      const open = cursor === undefined ? await store.read((view) => view.openSessionOf(userId)) : undefined
      const past = await store.pastSessions(userId, { cursor, limit: Math.min(limit, SESSIONS_PAGE) })
      return {
        sessions: open ? [open, ...past.sessions] : [...past.sessions],
        ...(past.nextCursor === undefined ? {} : { nextCursor: past.nextCursor }),
      }
    },

    allOf: (userId) => endedSince(store, userId),
  }
}

/** Returns the user's role in the session. Throws `forbidden` for all but its two people. */
export function mustBeOneOf(one: Session, user: User): Role {
  const role = seatOf(one, user.id)
  if (!role) throw new Refusal('forbidden', 'This session belongs to two other people.')
  return role
}
