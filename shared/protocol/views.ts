/** Defines what the server returns over HTTP, apart from sessions. */
import type { SessionView } from './session.ts'

export type Role = 'client' | 'reader'

export interface UserView {
  id: string
  role: Role
  name: string
  email: string
  /** Version of the terms that the user has yet to accept. */
  termsToAgree?: string
  balanceCents?: number
  rateCents?: number
  available?: boolean
  speciality?: string
  bio?: string
  /** Why a client can neither add funds nor start sessions. */
  hold?: AccountHold
  hasPasskey?: boolean
  /** The user has proved to receive mail at the address. */
  emailConfirmed?: true
  /** The address that comes in force once it is confirmed, until that instant. */
  pendingEmail?: { email: string; expiresAt: number }
  /** Mails to the address come back. */
  emailRefused?: true
  /** Receipts of sessions by mail are switched off. */
  sessionReceipts?: false
}

/** A payment is disputed at the bank, or the operator looks into the account. */
export type AccountHold = 'dispute' | 'review'

/** `GET /me`, and the event of the same name. */
export interface MeView {
  user: UserView
  /** The person's open session, if there is one, by which a page that was closed finds it again. */
  openSession?: SessionView
}

/** One login of a user: `GET /logins`, `POST /logins/end`. */
export interface LoginView {
  id: string
  createdAt: number
  /** To the hour. */
  seenAt: number
  /** The login of this request. */
  current: boolean
  device?: string
  /** It was last used from the network of the login of this request. */
  sameNetwork?: boolean
}

/** A passkey of a user: `GET /passkeys`, `POST /passkeys`. */
export interface PasskeyView {
  id: string
  name: string
  createdAt: number
  lastUsedAt?: number
  /** It is copied to the user's other devices. */
  backedUp?: boolean
}

export type ReaderStatus = 'available' | 'busy' | 'offline'

export interface ReaderView {
  id: string
  name: string
  rateCents: number
  status: ReaderStatus
  speciality?: string
  bio?: string
}

/** Settings that a page needs, and that are not about a user: `GET /settings`. */
export interface SettingsView {
  /** Version of the protocol that this server speaks. */
  protocolVersion: number
  billingIntervalMs: number
  ringTimeoutMs: number
  reconnectGraceMs: number
  lowFundsCents: number
  /** Price of the unfinished minute when a user hangs up. */
  partialMinute: 'prorated' | 'free' | 'full'
  /** Address for help. */
  supportEmail: string
  /** `none`: no mail leaves, so a password can only be reset by hand. */
  mail: 'smtp' | 'mailbox' | 'none'
  /** `standin`: no real card can be charged, and the pages must say so. */
  stripe: 'standin' | 'stripe'
  stripePublishableKey: string
}

/** `GET /sessions` */
export interface SessionList {
  sessions: SessionView[]
  nextCursor?: string
}

/** One day of a reader, by the calendar of the requested zone: `day` is `2026-11-22`. */
export interface EarningsDay {
  day: string
  cents: number
  sessions: number
  paidMs: number
}

/** `GET /earnings`. A session counts on the day it ended; the one that is open counts today. */
export interface EarningsView {
  totalCents: number
  todayCents: number
  /** Today and the six days before it, and the seven before those. */
  weekCents: number
  weekBeforeCents: number
  /** The last thirty days, oldest first; days without a session too. */
  days: EarningsDay[]
  zone: string
}

/** `GET /readers/count`: open to all. */
export interface ReadersCountView {
  available: number
}

/**
 * Beside the session in `GET /session/:id`, for its client alone: the balance at its start and its
 * end.
 */
export interface BalanceAround {
  beforeCents: number
  afterCents: number
}

/** `GET /limits`, `POST /limits`: what a client has set for a day. No cents are no limit. */
export interface LimitsView {
  spentTodayCents: number
  dailyLimitCents?: number
  /** Requested, and in force from that instant. */
  raise?: { dailyLimitCents?: number; from: number }
}

/** `POST /add-funds`; `POST /add-funds/confirm` returns the two fields that both have. */
export interface TopUpView {
  paymentIntentId: string
  clientSecret: string
  status: TopUpStatus
  balanceCents: number
}

export type TopUpStatus = 'pending' | 'succeeded' | 'failed'

/** `POST /add-funds`, in full: what a page may have to do next. */
export interface OpenedTopUpView extends TopUpView {
  /** The bank requires 3-D Secure: Stripe.js continues the payment. */
  needsPerson?: true
  /** Stripe's code for why the saved card was declined. */
  declined?: string
}

/** `GET /cards` */
export interface CardsView {
  cards: CardView[]
}

export interface CardView {
  id: string
  brand: string
  last4: string
  expiryMonth: number
  expiryYear: number
  isDefault: boolean
}

/** One top-up in the history of `GET /payments`. */
export interface PaymentView {
  id: string
  amountCents: number
  status: TopUpStatus
  createdAt: number
  kind: 'form' | 'saved' | 'automatic'
  card?: { brand: string; last4: string }
  receiptUrl?: string
  /** Part of it that was refunded. */
  reversedCents?: number
  disputed?: true
  /** Its last card was declined; another may still pay it. */
  declined?: true
}

/** `GET /payments/:id`: one top-up with what its receipt adds. */
export interface PaymentReceiptView extends PaymentView {
  clientName: string
  /** Instant at which it reached the balance. */
  creditedAt?: number
  /** Reversals, oldest first; without an instant where the bank or Stripe did it. */
  returns: { cents: number; at?: number }[]
}

/** Goodwill: money that came neither by a card nor by a session. */
export interface CreditView {
  id: string
  cents: number
  at: number
}

/**
 * `GET /payments?cursor=`: a client's top-ups, newest first, a page at a time, and what goes with
 * them.
 */
export interface PaymentsView {
  payments: PaymentView[]
  nextCursor?: string
  /** Every one there is, newest first. */
  credits?: CreditView[]
  automatic?: AutoTopUpView
  /** Money taken back beyond the balance: the next top-ups pay it first. */
  debtCents?: number
  frozen?: true
  /** An automatic top-up for which the bank requires 3-D Secure. */
  action?: PaymentActionView
}

export interface AutoTopUpView {
  amountCents: number
  thresholdCents: number
  dailyCapCents: number
  /** Paused after a decline. */
  resting?: true
  /** It begins once the account is a day old and the client has paid once. */
  waiting?: true
}

/** A payment that continues as soon as the client has completed 3-D Secure. */
export interface PaymentActionView {
  paymentIntentId: string
  clientSecret: string
  cardId: string
  amountCents: number
}
