/** What the engine needs of the world, in its own words. Adapters implement these; tests fake the disk and the clock. */
import type { Entry } from '../domain/ledger.ts'
import type { EndedSession, OpenSession, Session } from '../domain/session.ts'
import type { Reader, User } from '../domain/user.ts'
import type { Cents } from '../shared/money.ts'
import type { IceServerView } from '../shared/protocol.ts'

/** What is in memory right now. Values are never changed in place. */
export interface View {
  /** The one instant of this read or commit, from {@link Clock.now}. */
  readonly now: number
  user(id: string): User | undefined
  userByEmail(email: string): User | undefined
  users(): Iterable<User>
  readers(): Iterable<Reader>
  openSession(id: string): OpenSession | undefined
  /** The open session of a client or a reader; there is at most one. */
  openSessionOf(userId: string): OpenSession | undefined
  openSessions(): Iterable<OpenSession>
  earningsOf(readerId: string): Cents
}

export interface Tx extends View {
  /** Adds or replaces a user. Throws when it would change a balance: money moves by {@link post} alone. */
  putUser(user: User): void
  /** Adds or replaces an open session; an ended one leaves the open ones for good. Throws on a second open session of one person. */
  putSession(session: Session): void
  /** Moves cents. Throws when a wallet or earnings would fall below zero. */
  post(entry: Entry): void
}

/**
 * A function of `V` that decides at once: one that answers a promise does not type-check, since anything that waits
 * would let the world change under it.
 */
export type Decide<V, T> = ((view: V) => T) & (T extends PromiseLike<unknown> ? never : unknown)

export interface PastPage {
  readonly sessions: readonly EndedSession[]
  readonly nextCursor?: string
}

export interface Store {
  /**
   * Runs `decide` over what is in memory and resolves with its answer once everything it wrote, and everything it
   * saw, is on disk. When `decide` throws, nothing is changed and the promise rejects with what it threw. When the disk is
   * full it rejects with the refusal `storage_full` and memory is as before.
   */
  commit<T>(decide: Decide<Tx, T>): Promise<T>
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
}

/** What a webhook told us about: only a hint to go and ask. */
export interface PaymentNotice {
  readonly type: string
  readonly paymentIntentId: string | undefined
}

export interface Payments {
  /** Makes a payment, or finds the one made before under the same top-up. Throws the refusal `payment_unavailable`. */
  create(wish: { topUpId: string; userId: string; amountCents: Cents }): Promise<Payment>
  /** Throws the refusals `payment_unavailable`, `not_found`. */
  retrieve(paymentIntentId: string): Promise<Payment>
  /** Checks the signature over the raw bytes. Throws the refusal `bad_signature`. */
  readNotice(body: Buffer, signature: string): PaymentNotice
}

export interface Passwords {
  /** Throws the refusal `busy` when too many wait. */
  hash(password: string): Promise<string>
  /** Takes as long for an unknown account (`hash` undefined) as for a wrong password. Throws the refusal `busy`. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}

/** What a seat's page needs to find the other one. `seat` is an opaque name for the seat, the same at every renewal. */
export type Ice = (seat: string) => { iceServers: IceServerView[]; iceTransportPolicy: 'all' | 'relay' }

/** One line an event: the fields first, then what happened. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
