import { RESERVED_DOMAIN } from '../shared/bounds.ts'
import type { Cents } from '../shared/money.ts'
import type { Role, UserView } from '../shared/protocol/views.ts'
import type { Adjustment, AutoTopUp, Freeze } from './account-status.ts'
import type { Login } from './login.ts'
import type { DailyLimit, DayBook } from './spending.ts'
import type { TopUp } from './top-up.ts'

interface Person {
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

export interface Client extends Person {
  readonly role: 'client'
  readonly balanceCents: Cents
  readonly topUps: readonly TopUp[]
  /** What was taken back beyond the balance: money that comes in pays it first. Nothing where it is left out. */
  readonly debtCents?: Cents
  readonly frozen?: Freeze
  /**
   * The client's name at Stripe; made when a card is to be saved, and only then. A deleted account keeps it until the customer has
   * been deleted there.
   */
  readonly customerId?: string
  /** The saved card that is offered first. */
  readonly defaultCardId?: string
  readonly autoTopUp?: AutoTopUp
  readonly adjustments?: readonly Adjustment[]
  readonly dailyLimit?: DailyLimit
  readonly dayBook?: DayBook
}

export interface Reader extends Person {
  readonly role: 'reader'
  readonly rateCents: Cents
  /** What the reader asked for; whether clients see it also depends on an open page and an open session. */
  readonly available: boolean
  readonly speciality?: string
  readonly bio?: string
}

export type User = Client | Reader

/** A user as that user's own pages see it: never the hash, the logins or the payments' keys. */
export function viewUser(user: User): UserView {
  const { id, role, name, email } = user
  return user.role === 'client'
    ? { id, role, name, email, balanceCents: user.balanceCents }
    : { id, role, name, email, rateCents: user.rateCents, available: user.available, ...viewAbout(user) }
}

/** What a reader tells about the readings; left out where there is nothing. */
export function viewAbout({ speciality, bio }: Reader): { speciality?: string; bio?: string } {
  return { ...(speciality ? { speciality } : {}), ...(bio ? { bio } : {}) }
}

/** Returns an address for a deleted account: `another` is 1, and higher where an old account has taken those before. */
export function erasedEmail(id: string, another = 1): string {
  return `deleted-${id}${another > 1 ? `-${another}` : ''}@deleted${RESERVED_DOMAIN}`
}

/** Returns whether the account was deleted by its owner; one that was banned can be opened again. */
export function isErased({ closedAt, closedBy }: User): boolean {
  return closedAt !== undefined && closedBy === undefined
}

/**
 * What stays of somebody who has left: the id and what their money did, under an address of {@link erasedEmail}. The name is
 * kept only in the receipts of those they talked with. A payment that was begun and never opened at Stripe is given up.
 */
export function erased(user: User, email: string, at: number, gaveUpCents: Cents): User {
  const nobody = {
    id: user.id,
    name: 'Deleted account',
    email,
    passwordHash: '*',
    createdAt: user.createdAt,
    logins: [],
    closedAt: at,
    ...(gaveUpCents === 0 ? {} : { gaveUpCents }),
  }
  if (user.role === 'reader')
    return { ...nobody, role: 'reader', rateCents: user.rateCents, available: false }
  const { role, balanceCents, topUps, customerId, adjustments } = user
  return {
    ...nobody,
    role,
    balanceCents,
    topUps: topUps.map((topUp) => (topUp.status === 'pending' ? { ...topUp, status: 'failed' } : topUp)),
    ...(customerId === undefined ? {} : { customerId }),
    ...(adjustments === undefined ? {} : { adjustments }),
  }
}

export function isClient(user: User): user is Client {
  return user.role === ('client' satisfies Role)
}

export function isReader(user: User): user is Reader {
  return user.role === ('reader' satisfies Role)
}
