import type { Cents } from '../shared/money.ts'
import type { Role, UserView } from '../shared/protocol.ts'
import type { DailyLimit, DayBook } from './spending.ts'

/** Where somebody is logged in: the cookie's token is kept only as a hash. */
export interface Login {
  readonly hash: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** One attempt to put money in. It is on disk before Stripe is asked, and credited at most once. */
export interface TopUp {
  readonly id: string
  /** The page's name for the attempt: a retry of one click finds this record. */
  readonly attemptKey: string
  readonly amountCents: Cents
  readonly status: 'pending' | 'succeeded' | 'failed'
  readonly createdAt: number
  readonly paymentIntentId?: string
  readonly creditedAt?: number
}

interface Person {
  readonly id: string
  readonly name: string
  /** Lower case: one account an address. */
  readonly email: string
  readonly passwordHash: string
  readonly createdAt: number
  readonly logins: readonly Login[]
}

export interface Client extends Person {
  readonly role: 'client'
  readonly balanceCents: Cents
  readonly topUps: readonly TopUp[]
  readonly dailyLimit?: DailyLimit
  readonly dayBook?: DayBook
}

export interface Reader extends Person {
  readonly role: 'reader'
  readonly rateCents: Cents
  /** What the reader asked for; whether clients see it also depends on an open page and an open session. */
  readonly available: boolean
}

export type User = Client | Reader

/** A user as that user's own pages see it: never the hash, the logins or the payments' keys. */
export function viewUser(user: User): UserView {
  const { id, role, name, email } = user
  return user.role === 'client'
    ? { id, role, name, email, balanceCents: user.balanceCents }
    : { id, role, name, email, rateCents: user.rateCents, available: user.available }
}

export function isClient(user: User): user is Client {
  return user.role === ('client' satisfies Role)
}

export function isReader(user: User): user is Reader {
  return user.role === ('reader' satisfies Role)
}
