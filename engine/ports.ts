/**
 * Declares what the engine needs of the world, in its own words. Adapters implement these; tests
 * fake the disk and the clock.
 */

import type { Client } from '../domain/client.ts'
import type { Entry } from '../domain/ledger.ts'
import type { Passkey } from '../domain/passkey.ts'
import type { Reader } from '../domain/reader.ts'
import type { EndedSession, OpenSession, Session } from '../domain/session.ts'
import type { TableDeclaration } from '../domain/table.ts'
import type { CardFace, Declined, PaymentReversals, TopUp } from '../domain/top-up.ts'
import type { User } from '../domain/user.ts'
import type { Cents } from '../shared/money.ts'
import type { AddFundsBody } from '../shared/protocol/http.ts'
import type { PasskeyAssertion, PasskeyAttestation } from '../shared/protocol/passkeys.ts'
import type { IceServerView } from '../shared/protocol/socket.ts'

/** The records of a declared table. */
export interface TableView<R extends object> {
  get(id: string): R | undefined
  /** Returns every record, in an order that nothing may depend on. */
  all(): Iterable<R>
  /**
   * Returns the records whose `field`, the owner or one of the table's indexes, holds the value, in
   * no order either. Throws for another field.
   */
  by(field: keyof R & string, value: string): Iterable<R>
}

export interface TableTx<R extends object> extends TableView<R> {
  /**
   * Adds or replaces a record. Throws for what the table's check refuses, and for a known id where
   * the table only grows.
   */
  put(record: R): void
  /** Removes a record. Throws where the table only grows. */
  remove(id: string): void
}

/** A top-up and its client. */
export interface OwnedTopUp {
  readonly client: Client
  readonly topUp: TopUp
}

/** The contents of memory now. Values are never changed in place. */
export interface View {
  /** The one instant of this read or commit, from {@link Clock.now}. */
  readonly now: number
  user(id: string): User | undefined
  userByEmail(email: string): User | undefined
  users(): Iterable<User>
  readers(): Iterable<Reader>
  clients(): Iterable<Client>
  /**
   * Returns the top-up that has recorded a payment at Stripe, and its client. Costs the same
   * however many clients there are.
   */
  topUpByPayment(paymentIntentId: string): OwnedTopUp | undefined
  /**
   * Returns the top-up with this id, and its client, at the same cost from the second call on; the
   * first reads all clients.
   */
  topUpById(topUpId: string): OwnedTopUp | undefined
  openSession(id: string): OpenSession | undefined
  /** Returns the open session of a client or a reader; there is at most one. */
  openSessionOf(userId: string): OpenSession | undefined
  openSessions(): Iterable<OpenSession>
  earningsOf(readerId: string): Cents
  table<R extends object>(table: TableDeclaration<R>): TableView<R>
}

export interface Tx extends View {
  /**
   * Adds or replaces a user. Throws when it would change a balance: money moves by {@link post}
   * alone.
   */
  putUser(user: User): void
  /**
   * Adds or replaces an open session; an ended one is moved to the archive for good. Throws on a
   * second open session of one user.
   */
  putSession(session: Session): void
  /** Moves cents. Throws when a wallet or earnings would fall below zero. */
  post(entry: Entry): void
  table<R extends object>(table: TableDeclaration<R>): TableTx<R>
  /**
   * Removes the personal fields of a user's records from every table, and drops the user's key: what
   * the journal says of them cannot be read again, and in past sessions the name is another. What is
   * written about the user afterwards has a new key, which another call drops.
   */
  forgetPerson(userId: string): void
}

/**
 * A function of `V` that decides at once: one that returns a promise does not type-check, since
 * anything that waits would let the world change under it.
 */
export type Decide<V, T> = ((view: V) => T) & (T extends PromiseLike<unknown> ? never : unknown)

/**
 * Purpose of a commit that must not wait: an open session, recovery of the last run, money that has
 * moved at Stripe, the end of a login, an act of the operator's, what became of a mail. A commit
 * without a purpose can wait: it is refused while the disk is below its reserve, and its bytes count against the daily
 * budget of its account.
 */
export type Purpose = 'session' | 'recovery' | 'payment' | 'logout' | 'operator' | 'mail'

/** Some of a user's ended sessions; `nextCursor` asks for those before them. */
export interface ArchivedSessions {
  readonly sessions: readonly EndedSession[]
  readonly nextCursor?: string
}

export interface Store {
  /**
   * Runs `decide` over what is in memory and resolves with its result once everything it wrote, and
   * everything it saw, is on disk. When `decide` throws, nothing is changed and the promise rejects
   * with the same error. When the disk is full it rejects with the refusal `storage_full` and
   * memory is as before. A commit that can wait is also refused, with `storage_full` or
   * `rate_limited`, where there is little room or its account has used up its budget.
   */
  commit<T>(decide: Decide<Tx, T>, purpose?: Purpose): Promise<T>
  /** Resolves with what `look` returns once everything it saw is on disk. */
  read<T>(look: Decide<View, T>): Promise<T>
  /** Resolves with an ended session, or undefined. */
  pastSession(id: string): Promise<EndedSession | undefined>
  /**
   * Resolves with the ended sessions of a user, newest (by `endedAt`) first; `cursor` is an earlier
   * page's `nextCursor`, and any other is refused with `invalid_input`.
   */
  pastSessions(
    userId: string,
    range: { cursor?: string | undefined; limit: number },
  ): Promise<ArchivedSessions>
}

export interface Clock {
  /**
   * Returns milliseconds since the epoch that never jump: read once from the wall clock, continued
   * by a monotonic one.
   */
  now(): number
  /** Calls `wake` once, at or soon after the instant; returns a function that cancels it. */
  at(instant: number, wake: () => void): () => void
}

export type NewId = () => string

/** A payment as Stripe reports it now. */
export interface Payment {
  readonly id: string
  /** `failed` is final (cancelled at Stripe); a declined card leaves the payment pending. */
  readonly status: 'pending' | 'succeeded' | 'failed'
  readonly amountReceivedCents: number
  readonly currency: string
  readonly clientSecret: string
  /** The top-up's id in the metadata that we set when we made it. */
  readonly topUpId: string | undefined
  readonly userId: string | undefined
  /** It waits for the client to complete 3-D Secure. */
  readonly needsPerson?: boolean
  /** The last card that was declined. */
  readonly decline?: Omit<Declined, 'at'> | undefined
  /** It is a test payment at a live site, or the other way round. */
  readonly isForeignMode?: boolean
}

/** Report of a webhook: only a hint to go and ask Stripe. */
export interface WebhookEvent {
  readonly type: string
  readonly paymentIntentId: string | undefined
  /** True where it is about a refund or a dispute; absent where it is about the payment itself. */
  readonly isReversal?: boolean
  /** A try that failed: there can be several between two looks at the payment. */
  readonly decline?: Omit<Declined, 'at'> | undefined
}

/** The payment of a top-up; with `saveCard` Stripe keeps the card that pays. */
export interface PaymentWish extends Readonly<Pick<AddFundsBody, 'userId' | 'amountCents' | 'saveCard'>> {
  readonly topUpId: string
  /** Address for Stripe's receipt; none where Stripe does not take it. */
  readonly receiptEmail?: string | undefined
  /** The customer that owns the card, or will own it. */
  readonly customerId?: string | undefined
  /** A saved card to charge at once; `isAway` when the person is not there for a check by the bank. */
  readonly charge?: { readonly cardId: string; readonly isAway: boolean } | undefined
}

export interface SavedCard extends CardFace {
  readonly id: string
  readonly expiryMonth: number
  readonly expiryYear: number
}

/**
 * Payments at Stripe. All calls throw the refusal `payment_unavailable` when Stripe gave no
 * response: it is unknown then what it did.
 */
export interface Payments {
  /**
   * Makes a payment, or finds the one made before under the same top-up. A declined card is
   * reported in the payment, not thrown. Throws the refusals `CustomerGone`, and `not_found` for a
   * saved card that is gone.
   */
  create(wish: PaymentWish): Promise<Payment>
  /** Returns a payment as it is now. Throws the refusal `not_found`. */
  retrieve(paymentIntentId: string): Promise<Payment>
  /** Checks the signature over the raw bytes. Throws the refusal `bad_signature`. */
  readWebhook(body: Buffer, signature: string): WebhookEvent
  /**
   * Closes an unpaid payment for good; returns it as it is then, since it may have been paid in the
   * meantime.
   */
  cancel(paymentIntentId: string): Promise<Payment>
  /** Returns the card that paid, and the receipt. Throws the refusal `not_found`. */
  detailsOf(paymentIntentId: string): Promise<{ card?: CardFace; receiptUrl?: string }>
  /** Returns everything of a payment that has been reversed, or is about to be. */
  reversalsOf(paymentIntentId: string): Promise<PaymentReversals>
  /**
   * Sends money back to the card, once for each `refundId`. Throws the refusal `payment_mismatch`
   * when Stripe will not.
   */
  refund(wish: { paymentIntentId: string; refundId: string; amountCents: Cents }): Promise<void>
  /** Returns what was paid, and the ids of payments with reversals, since an instant. */
  since(instant: number): Promise<{ paid: readonly Payment[]; returned: readonly string[] }>
  /**
   * Creates a customer for a client at Stripe, the same for the same client until it is deleted
   * there.
   */
  makeCustomer(userId: string): Promise<string>
  /** Deletes a customer with the saved cards; does nothing for one that is gone already. */
  deleteCustomer(customerId: string): Promise<void>
  /** Returns a customer's saved cards. Throws the refusal `CustomerGone`. */
  cardsOf(customerId: string): Promise<readonly SavedCard[]>
  /** Removes a saved card; does nothing for one that is gone already. */
  forgetCard(cardId: string): Promise<void>
}

/** The last time at which everything at Stripe was known, so that the next look leaves no gap. */
export interface LastLook {
  /** Returns the instant at which that look started; undefined before the first. */
  at(): number | undefined
  /** Records the instant; resolves once it is on disk. */
  put(instant: number): Promise<void>
}

/** The sender of a request for something scarce. Callers without `networks` share one turn. */
export interface Caller {
  /** Browser and system, such as "Firefox on Windows". */
  readonly device?: string
  /** A pseudonym of the network that the request comes from. */
  readonly network?: string
  /** Hash of the id that the browser has for itself. */
  readonly browser?: string
  /** Networks that the request comes from, narrowest first. */
  readonly networks?: readonly string[]
  /** The browser's previous login, which a new one replaces. */
  readonly replaces?: { readonly userId: string; readonly loginHash: string }
}

export interface Passwords {
  /**
   * Hashes a password. Waits for a turn, which networks get one after another, for ten seconds at
   * most. Throws the refusal `busy`, which says when to come back.
   */
  hash(password: string, caller: Caller): Promise<string>
  /**
   * Checks a password against a hash. Takes as long for an unknown account (`hash` undefined) as
   * for a wrong password. Waits for a turn as `hash` does. Throws the refusal `busy`.
   */
  verify(password: string, hash: string | undefined, caller: Caller): Promise<boolean>
  /** Returns true for a stored hash that was made at a lower cost than today's. */
  isStale(hash: string): boolean
  /** Returns true for a password that is among the first an attacker would try. */
  isCommon(password: string): boolean
}

/** The site that a passkey belongs to, and the origins of its pages. */
export interface Site {
  /** Its host, without a port: what WebAuthn calls the relying party's id. */
  readonly host: string
  readonly origins: readonly string[]
}

/** One use of passkeys. A browser's response counts at this site and for this purpose alone. */
export interface Ceremony {
  readonly site: Site
  /** Names who may do what, such as one login that adds a passkey. */
  readonly purpose: string
}

/** WebAuthn. Each of its challenges counts once, for a few minutes. */
export interface WebAuthn {
  /** Returns what a browser needs to make a passkey for the user, other than those there are. */
  creationOptions(ceremony: Ceremony, user: Pick<User, 'id' | 'email' | 'name' | 'passkeys'>): Promise<object>
  /** Returns the passkey that was made; undefined where the response does not fit. */
  created(ceremony: Ceremony, attestation: PasskeyAttestation): Promise<MadePasskey | undefined>
  /** Returns what a browser needs to use one of the `allowed` passkeys, or any without them. */
  requestOptions(ceremony: Ceremony, allowed?: readonly Passkey[]): Promise<object>
  /**
   * Returns what the passkey's authenticator says beside its signature; undefined where it
   * is not this passkey's, or does not fit the ceremony. Throws the refusal `busy`.
   */
  signed(ceremony: Ceremony, assertion: PasskeyAssertion, passkey: Passkey): Promise<PasskeyUse | undefined>
}

export type MadePasskey = Pick<Passkey, 'id' | 'publicKey' | 'counter' | 'backedUp' | 'transports'>

export type PasskeyUse = Pick<Passkey, 'counter' | 'backedUp'>

/**
 * Keys of the setting DATA_KEY. Each `purpose` is a constant of the code, with keys of its own.
 */
export interface DataKey {
  /** Returns an HMAC-SHA-256 of `text`, in base64url, under the first key. */
  sign(purpose: string, text: string): string
  /** Checks such a token in constant time, under any of the keys. */
  verifies(purpose: string, text: string, token: string): boolean
  /** Encrypts bytes under the first key; `context` is authenticated with them. */
  wrap(purpose: string, context: string, plain: Buffer): string
  /** Returns what was wrapped. Throws where no key fits, for another context, and for damage. */
  unwrap(purpose: string, context: string, wrapped: string): Buffer
  /** Returns 32 bytes derived from the first key. */
  derive(purpose: string): Buffer
}

/** A mail as it leaves; every field is plain text but `html`. */
export interface OutgoingMail {
  /** The mail's id, which makes its Message-ID: the same at every attempt. */
  readonly id: string
  readonly to: string
  /** The ids of those whose name, address or doings it says. */
  readonly people: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly createdAt: number
  /** The link that switches such mails off, where the user may. */
  readonly switchOff: string | undefined
}

/**
 * The end of an attempt to send a mail, with the mail server's words. `refused`: it never takes this
 * mail, or this address. `deferred`: it has not taken it, and may later; `isOurs` where the failure
 * is about the server or its settings, and would meet any other mail too. `unknown`: it was handed
 * over, and the reply was lost.
 */
export type MailOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly words: string; readonly isAddress: boolean }
  | { readonly kind: 'deferred'; readonly words: string; readonly isOurs: boolean }
  | { readonly kind: 'unknown'; readonly words: string }

export interface MailServer {
  /** Hands over one mail. Never rejects. */
  send(mail: OutgoingMail): Promise<MailOutcome>
  /** Removes what it keeps itself of users who have deleted their accounts. */
  forget(userIds: readonly string[]): void
}

/** Servers that the two pages of a session need to find each other. */
export interface Ice {
  /** `relay`: neither page learns the other's address. */
  readonly policy: 'all' | 'relay'
  /**
   * Returns the servers for one seat, with logins that lapse; `seat` names it, the same at every
   * renewal.
   */
  serversFor(seat: string): IceServerView[]
}

/** Logs one line an event: the fields first, then what happened. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
