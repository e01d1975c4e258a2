/** Describes a client's record. Its rules are in account-status.ts, spending.ts and top-up.ts. */
import type { Cents } from '../shared/money.ts'
import type { OperatorNote, Person } from './person.ts'
import type { TopUp } from './top-up.ts'

/** A freeze by the operator. An open dispute freezes an account without one. */
export interface Freeze extends OperatorNote {
  readonly at: number
}

/** An act of the operator's on an account. */
export interface Adjustment extends OperatorNote {
  readonly id: string
  readonly at: number
  readonly kind: 'goodwill' | 'freeze' | 'unfreeze' | 'write-off' | 'adopt'
  readonly cents?: Cents
}

/** Automatic top-ups, which only the client can switch on. */
export interface AutoTopUp {
  readonly amountCents: Cents
  /** Balance at which one is made. */
  readonly thresholdCents: Cents
  /** The most that is topped up automatically in a day of UTC. */
  readonly dailyCapCents: Cents
  /** The words that the client agreed to, and when. */
  readonly consent: string
  readonly since: number
  /** Paused after a decline until the client has paid, or has switched it on again. */
  readonly restsSince?: number
}

/**
 * A client's daily spending limit, now and after a pending change. `undefined` cents are no limit.
 */
export interface DailyLimit {
  readonly cents?: Cents
  /** Instant at which it was set; builds before 2026-11-29 did not record it. */
  readonly since?: number
  /** Requested, and not yet in force. */
  readonly raise?: { readonly cents?: Cents; readonly from: number }
}

/** Sums of one day (of UTC); each day starts empty. */
export interface DayBook {
  readonly day: number
  readonly spentCents: Cents
  readonly courtesies: number
  /** [B22] Media that reached the client unpaid. */
  readonly unbilledMs?: number
}

export interface Client extends Person {
  readonly role: 'client'
  readonly balanceCents: Cents
  readonly topUps: readonly TopUp[]
  /**
   * Money taken back beyond the balance: incoming money pays it first. Absent where there is none.
   */
  readonly debtCents?: Cents
  readonly frozen?: Freeze
  /**
   * The client's Stripe customer, created only when a card is first to be saved. A deleted account
   * keeps it until the customer has been deleted at Stripe.
   */
  readonly customerId?: string
  /** The saved card that is offered first. */
  readonly defaultCardId?: string
  readonly autoTopUp?: AutoTopUp
  readonly adjustments?: readonly Adjustment[]
  readonly dailyLimit?: DailyLimit
  readonly dayBook?: DayBook
}
