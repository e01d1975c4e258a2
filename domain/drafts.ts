/**
 * Copies, for changing, the two records that change at every minute of every session. Their fields
 * are listed by name because Node 20 takes over ten times as long to copy a copy with `...`
 * (docs/decisions/0021-rare-collections.md).
 */

import type { Client } from './client.ts'
import type { LiveSession, StartedSession } from './session.ts'

export type Draft<T> = { -readonly [Name in keyof T]: T[Name] }

export function draftOf(started: StartedSession): Draft<StartedSession> {
  return started.status === 'live' ? draftOfLive(started) : { ...started }
}

const LIVE_FIELDS = 21

export function draftOfLive(live: LiveSession): Draft<LiveSession> {
  const draft: Draft<LiveSession> = {
    id: live.id,
    clientId: live.clientId,
    clientName: live.clientName,
    readerId: live.readerId,
    readerName: live.readerName,
    kind: live.kind,
    rateCents: live.rateCents,
    feePercent: live.feePercent as number, // where it is missing the whole is copied
    requestedAt: live.requestedAt,
    status: live.status,
    acceptedAt: live.acceptedAt,
    billedMs: live.billedMs,
    chargedCents: live.chargedCents,
    earnedCents: live.earnedCents,
    charges: live.charges,
    pauses: live.pauses,
    startedAt: live.startedAt,
    settledAt: live.settledAt,
    witnessedAt: live.witnessedAt,
    prompted: live.prompted,
    courtesy: live.courtesy,
  }
  return withTheRest(draft, live, LIVE_FIELDS)
}

const CLIENT_FIELDS = 9

export function draftOfClient(client: Client): Draft<Client> {
  const draft: Draft<Client> = {
    id: client.id,
    name: client.name,
    email: client.email,
    passwordHash: client.passwordHash,
    createdAt: client.createdAt,
    logins: client.logins,
    role: client.role,
    balanceCents: client.balanceCents,
    topUps: client.topUps,
  }
  return withTheRest(draft, client, CLIENT_FIELDS)
}

/**
 * Adds the fields that only some records have. Another version of this program may have put more
 * there, or fewer.
 */
function withTheRest<T extends object>(draft: Draft<T>, record: T, named: number): Draft<T> {
  for (const name in draft) if (draft[name] === undefined) return { ...record }
  if (countOf(record) === named) return draft
  for (const name in record) if (!(name in draft)) draft[name] = record[name]
  return draft
}

/** Returns how many fields a record has, without a list of their names. */
export function countOf(record: object): number {
  let count = 0
  for (const _ in record) count += 1
  return count
}
