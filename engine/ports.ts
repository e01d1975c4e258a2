/** What the engine needs of the world, in its own words. Adapters implement these; tests fake the disk and the clock. */

import type { Client } from '../domain/client.ts'
import type { Entry } from '../domain/ledger.ts'
import type { Reader } from '../domain/reader.ts'
import type { EndedSession, OpenSession, Session } from '../domain/session.ts'
import type { TableDeclaration } from '../domain/table.ts'
import type { CardFace, Declined, Returns, TopUp } from '../domain/top-up.ts'
import type { User } from '../domain/user.ts'
import type { Cents } from '../shared/money.ts'
import type { IceServerView } from '../shared/protocol/socket.ts'

/** The records of a declared table. */
export interface TableView<R extends object> {
  get(id: string): R | undefined
  /** Returns every record, in an order that nothing may depend on. */
  all(): Iterable<R>
  /** Returns the records whose `field`, the owner or one of the table's indexes, holds the value, in no order either. Throws for another field. */
  by(field: keyof R & string, value: string): Iterable<R>
}

export interface TableTx<R extends object> extends TableView<R> {
  /** Adds or replaces a record. Throws for what the table's check refuses, and for a known id where the table only grows. */
  put(record: R): void
  /** Throws where the table only grows. */
  remove(id: string): void
}

/** A top-up and the client whose it is. */
export interface OwnedTopUp {
  readonly client: Client
  readonly topUp: TopUp
}

/** What is in memory right now. Values are never changed in place. */
export interface View {
  /** The one instant of this read or commit, from {@link Clock.now}. */
  readonly now: number
  user(id: string): User | undefined
  userByEmail(email: string): User | undefined
  users(): Iterable<User>
  readers(): Iterable<Reader>
  clients(): Iterable<Client>
  /** Returns the top-up that a payment at Stripe is recorded with, and whose it is. Costs the same however many clients there are. */
  topUpByPayment(paymentIntentId: string): OwnedTopUp | undefined
  /** Returns the top-up with this id, and whose it is, at the same cost from the second question on; the first reads all clients. */
  topUpById(topUpId: string): OwnedTopUp | undefined
  openSession(id: string): OpenSession | undefined
  /** The open session of a client or a reader; there is at most one. */
  openSessionOf(userId: string): OpenSession | undefined
  openSessions(): Iterable<OpenSession>
  earningsOf(readerId: string): Cents
  table<R extends object>(table: TableDeclaration<R>): TableView<R>
}

export interface Tx extends View {
  /** Adds or replaces a user. Throws when it would change a balance: money moves by {@link post} alone. */
  putUser(user: User): void
  /** Adds or replaces an open session; an ended one leaves the open ones for good. Throws on a second open session of one person. */
  putSession(session: Session): void
  /** Moves cents. Throws when a wallet or earnings would fall below zero. */
  post(entry: Entry): void
  table<R extends object>(table: TableDeclaration<R>): TableTx<R>
  /** Takes the personal fields out of every table's records of a user. */
  forgetPerson(userId: string): void
}

/**
 * A function of `V` that decides at once: one that answers a promise does not type-check, since anything that waits
 * would let the world change under it.
 */
export type Decide<V, T> = ((view: V) => T) & (T extends PromiseLike<unknown> ? never : unknown)

/**
 * What a commit is for, where it cannot wait: the course of an open session, what the last run left open, money that has
 * moved at Stripe, a login that ends, an act of the operator's. A commit that names none of these can wait: it is refused
 * while the disk is below its reserve, and its bytes count against the daily budget of the account that it is about.
 */
export type Purpose = 'session' | 'recovery' | 'payment' | 'logout' | 'operator'

export interface PastPage {
  readonly sessions: readonly EndedSession[]
  readonly nextCursor?: string
}

export interface Store {
  /**
   * Runs `decide` over what is in memory and resolves with its answer once everything it wrote, and everything it
   * saw, is on disk. When `decide` throws, nothing is changed and the promise rejects with what it threw. When the disk is
   * full it rejects with the refusal `storage_full` and memory is as before. So it is, with `storage_full` or
   * `rate_limited`, where the commit can wait and there is little room, or its account has used up its budget.
   */
  commit<T>(decide: Decide<Tx, T>, purpose?: Purpose): Promise<T>
  /** Resolves with what `look` answers once everything it saw is on disk. */
  read<T>(look: Decide<View, T>): Promise<T>
  /** An ended session, or undefined. */
  pastSession(id: string): Promise<EndedSession | undefined>
  /** The ended sessions of a person, newest (by `endedAt`) first; `cursor` is an earlier page's `nextCursor`. */
  pastSessions(userId: string, page: { cursor?: string | undefined; limit: number }): Promise<PastPage>
}

export interface Clock {
  /** Milliseconds since the epoch that never jump: read once from the wall, carried on by a monotonic clock. */
  now(): number
  /** Calls `wake` once, at or soon after the instant; returns the way to call it off. */
  at(instant: number, wake: () => void): () => void
}

export type NewId = () => string

/** A payment as Stripe tells it now. */
export interface Payment {
  readonly id: string
  /** `failed` is final (cancelled at Stripe); a declined card leaves the payment pending. */
  readonly status: 'pending' | 'succeeded' | 'failed'
  readonly amountReceivedCents: number
  readonly currency: string
  readonly clientSecret: string
  /** What we wrote into its metadata when we made it. */
  readonly topUpId: string | undefined
  readonly userId: string | undefined
  /** It waits for the person to answer the bank. */
  readonly needsPerson?: boolean
  /** The last card that was refused. */
  readonly decline?: Omit<Declined, 'at'> | undefined
  /** It is a test payment at a live site, or the other way round. */
  readonly isForeignMode?: boolean
}

/** What a webhook told us about: only a hint to go and ask. */
export interface PaymentNotice {
  readonly type: string
  readonly paymentIntentId: string | undefined
  /** Whether it is about money going back; about the payment itself where it is left out. */
  readonly isReturn?: boolean
  /** A try that failed: there can be several between two looks at the payment. */
  readonly decline?: Omit<Declined, 'at'> | undefined
}

export interface PaymentWish {
  readonly topUpId: string
  readonly userId: string
  readonly amountCents: Cents
  /** Where Stripe sends its receipt; none where Stripe does not take the address. */
  readonly receiptEmail?: string | undefined
  /** Whose card it is, or whose it is to become. */
  readonly customerId?: string | undefined
  /** The card that pays is to be kept for later. */
  readonly saveCard?: boolean | undefined
  /** A saved card to charge at once; `isAway` when the person is not there to answer the bank. */
  readonly charge?: { readonly cardId: string; readonly isAway: boolean } | undefined
}

export interface SavedCard extends CardFace {
  readonly id: string
  readonly expiryMonth: number
  readonly expiryYear: number
}

/** All calls throw the refusal `payment_unavailable` when Stripe gave no answer: nobody knows then what it did. */
export interface Payments {
  /**
   * Makes a payment, or finds the one made before under the same top-up. A card that is refused is told, not
   * thrown. Throws the refusals `CustomerGone`, and `not_found` for a saved card that is gone.
   */
  create(wish: PaymentWish): Promise<Payment>
  /** Throws the refusal `not_found`. */
  retrieve(paymentIntentId: string): Promise<Payment>
  /** Checks the signature over the raw bytes. Throws the refusal `bad_signature`. */
  readNotice(body: Buffer, signature: string): PaymentNotice
  /** Closes an unpaid payment for good; answers how it stands, since it may have been paid meanwhile. */
  cancel(paymentIntentId: string): Promise<Payment>
  /** The card that paid, and the receipt. Throws the refusal `not_found`. */
  detailsOf(paymentIntentId: string): Promise<{ card?: CardFace; receiptUrl?: string }>
  /** Everything of a payment that has gone back, or is about to. */
  returnsOf(paymentIntentId: string): Promise<Returns>
  /** Sends money back to the card, once for each `refundId`. Throws the refusal `payment_mismatch` when Stripe will not. */
  refund(wish: { paymentIntentId: string; refundId: string; amountCents: Cents }): Promise<void>
  /** What was paid, and of which payments money went back, since an instant. */
  since(instant: number): Promise<{ paid: readonly Payment[]; returned: readonly string[] }>
  /** A customer for a client at Stripe, the same for the same client until it is deleted there. */
  makeCustomer(userId: string): Promise<string>
  /** Deletes a customer with the saved cards; one that is gone already is forgotten. */
  deleteCustomer(customerId: string): Promise<void>
  /** Throws the refusal `CustomerGone`. */
  cardsOf(customerId: string): Promise<readonly SavedCard[]>
  /** One that is gone already is forgotten. */
  forgetCard(cardId: string): Promise<void>
}

/** When everything that Stripe can tell of the account was last heard, so that the next look need not leave a gap. */
export interface LastLook {
  /** The instant at which that look began; undefined before the first. */
  at(): number | undefined
  /** Resolves once it is on disk. */
  put(instant: number): Promise<void>
}

/** Who asks for something scarce. Without `networks` a caller shares one turn with all others that have none. */
export interface Caller {
  /** The browser and the system, as in "Firefox on Windows". */
  readonly device?: string
  /** Where the request comes from, the narrowest network first. */
  readonly networks?: readonly string[]
  /** The login that the browser had until now, which a new one takes the place of. */
  readonly replaces?: { readonly userId: string; readonly loginHash: string }
}

export interface Passwords {
  /** Waits for a turn, which networks get one after another. Throws the refusal `busy` when too many wait. */
  hash(password: string, caller: Caller): Promise<string>
  /**
   * Takes as long for an unknown account (`hash` undefined) as for a wrong password. Waits for a turn as `hash` does. Throws
   * the refusal `busy`.
   */
  verify(password: string, hash: string | undefined, caller: Caller): Promise<boolean>
  /** Whether a stored hash was made at a lower cost than today's. */
  isStale(hash: string): boolean
  /** Whether it is among the first that anybody would try. */
  isCommon(password: string): boolean
}

/** What the two pages of a session need to find each other. */
export interface Ice {
  /** `relay`: neither page learns the other's address. */
  readonly policy: 'all' | 'relay'
  /** The servers for one seat, with logins that lapse; `seat` names it, the same at every renewal. */
  serversFor(seat: string): IceServerView[]
}

/** One line an event: the fields first, then what happened. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
