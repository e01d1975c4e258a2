/** Defines a user, who is a client or a reader, and what stays of one whose account is deleted. */
import { RESERVED_DOMAIN } from '../shared/bounds.ts'
import { TERMS_VERSION } from '../shared/consent.ts'
import type { Cents } from '../shared/money.ts'
import type { MeView, Role, UserView } from '../shared/protocol/views.ts'
import { holdOf } from './account-status.ts'
import type { Client } from './client.ts'
import { hasAgreed } from './consent.ts'
import { viewAddress } from './person.ts'
import { type Reader, viewAbout } from './reader.ts'
import { type Session, viewSession } from './session.ts'

export type User = Client | Reader

/**
 * Says of each field of a user whether it is personal: the journal keeps those under the user's own
 * key, and they are gone with it, whatever copies there are.
 */
const IS_PERSONAL = {
  id: false,
  role: false,
  name: true,
  email: true,
  passwordHash: true,
  createdAt: false,
  logins: true,
  emailConfirmedAt: false,
  emailRefusedAt: false,
  mailSwitches: false,
  passkeys: true,
  pendingEmail: true,
  devices: true,
  agreed: false,
  closedAt: false,
  closedBy: false,
  gaveUpCents: false,
  rateCents: false,
  available: false,
  speciality: true,
  bio: true,
  balanceCents: false,
  topUps: false,
  debtCents: false,
  frozen: false,
  customerId: false,
  defaultCardId: false,
  autoTopUp: false,
  adjustments: false,
  dailyLimit: false,
  dayBook: false,
} satisfies Record<keyof Client | keyof Reader, boolean>

export const PERSONAL_USER_FIELDS: readonly string[] = Object.entries(IS_PERSONAL).flatMap(([field, is]) =>
  is ? [field] : [],
)

/**
 * Returns a user as that user's own pages see it: never the hash, the logins or the payments' keys.
 */
export function viewUser(user: User): UserView {
  const { id, role, name, email, passkeys = [] } = user
  const own = {
    id,
    role,
    name,
    email,
    ...viewAddress(user),
    ...(hasAgreed(user) ? {} : { termsToAgree: TERMS_VERSION }),
    ...(passkeys.length > 0 ? { hasPasskey: true } : {}),
  }
  if (user.role === 'reader') {
    return { ...own, rateCents: user.rateCents, available: user.available, ...viewAbout(user) }
  }
  const hold = holdOf(user)
  return { ...own, balanceCents: user.balanceCents, ...(hold ? { hold } : {}) }
}

/** Returns what a user sees of the account and its open session: `GET /me`, and the event `me`. */
export function viewMe(user: User, open: Session | undefined): MeView {
  return { user: viewUser(user), ...(open ? { openSession: viewSession(open) } : {}) }
}

/** Name of everyone who has left. */
export const DELETED_NAME = 'Deleted account'

/**
 * Returns an address for a deleted account: `another` is 1, and higher where an old account has
 * taken those before.
 */
export function erasedEmail(id: string, another = 1): string {
  return `deleted-${id}${another > 1 ? `-${another}` : ''}@deleted${RESERVED_DOMAIN}`
}

/**
 * Returns true where the account was deleted by its owner; one that was suspended can be reopened.
 */
export function isErased({ closedAt, closedBy }: User): boolean {
  return closedAt !== undefined && closedBy === undefined
}

/**
 * Returns what stays of a user who has left: the id and the money's history, under an address of
 * {@link erasedEmail}. The receipts of the people they had sessions with have another name.
 * A payment that was never opened at Stripe is given up.
 */
export function erased(user: User, email: string, at: number, gaveUpCents: Cents): User {
  const nobody = {
    id: user.id,
    name: DELETED_NAME,
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
