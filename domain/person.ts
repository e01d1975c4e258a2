/** What clients and readers have in common. */
import type { Cents } from '../shared/money.ts'
import type { Login } from './login.ts'

export interface Person {
  readonly id: string
  readonly name: string
  /** Lower case: one account an address. */
  readonly email: string
  readonly passwordHash: string
  readonly createdAt: number
  readonly logins: readonly Login[]
  /** Since when the account is closed to its owner. */
  readonly closedAt?: number
  /** Who closed it and why; nobody where its owner did. */
  readonly closedBy?: { readonly by: string; readonly why: string }
  /** What its owner gave up by deleting it: it stays in the books, under the id. */
  readonly gaveUpCents?: Cents
}
