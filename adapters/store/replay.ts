/** Applies a journal record to what is in memory. Start-up and `npm run books` share it. */
import { invariant } from '../../domain/errors.ts'
import type { EndedSession, OpenSession } from '../../domain/session.ts'
import { isClient } from '../../domain/user.ts'
import { cents } from '../../shared/money.ts'
import { applyPatch } from './journal/patch.ts'
import type { JournalRecord } from './journal/record.ts'
import { UnsafeData } from './journal/scan.ts'
import { type Memory, setEarnings, setOpen, setUser } from './memory.ts'
import type { Unsealer } from './people/person-keys.ts'
import { patchedRow, patchedUser, unsealedSession } from './people/sealing.ts'
import { idOf, setRow } from './rows.ts'

/**
 * Throws {@link UnsafeData} where the record changes a table of a newer build: read without it, the
 * data would be wrong.
 */
export function refuseUnknownTables({ seq, tables = {} }: JournalRecord, memory: Memory, file: string): void {
  const unknown = Object.keys(tables).find((name) => !memory.rows.has(name))
  if (unknown === undefined) return
  throw new UnsafeData(
    `Record ${seq} in ${file} changes the table ${unknown}, which this program does not know: a newer one wrote it. ` +
      'Nothing was changed. Start the newer one; docs/OPERATIONS.md explains how to go back.',
  )
}

/**
 * Number of the last record that each file contains, by its name in checkpoint.json; a file without
 * one contains none.
 */
export type Contained = ReadonlyMap<string, number>

/**
 * Applies to each part what it does not contain yet; calls `keepEnded` with the sessions that
 * ended.
 */
export function replay(
  memory: Memory,
  record: JournalRecord,
  contained: Contained,
  people: Unsealer,
  keepEnded: (session: EndedSession) => void,
): void {
  const isNews = (file: string) => record.seq > (contained.get(file) ?? 0)
  if (isNews('users')) replayUsers(memory, record, people)
  if (isNews('earnings')) replayEarnings(memory, record)
  if (isNews('open')) replayOpen(memory, record, people)
  if (isNews('sessions')) {
    for (const session of record.ended ?? []) keepEnded(unsealedSession(people, session.id, session))
  }
  if (record.tables) replayTables(memory, record, people, isNews)
  for (const [personId, keyIds] of Object.entries(record.gone ?? {})) people.leave({ personId, keyIds })
}

function replayUsers(memory: Memory, record: JournalRecord, people: Unsealer): void {
  for (const [id, patch] of Object.entries(record.users ?? {})) {
    setUser(memory, id, patchedUser(people, memory.users.get(id), id, patch))
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

function replayOpen(memory: Memory, record: JournalRecord, people: Unsealer): void {
  for (const [id, patch] of Object.entries(record.open ?? {})) {
    const session = applyPatch(memory.open.get(id) ?? {}, patch)
    setOpen(memory, id, unsealedSession(people, id, session) as unknown as OpenSession)
  }
  for (const session of record.ended ?? []) setOpen(memory, session.id, undefined)
}

function replayTables(
  memory: Memory,
  record: JournalRecord,
  people: Unsealer,
  isNews: (file: string) => boolean,
): void {
  for (const [name, patches] of Object.entries(record.tables ?? {})) {
    const rows = memory.rows.get(name)
    invariant(rows, `record ${record.seq} changes the table ${name}, which is not known`)
    if (!isNews(name)) continue
    for (const [id, patch] of Object.entries(patches)) {
      const row = patch === null ? undefined : patchedRow(people, rows.table, id, rows.byId.get(id), patch)
      invariant(!row || idOf(rows.table, row) === id, `record ${record.seq} changes the id of ${name} ${id}`)
      setRow(rows, id, row)
    }
  }
}

/** Yields what each account of the kind held after the record, in its order. */
function* heldAfter(record: JournalRecord, kind: string): Generator<[id: string, cents: number]> {
  for (const [, ...legs] of record.money ?? []) {
    for (const [account, , after] of legs) {
      if (account.startsWith(kind) && after !== undefined) yield [account.slice(kind.length), after]
    }
  }
}
