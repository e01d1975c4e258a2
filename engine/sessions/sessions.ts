/** Takes a session through its life: request, accept, decline, cancel and end. */
import { mustNotBeOnHold } from '../../domain/account-status.ts'
import { canAfford, type Terms } from '../../domain/billing.ts'
import type { Client } from '../../domain/client.ts'
import { mustHaveAgreed } from '../../domain/consent.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Reader } from '../../domain/reader.ts'
import type { EndedSession, OpenSession, Session } from '../../domain/session.ts'
import * as session from '../../domain/session.ts'
import { fundsFor, lastsAt } from '../../domain/spending.ts'
import type { User } from '../../domain/user.ts'
import { cents, formatCents } from '../../shared/money.ts'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { Role } from '../../shared/protocol/views.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { NewId, Store, View } from '../ports.ts'
import type { Charging } from './charging.ts'
import { createRestarts } from './restarts.ts'
import { createLookups, mustBeOneOf, type SessionLookups } from './session-lookups.ts'

export interface SessionWish {
  readonly readerId: string
  readonly kind: SessionKind
  /** The most that the client wants to spend on it. */
  readonly limitCents?: number | undefined
}

export interface Sessions extends SessionLookups {
  /**
   * Rings the reader. Throws the refusals `not_found`, `reader_unavailable`, `already_in_session`,
   * `insufficient_funds`, `limit_reached`, `account_frozen`, `terms_changed`, `stopping`.
   */
  request(client: Client, wish: SessionWish): Promise<OpenSession>
  /** Accepts the request for the reader. Throws `not_found`, `forbidden`, `wrong_state`. */
  accept(user: User, sessionId: string): Promise<OpenSession>
  decline(user: User, sessionId: string): Promise<EndedSession>
  cancel(user: User, sessionId: string): Promise<EndedSession>
  /**
   * Ends it for both, from any state; returns an ended one as it is. Throws `not_found`,
   * `forbidden`.
   */
  end(user: User, sessionId: string): Promise<EndedSession>
  /**
   * Pauses every session that ran when the last process stopped, as of the last confirmed instant.
   */
  recover(): Promise<void>
  /** Refuses new requests and pauses every running session. */
  stop(): Promise<void>
}

export function createSessions(parts: {
  act: Act
  store: Store
  newId: NewId
  charging: Charging
  terms: Pick<Terms, 'feePercent'>
  /**
   * Asks both pages of a running session for what they have received until now, and waits a second
   * at most. Resolves with the instant at which it asked; undefined where there was no page to ask.
   */
  gather: (sessionId: string) => Promise<number | undefined>
  /** [B22] Returns how many milliseconds the reader's pages report to have sent. */
  sentMsOf: (sessionId: string) => number
}): Sessions {
  const { act, newId, charging } = parts
  const { findPast, ...lookups } = createLookups(parts.store)
  const restarts = createRestarts(parts)
  let stopping = false

  const endRequest = async (user: User, sessionId: string, as: Role): Promise<EndedSession> => {
    const reason = as === 'client' ? 'cancelled' : 'declined'
    const ended = await act((tx) => {
      const open = tx.openSession(sessionId)
      if (!open) return undefined
      mustSit(open, user, as)
      return charging.end(tx, mustRing(open), reason)
    }, 'session')
    if (ended) return ended
    const past = await findPast(sessionId)
    mustSit(past, user, as)
    if (past.endReason === reason) return past
    throw new Refusal('wrong_state', 'This request has already ended.')
  }

  return {
    ...lookups,
    recover: restarts.recover,

    stop() {
      stopping = true
      return restarts.pauseAll()
    },

    async request(client, wish) {
      if (stopping) throw new Refusal('stopping', 'SoulSeer is restarting. Try again in a minute.')
      const by = { id: newId(), clientId: client.id, feePercent: parts.terms.feePercent }
      return act((tx) => ring(tx, by, wish))
    },

    async accept(user, sessionId) {
      const accepted = await act((tx) => {
        const open = tx.openSession(sessionId)
        if (!open) return undefined
        mustSit(open, user, 'reader')
        const accepted = session.accept(mustRing(open), tx.now)
        tx.putSession(accepted)
        tx.tell({ type: 'updated', session: accepted })
        return accepted
      }, 'session')
      if (accepted) return accepted
      mustSit(await findPast(sessionId), user, 'reader')
      throw new Refusal('wrong_state', 'This request has already ended.')
    },

    decline: (user, sessionId) => endRequest(user, sessionId, 'reader'),

    cancel: (user, sessionId) => endRequest(user, sessionId, 'client'),

    async end(user, sessionId) {
      const askedAt = await parts.gather(sessionId)
      const ended = await act((tx) => {
        const open = tx.openSession(sessionId)
        if (!open) return undefined
        return charging.end(tx, open, reasonOfEnding(open, mustBeOneOf(open, user)), askedAt)
      }, 'session')
      if (ended) return ended
      const past = await findPast(sessionId)
      mustBeOneOf(past, user)
      return past
    },
  }
}

/** Agrees on what a session will cost, and rings the reader. */
function ring(
  tx: TellingTx,
  { id, clientId, feePercent }: { id: string; clientId: string; feePercent: number },
  { readerId, kind, limitCents }: SessionWish,
): OpenSession {
  const { reader, payer } = mustMatch(tx, clientId, readerId)
  const agreed = session.request({
    id,
    clientId: payer.id,
    clientName: payer.name,
    readerId,
    readerName: reader.name,
    kind,
    rateCents: reader.rateCents,
    feePercent,
    requestedAt: tx.now,
    ...(limitCents === undefined ? {} : { limitCents: cents(limitCents) }),
  })
  mustAfford(agreed, payer, tx.now)
  tx.putSession(agreed)
  const { spendable } = fundsFor(agreed, payer, tx.now)
  const lasts = lastsAt(spendable, agreed.rateCents)
  tx.tell({ type: 'invited', session: agreed, lasts, clientSince: payer.createdAt })
  tx.tell({ type: 'updated', session: agreed })
  tx.tell({ type: 'reader-status', readerId, status: 'busy' })
  return agreed
}

/** Returns the two people. Throws unless both are free and the reader is available. */
function mustMatch(view: View, clientId: string, readerId: string): { payer: Client; reader: Reader } {
  const payer = view.user(clientId)
  const reader = view.user(readerId)
  if (payer?.role !== 'client') throw new Refusal('forbidden', 'Only clients can request a session.')
  if (reader?.role !== 'reader') throw new Refusal('not_found', 'There is no such reader.')
  mustHaveAgreed(payer)
  mustNotBeOnHold(payer)
  if (view.openSessionOf(clientId)) {
    throw new Refusal(
      'already_in_session',
      'You already have a session open. End it before you start another.',
    )
  }
  if (!reader.available || view.openSessionOf(readerId)) {
    throw new Refusal(
      'reader_unavailable',
      `${reader.name} is not available right now. You were not charged.`,
    )
  }
  return { payer, reader }
}

/** [B12] Throws unless the balance, and the client's own limits, cover a whole minute. */
function mustAfford(agreed: OpenSession, payer: Client, at: number): void {
  const { balance, spendable } = fundsFor(agreed, payer, at)
  if (canAfford(spendable, agreed.rateCents)) return
  const first = `The first minute with ${agreed.readerName} costs ${formatCents(agreed.rateCents)}.`
  if (canAfford(balance, agreed.rateCents)) {
    throw new Refusal('limit_reached', `${first} Your own limit leaves ${formatCents(spendable)}.`)
  }
  throw new Refusal('insufficient_funds', `${first} You have ${formatCents(balance)}.`)
}

function mustSit(one: Session, user: User, as: Role): void {
  if (mustBeOneOf(one, user) !== as) throw new Refusal('forbidden', `Only the session's ${as} can do that.`)
}

function mustRing(open: OpenSession): session.RequestedSession {
  if (open.status !== 'requested') throw new Refusal('wrong_state', 'This request has already been accepted.')
  return open
}

/** Returns the reason for which a session ends when one of its two people ends it. */
export function reasonOfEnding(open: OpenSession, by: Role) {
  if (open.status === 'requested') return by === 'client' ? 'cancelled' : 'declined'
  return by === 'client' ? 'client_ended' : 'reader_ended'
}
