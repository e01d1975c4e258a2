/** Describes what clients and readers have in common. */
import type { Cents } from '../shared/money.ts'
import type { Login } from './login.ts'

/** Fields that the journal keeps under the person's own key: gone with it, whatever copies there are. */
export const PERSONAL_USER_FIELDS: readonly string[] = [
  'name',
  'email',
  'passwordHash',
  'logins',
  'speciality',
  'bio',
]

export interface Person {
  readonly id: string
  readonly name: string
  /** Lower case; each address has one account at most. */
  readonly email: string
  readonly passwordHash: string
  readonly createdAt: number
  readonly logins: readonly Login[]
  /** Instant from which the account is closed to its owner. */
  readonly closedAt?: number
  /** The operator who closed it, and why; absent where the owner deleted it. */
  readonly closedBy?: { readonly by: string; readonly why: string }
  /** Money that its owner gave up by deleting it; it stays in the books, under the id. */
  readonly gaveUpCents?: Cents
}
