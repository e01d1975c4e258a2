/**
 * Holds what the store keeps in memory, its indexes, and the one way in which each part of it
 * changes.
 */

import type { Client } from '../../domain/client.ts'
import type { Reader } from '../../domain/reader.ts'
import type { OpenSession } from '../../domain/session.ts'
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import type { TopUp } from '../../domain/top-up.ts'
import { isClient, isReader, type User } from '../../domain/user.ts'
import type { OwnedTopUp } from '../../engine/ports.ts'
import { type Cents, NO_CENTS } from '../../shared/money.ts'
import { createPaymentIndex, type PaymentIndex } from './payment-index.ts'
import { createAllRows, type Rows } from './rows.ts'
import { createTable, type Table } from './table.ts'

export interface Memory {
  readonly users: Table<User>
  readonly idsByEmail: Map<string, string>
  readonly readers: Map<string, Reader>
  readonly payments: PaymentIndex
  readonly open: Map<string, OpenSession>
  /** The id of the open session of each user who has one. */
  readonly openByPerson: Map<string, string>
  readonly earnings: Map<string, Cents>
  /** The declared tables, by name. */
  readonly rows: ReadonlyMap<string, Rows>
  /** Counts the changes to what each file shows, so that an unchanged file is not written again. */
  readonly changes: Record<'users' | 'earnings' | 'open', number>
}

/** Creates an empty memory with the given tables, by default those of the program. */
export function emptyMemory(tables: readonly AnyTable[] = TABLES): Memory {
  const users = createTable<User>()
  return {
    users,
    idsByEmail: new Map(),
    readers: new Map(),
    payments: createPaymentIndex(() => clientsAmong(users)),
    open: new Map(),
    openByPerson: new Map(),
    earnings: new Map(),
    rows: createAllRows(tables),
    changes: { users: 0, earnings: 0, open: 0 },
  }
}

/** Puts `user` in place of the user with the id; undefined removes the user (only undoing does). */
export function setUser(memory: Memory, id: string, user: User | undefined): void {
  const old = memory.users.get(id)
  if (user) replaceUser(memory, old, user)
  else if (old) removeUser(memory, old)
}

function removeUser(memory: Memory, user: User): void {
  const { id, email } = user
  indexTopUps(memory, id, user, undefined)
  memory.changes.users++
  memory.changes.earnings++
  memory.idsByEmail.delete(email)
  memory.users.removeLast(id)
  memory.readers.delete(id)
}

/** Puts `user` in place of `old`, who has the same id. */
export function replaceUser(memory: Memory, old: User | undefined, user: User): void {
  memory.changes.users++
  if (!old) memory.changes.earnings++
  if (old?.email !== user.email) {
    if (old) memory.idsByEmail.delete(old.email)
    memory.idsByEmail.set(user.email, user.id)
  }
  indexTopUps(memory, user.id, old, user)
  memory.users.set(user.id, user)
  if (isReader(user)) memory.readers.set(user.id, user)
}

function indexTopUps({ payments }: Memory, id: string, old: User | undefined, now: User | undefined): void {
  payments.change(id, topUpsOf(old), topUpsOf(now))
}

const NO_TOP_UPS: readonly TopUp[] = []

function topUpsOf(user: User | undefined): readonly TopUp[] {
  return user && isClient(user) ? user.topUps : NO_TOP_UPS
}

/** Returns the client with the id and the top-up that `isWanted`; undefined where there is none. */
export function ownedTopUp(
  memory: Memory,
  clientId: string | undefined,
  isWanted: (topUp: TopUp) => boolean,
): OwnedTopUp | undefined {
  const client = memory.users.get(clientId ?? '')
  if (!client || !isClient(client)) return undefined
  const topUp = client.topUps.find(isWanted)
  return topUp && { client, topUp }
}

export function clientsIn({ users }: Memory): Iterable<Client> {
  return clientsAmong(users)
}

function* clientsAmong(users: Table<User>): Generator<Client> {
  for (const user of users.values()) if (isClient(user)) yield user
}

/** Puts `user` in place of the client at `place`, of whom nothing but the money differs. */
export function replaceMoney(memory: Memory, place: number, user: User): void {
  memory.changes.users++
  memory.users.replaceAt(place, user)
}

/** Puts `session` among the open ones; undefined removes the one with the id. */
export function setOpen(memory: Memory, id: string, session: OpenSession | undefined): void {
  const old = memory.open.get(id)
  if (session) replaceOpen(memory, old, session)
  else if (old) removeOpen(memory, old)
}

function removeOpen(memory: Memory, { id, clientId, readerId }: OpenSession): void {
  memory.changes.open++
  memory.open.delete(id)
  memory.openByPerson.delete(clientId)
  memory.openByPerson.delete(readerId)
}

/** Puts `session` in place of `old`, which has the same id and the same two people. */
export function replaceOpen(memory: Memory, old: OpenSession | undefined, session: OpenSession): void {
  memory.changes.open++
  memory.open.set(session.id, session)
  if (!old) memory.openByPerson.set(session.clientId, session.id).set(session.readerId, session.id)
}

export function openOf(memory: Memory, personId: string): OpenSession | undefined {
  const id = memory.openByPerson.get(personId)
  return id === undefined ? undefined : memory.open.get(id)
}

export function setEarnings(memory: Memory, readerId: string, total: Cents | undefined): void {
  memory.changes.earnings++
  if (total === undefined) memory.earnings.delete(readerId)
  else memory.earnings.set(readerId, total)
}

export function earningsOf(memory: Memory, readerId: string): Cents {
  return memory.earnings.get(readerId) ?? NO_CENTS
}

/**
 * Returns the records of earnings.json: one for every reader, including those who have earned
 * nothing yet.
 */
export function earningsRecords(memory: Memory): { readerId: string; totalCents: Cents }[] {
  return Array.from(memory.readers.keys(), (readerId) => ({
    readerId,
    totalCents: earningsOf(memory, readerId),
  }))
}
