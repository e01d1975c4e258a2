/** A client and the parts of the record. The rules for them are in account-status.ts, spending.ts and top-up.ts. */
import type { Cents } from '../shared/money.ts'
import type { Person } from './person.ts'
import type { TopUp } from './top-up.ts'

/** The operator's own freeze; a dispute freezes by being open. */
export interface Freeze {
  readonly at: number
  readonly by: string
  readonly why: string
}

/** What the operator did to an account by hand. */
export interface Adjustment {
  readonly id: string
  readonly at: number
  readonly kind: 'goodwill' | 'freeze' | 'unfreeze' | 'write-off' | 'adopt'
  readonly by: string
  readonly why: string
  readonly cents?: Cents
}

/** Top-ups that come by themselves: only once the client has switched them on. */
export interface AutoTopUp {
  readonly amountCents: Cents
  /** The balance at which one is made. */
  readonly thresholdCents: Cents
  /** The most that comes by itself in a day of UTC. */
  readonly dailyCapCents: Cents
  /** What the client agreed to, and when. */
  readonly consent: string
  readonly since: number
  /** It rests after a refusal until the client has paid, or has switched it on anew. */
  readonly restsSince?: number
}

/** A limit of what a client spends in a day, and what it will be. `undefined` cents are no limit. */
export interface DailyLimit {
  readonly cents?: Cents
  /** Asked for, and not yet in force. */
  readonly raise?: { readonly cents?: Cents; readonly from: number }
}

/** What has happened on one day (of UTC): a new day begins with nothing. */
export interface DayBook {
  readonly day: number
  readonly spentCents: Cents
  readonly courtesies: number
  /** [B22] What reached the client of media that nobody paid for. */
  readonly unbilledMs?: number
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
