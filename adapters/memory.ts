/** What the store keeps in memory, its indexes, and the one way each part of it changes. */
import type { OpenSession } from '../domain/session.ts'
import { isReader, type Reader, type User } from '../domain/user.ts'
import { type Cents, NO_CENTS } from '../shared/money.ts'
import type { View } from './replay.ts'

export interface Memory {
  readonly users: Map<string, User>
  readonly idsByEmail: Map<string, string>
  readonly readers: Map<string, Reader>
  readonly open: Map<string, OpenSession>
  readonly openByPerson: Map<string, OpenSession>
  readonly earnings: Map<string, Cents>
  /** Counts the changes to what each file shows, so that a file that still holds is not written again. */
  readonly changes: Record<View, number>
}

export function emptyMemory(): Memory {
  return {
    users: new Map(),
    idsByEmail: new Map(),
    readers: new Map(),
    open: new Map(),
    openByPerson: new Map(),
    earnings: new Map(),
    changes: { users: 0, earnings: 0, open: 0 },
  }
}

/** Puts `user` in place of whoever has the id; undefined takes the user away (only undoing does). */
export function setUser(memory: Memory, id: string, user: User | undefined): void {
  const old = memory.users.get(id)
  memory.changes.users++
  if (!old || !user) memory.changes.earnings++
  if (old && old.email !== user?.email) memory.idsByEmail.delete(old.email)
  if (!user) {
    memory.users.delete(id)
    memory.readers.delete(id)
    return
  }
  memory.users.set(id, user)
  if (old?.email !== user.email) memory.idsByEmail.set(user.email, id)
  if (isReader(user)) memory.readers.set(id, user)
}

/** Puts `session` among the open ones; undefined takes the one with the id out. */
export function setOpen(memory: Memory, id: string, session: OpenSession | undefined): void {
  memory.changes.open++
  const gone = session ? undefined : memory.open.get(id)
  if (session) {
    memory.open.set(id, session)
    memory.openByPerson.set(session.clientId, session).set(session.readerId, session)
  } else if (gone) {
    memory.open.delete(id)
    memory.openByPerson.delete(gone.clientId)
    memory.openByPerson.delete(gone.readerId)
  }
}

export function setEarnings(memory: Memory, readerId: string, total: Cents | undefined): void {
  memory.changes.earnings++
  if (total === undefined) memory.earnings.delete(readerId)
  else memory.earnings.set(readerId, total)
}

export function earningsOf(memory: Memory, readerId: string): Cents {
  return memory.earnings.get(readerId) ?? NO_CENTS
}

/** The records of earnings.json: one for every reader, also for those who have earned nothing yet. */
export function earningsRecords(memory: Memory): { readerId: string; totalCents: Cents }[] {
  return Array.from(memory.readers.keys(), (readerId) => ({
    readerId,
    totalCents: earningsOf(memory, readerId),
  }))
}
