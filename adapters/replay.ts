/** Repeats what a journal record says over what is in memory. Start-up and `npm run books` share it. */
import { invariant } from '../domain/errors.ts'
import type { EndedSession, OpenSession } from '../domain/session.ts'
import { isClient, type User } from '../domain/user.ts'
import { cents } from '../shared/money.ts'
import { type Memory, setEarnings, setOpen, setUser } from './memory.ts'
import { applyPatch } from './patch.ts'
import type { JournalRecord } from './record.ts'

/** The parts of the state that are kept in files which are replaced as a whole; each may lag behind by itself. */
export const VIEWS = ['users', 'earnings', 'open'] as const
export type View = (typeof VIEWS)[number]

/** The number of the last record that each file contains. */
export type Contained = Readonly<Record<View | 'sessions', number>>

/** Applies to each part what it does not contain yet; `keepEnded` takes the sessions that ended. */
export function replay(
  memory: Memory,
  record: JournalRecord,
  contained: Contained,
  keepEnded: (session: EndedSession) => void,
): void {
  if (record.seq > contained.users) replayUsers(memory, record)
  if (record.seq > contained.earnings) replayEarnings(memory, record)
  if (record.seq > contained.open) replayOpen(memory, record)
  if (record.seq > contained.sessions) for (const session of record.ended ?? []) keepEnded(session)
}

function replayUsers(memory: Memory, record: JournalRecord): void {
  for (const [id, patch] of Object.entries(record.users ?? {})) {
    const user = applyPatch(memory.users.get(id) ?? {}, patch)
    setUser(memory, id, user as unknown as User)
  }
  for (const [account, after] of heldAfter(record, 'wallet:')) {
    const user = memory.users.get(account)
    invariant(user && isClient(user), `record ${record.seq} moves money of ${account}, who is no client`)
    setUser(memory, account, { ...user, balanceCents: cents(after) })
  }
  for (const [account, after] of heldAfter(record, 'debt:')) {
    const user = memory.users.get(account)
    invariant(user && isClient(user), `record ${record.seq} moves the debt of ${account}, who is no client`)
    setUser(memory, account, { ...user, debtCents: cents(0 - after) })
  }
}

function replayEarnings(memory: Memory, record: JournalRecord): void {
  for (const [readerId, after] of heldAfter(record, 'earnings:')) setEarnings(memory, readerId, cents(after))
}

function replayOpen(memory: Memory, record: JournalRecord): void {
  for (const [id, patch] of Object.entries(record.open ?? {})) {
    const session = applyPatch(memory.open.get(id) ?? {}, patch)
    setOpen(memory, id, session as unknown as OpenSession)
  }
  for (const session of record.ended ?? []) setOpen(memory, session.id, undefined)
}

/** Whose account of the kind held how much after the record, in its order. */
function* heldAfter(record: JournalRecord, kind: string): Generator<[id: string, cents: number]> {
  for (const [, ...legs] of record.money ?? []) {
    for (const [account, , after] of legs) {
      if (account.startsWith(kind) && after !== undefined) yield [account.slice(kind.length), after]
    }
  }
}
