/**
 * Collects what one transaction has written so far. Memory is changed at once, and the old values are
 * kept, both to undo the change and to find what is new for the journal.
 */
import type { EndedSession, OpenSession } from '../../domain/session.ts'
import type { User } from '../../domain/user.ts'
import type { Cents } from '../../shared/money.ts'
import type { SessionArchive } from './archive.ts'
import { quoted, textOf } from './journal/json-text.ts'
import type { PatchText } from './journal/patch.ts'
import { type Content, FORMAT, SEALED_FORMAT, TABLES_FORMAT } from './journal/record.ts'
import {
  type Memory,
  replaceMoney,
  replaceOpen,
  replaceUser,
  setEarnings,
  setOpen,
  setUser,
} from './memory.ts'
import type { Leaving, PersonKeys } from './people/person-keys.ts'
import { rowPatch, sealedSessions, sessionPatch, userPatch } from './people/sealing.ts'
import { fieldOf, type Rows, setRow } from './rows.ts'

/** `before` is the earlier write of the same transaction: undoing goes from each to the one before. */
type Write = { readonly id: string; readonly before: Write | undefined } & (
  | { readonly kind: 'user'; readonly old: User | undefined }
  | { readonly kind: 'open'; readonly old: OpenSession | undefined }
  | { readonly kind: 'earnings'; readonly old: Cents | undefined }
  | { readonly kind: 'undo'; readonly old: () => void }
  | { readonly kind: 'row'; readonly rows: Rows; readonly old: object | undefined }
)

export interface ChangeSet {
  /** Starts again, for the next transaction. */
  begin(): void
  /** Puts `user` in place of `old`. */
  user(old: User | undefined, user: User): void
  /**
   * Puts `user` in place of `old`, who is at `place` among the users; only {@link MONEY_FIELDS} may
   * differ.
   */
  money(place: number, old: User, user: User): void
  open(old: OpenSession | undefined, session: OpenSession): void
  ended(old: OpenSession, session: EndedSession): void
  earnings(readerId: string, old: Cents | undefined, total: Cents): void
  /** Puts `row` in place of the record with the id in a table; undefined removes it. */
  row(rows: Rows, id: string, row: object | undefined): void
  /** Takes the keys of a person who leaves out of use. */
  gone(personId: string): void
  /**
   * Notes an entry, whose legs have been carried out, as it goes into the journal:
   * `["key",[leg],…]`.
   */
  entry(text: string): void
  /** Returns the function that puts memory back as it was; it stays valid. */
  rollback(): () => void
  /**
   * Returns whose change it is: the first user written, else the client of the first open session,
   * else the owner of the first record, else ''.
   */
  accountId(): string
  /** Returns what the journal record says; no fields when nothing changed. */
  content(): Content
}

/** Fields of a user that entries record. */
const MONEY_FIELDS = ['balanceCents', 'debtCents']

export function createChangeSet(memory: Memory, archive: SessionArchive, people: PersonKeys): ChangeSet {
  const users = createFirsts<User>()
  const open = createFirsts<OpenSession>()
  let latest: Write | undefined
  let money = ''
  let ended: EndedSession[] = []
  /** The tables that were changed; hardly any transaction changes one. */
  let tables: ChangedTable[] = []
  let gone: Leaving[] = []

  return {
    begin: () => {
      latest = undefined
      users.clear()
      open.clear()
      money = ''
      if (ended.length > 0) ended = []
      if (tables.length > 0) tables = []
      if (gone.length > 0) gone = []
    },
    user: (old, user) => {
      latest = { kind: 'user', id: user.id, old, before: latest }
      users.note(user.id, old)
      replaceUser(memory, old, user)
    },
    money: (place, old, user) => {
      latest = { kind: 'user', id: user.id, old, before: latest }
      replaceMoney(memory, place, user)
    },
    open: (old, session) => {
      latest = { kind: 'open', id: session.id, old, before: latest }
      open.note(session.id, old)
      replaceOpen(memory, old, session)
    },
    ended: (old, session) => {
      latest = { kind: 'open', id: session.id, old, before: latest }
      open.note(session.id, old)
      setOpen(memory, session.id, undefined)
      latest = { kind: 'undo', id: session.id, old: archive.add(session), before: latest }
      ended.push(session)
    },
    earnings: (readerId, old, total) => {
      latest = { kind: 'earnings', id: readerId, old, before: latest }
      setEarnings(memory, readerId, total)
    },
    row: (rows, id, row) => {
      const old = rows.byId.get(id)
      latest = { kind: 'row', id, rows, old, before: latest }
      changedTable(tables, rows).firsts.note(id, old)
      setRow(rows, id, row)
    },
    gone: (personId) => {
      const { leaving, undo } = people.forget(personId)
      latest = { kind: 'undo', id: personId, old: undo, before: latest }
      gone.push(leaving)
    },
    entry: (text) => {
      money = money === '' ? text : `${money},${text}`
    },
    rollback: () => {
      const last = latest
      return () => {
        for (let write = last; write; write = write.before) takeBack(memory, write)
      }
    },
    accountId: () => {
      const [session] = open.all
      return users.all[0]?.id ?? (session && memory.open.get(session.id)?.clientId) ?? ownerIn(tables) ?? ''
    },
    content: () => {
      let text = money === '' ? '' : `,"money":[${money}]`
      let format = FORMAT
      const add = (field: string, of: FieldText) => {
        if (of.text !== '') text += `,"${field}":{${of.text}}`
        if (of.format > format) format = of.format
      }
      add(
        'users',
        patches(users.all, memory.users, (old, now) => userPatch(people, old, now, recordedOf(old))),
      )
      add(
        'open',
        patches(open.all, memory.open, (old, now) => sessionPatch(people, old, now)),
      )
      if (ended.length > 0) {
        text += `,"ended":${sealedSessions(people, ended)}`
        format = SEALED_FORMAT
      }
      if (tables.length > 0) add('tables', tablesText(people, tables))
      if (gone.length > 0) add('gone', goneText(gone))
      return { fields: text, format }
    },
  }
}

function takeBack(memory: Memory, write: Write): void {
  if (write.kind === 'undo') write.old()
  else if (write.kind === 'open') setOpen(memory, write.id, write.old)
  else if (write.kind === 'earnings') setEarnings(memory, write.id, write.old)
  else if (write.kind === 'row') setRow(write.rows, write.id, write.old)
  else setUser(memory, write.id, write.old)
}

const NO_FIELDS: readonly string[] = []

const recordedOf = (old: User | undefined): readonly string[] => (old ? MONEY_FIELDS : NO_FIELDS)

/** The inside of a field of the record, and the format that it takes to read it. */
type FieldText = Pick<PatchText, 'text' | 'format'>

/** Returns the patches from the values before the first write to those of now. */
function patches<T extends object>(
  firsts: readonly First<T>[],
  current: { get(id: string): T | undefined },
  patchOf: (old: T | undefined, now: T, id: string) => FieldText,
): FieldText {
  let text = ''
  let format = FORMAT
  for (const { id, old } of firsts) {
    const now = current.get(id)
    if (!now) continue
    const patch = patchOf(old, now, id)
    if (patch.text !== '') text += `${text && ','}${quoted(id)}:${patch.text}`
    if (patch.format > format) format = patch.format
  }
  return { text, format }
}

function goneText(gone: readonly Leaving[]): FieldText {
  const text = gone.map(({ personId, keyIds }) => `${quoted(personId)}:${textOf(keyIds)}`).join(',')
  return { text, format: SEALED_FORMAT }
}

interface ChangedTable {
  readonly rows: Rows
  readonly firsts: Firsts<object>
}

function changedTable(tables: ChangedTable[], rows: Rows): ChangedTable {
  const known = tables.find((table) => table.rows === rows)
  if (known) return known
  const fresh = { rows, firsts: createFirsts<object>() }
  tables.push(fresh)
  return fresh
}

function ownerIn(tables: readonly ChangedTable[]): string | undefined {
  const [{ rows, firsts } = {}] = tables
  const first = firsts?.all[0]
  const row = first && (rows?.byId.get(first.id) ?? first.old)
  const owner = row && rows?.table.owner !== undefined && fieldOf(row, rows.table.owner)
  return typeof owner === 'string' ? owner : undefined
}

/** Returns the patches of each table as they are in the record; '' where nothing differs. */
function tablesText(people: PersonKeys, tables: readonly ChangedTable[]): FieldText {
  let format = TABLES_FORMAT
  const texts = tables.map(({ rows, firsts }) => {
    const gone = firsts.all.filter(({ id, old }) => old && !rows.byId.has(id))
    const changed = patches(firsts.all, rows.byId, (old, now, id) =>
      rowPatch(people, rows.table, id, { old, now }),
    )
    if (changed.format > format) format = changed.format
    const changes = [changed.text, ...gone.map(({ id }) => `${quoted(id)}:null`)].filter(
      (text) => text !== '',
    )
    return changes.length === 0 ? '' : `${quoted(rows.table.name)}:{${changes.join(',')}}`
  })
  const text = texts.filter((each) => each !== '').join(',')
  return text === '' ? { text, format: FORMAT } : { text, format }
}

/** The value under an id before its first write. What entries change is in the entries. */
interface First<T> {
  readonly id: string
  readonly old: T | undefined
}

const FEW = 8 // up to here looking through them is quicker than a map

interface Firsts<T> {
  readonly all: readonly First<T>[]
  clear(): void
  note(id: string, old: T | undefined): void
}

function createFirsts<T>(): Firsts<T> {
  let all: First<T>[] = []
  let byId: Map<string, First<T>> | undefined

  const find = (id: string): First<T> | undefined => {
    if (all.length <= FEW) return all.find((first) => first.id === id)
    byId ??= new Map(all.map((first) => [first.id, first]))
    return byId.get(id)
  }

  return {
    get all() {
      return all
    },
    clear: () => {
      if (all.length > 0) all = []
      byId = undefined
    },
    note: (id: string, old: T | undefined) => {
      if (find(id)) return
      const first = { id, old }
      all.push(first)
      byId?.set(id, first)
    },
  }
}
