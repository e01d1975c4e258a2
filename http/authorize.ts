/** Decides whether the user who is logged in may do what the request asks for. */
import type { RequestHandler } from 'express'
import type { Client } from '../domain/client.ts'
import { Refusal } from '../domain/errors.ts'
import type { Reader } from '../domain/reader.ts'
import type { User } from '../domain/user.ts'
import type { Role } from '../shared/protocol/views.ts'
import { type Authentication, SAFE_METHODS } from './authentication.ts'

/** Rejects a change that another site's page asks for: the browser would send our cookie along. */
export function rejectCrossSite(auth: Authentication): RequestHandler {
  return (req, _res, next) => {
    if (!SAFE_METHODS.has(req.method) && !auth.isOurs(req.headers)) {
      throw new Refusal('cross_site', 'This request came from another site.')
    }
    next()
  }
}

/** Narrows a user to one role. Throws the refusal `forbidden`. */
export function requireRole(user: User, role: 'client'): Client
export function requireRole(user: User, role: 'reader'): Reader
export function requireRole(user: User, role: Role): User {
  if (user.role !== role) throw new Refusal('forbidden', `Only ${role}s can do that.`)
  return user
}

/** Rejects acting for another user. Throws the refusal `forbidden`. */
export function requireSelf(user: User, userId: string): void {
  if (user.id !== userId) throw new Refusal('forbidden', 'That is another person’s account.')
}
