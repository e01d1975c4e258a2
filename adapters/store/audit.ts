/**
 * Proves a data folder from its journal alone, changing nothing: the chain, every balance, every
 * earning, every session's total, and that each JSON file is what the journal says at the record it
 * claims to contain.
 */

import { isDeepStrictEqual } from 'node:util'
import { crc32 } from 'node:zlib'
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import { balanceProblems, paymentProblems, type Totals, totalsOf } from './audit-money.ts'
import { type CheckpointFile, checkpointFilesOf, type LoadedFile, loadFile } from './checkpoint-files.ts'
import type { ReadingDisk } from './disk/disk.ts'
import { readWhole } from './disk/files.ts'
import { type JournalRecord, parseLine } from './journal/record.ts'
import { type Scanned, scanSegment, UnsafeData } from './journal/scan.ts'
import { segmentsAmong } from './journal/segments.ts'
import { EMPTY_MANIFEST, MANIFEST_FILE, type Manifest, readManifest, type SessionsMark } from './manifest.ts'
import { emptyMemory, type Memory } from './memory.ts'
import { NO_KEYS } from './people/person-keys.ts'
import { withoutNames } from './people/sealing.ts'
import { refuseUnknownTables, replay } from './replay.ts'
import { fieldOf } from './rows.ts'
import { eachSession, SESSIONS_FILE } from './session-lines.ts'
import { EMPTY_MARK } from './sessions-file.ts'
import { type BookedLeg, createRunningTotals, type RunningTotals } from './totals.ts'

export interface Audit {
  /** Disagreements; empty when the books hold. */
  readonly problems: readonly string[]
  /** Remarks that are no fault. */
  readonly notes: readonly string[]
  readonly records: number
  /** Checksum and instant of the last record. */
  readonly chain: number
  readonly at: number
  readonly segments: number
  readonly users: number
  readonly endedSessions: number
  /**
   * Sums of the entries alone, in cents: wallets, earnings, the house's share and what came in from
   * outside.
   */
  readonly totals: Totals
  /** Returns the id of a user by id or e-mail address; undefined for an unknown one. */
  idOf(person: string): string | undefined
}

/**
 * Reads the folder once and returns the report; calls `onLeg` for every leg of every entry, in
 * order.
 */
export async function audit(
  disk: ReadingDisk,
  onLeg?: (leg: BookedLeg) => void,
  tables: readonly AnyTable[] = TABLES,
): Promise<Audit> {
  const manifest = (await readManifest(disk)) ?? EMPTY_MANIFEST
  const all = await disk.list()
  const ours = [MANIFEST_FILE, SESSIONS_FILE, ...checkpointFilesOf(tables).map(({ fileName }) => fileName)]
  const isJournalAlone = !ours.some((name) => all.includes(name))
  const files = isJournalAlone ? [] : await loadFiles(disk, manifest, tables)
  const names = segmentsAmong(all)
  const books = openBooks({ complete: names[0]?.firstSeq === 1, files, tables, onLeg })
  let last: Scanned | undefined
  let at = 0
  try {
    for (const { name } of names) {
      const bytes = (await readWhole(disk, name)) ?? Buffer.alloc(0)
      const isLast = name === names.at(-1)?.name
      last = scanSegment({ name, bytes, isLast, from: 0 }, last, (record) => {
        books.add(record, name)
        at = record.at
      })
    }
  } catch (error) {
    if (!(error instanceof UnsafeData)) throw error
    books.problems.push(error.message)
  }
  if (last?.torn)
    books.notes.push(`a crash cut off the last write, after record ${last.seq}; the next start sets it aside`)
  books.finish(last?.seq ?? 0)
  if (isJournalAlone)
    books.notes.push('there is nothing but the journal; the next start makes the JSON files')
  else await auditSessionsFile(disk, manifest.sessions ?? EMPTY_MARK, books)
  const { problems, notes, memory, ended, running } = books
  return {
    problems,
    notes,
    records: last?.seq ?? 0,
    chain: last?.chain ?? 0,
    at,
    segments: names.length,
    users: memory.users.size,
    endedSessions: ended.length,
    totals: totalsOf(running),
    idOf: (person) => idOf(person, memory, files),
  }
}

/** Returns the id of a user. Addresses are in users.json, in clear, where the journal seals them. */
function idOf(person: string, { users }: Memory, files: readonly LoadedOrLost[]): string | undefined {
  const lines = files.find(({ file }) => file.name === 'users')?.loaded?.lines ?? []
  const named = [...users.values(), ...lines].find(({ id, email }) => id === person || email === person)
  return named === undefined ? undefined : String(named.id)
}

interface LoadedOrLost {
  readonly file: CheckpointFile
  /** Undefined where it is missing or not as it was written. */
  readonly loaded: LoadedFile | undefined
}

async function loadFiles(
  disk: ReadingDisk,
  manifest: Manifest,
  tables: readonly AnyTable[],
): Promise<LoadedOrLost[]> {
  const load = async (file: CheckpointFile) => ({ file, loaded: await loadFile(disk, file, manifest) })
  return Promise.all(checkpointFilesOf(tables).map(load))
}

export interface Books {
  readonly problems: string[]
  readonly notes: string[]
  readonly memory: Memory
  readonly running: RunningTotals
  /** The checksum of each ended session's line, in the order of ending. */
  readonly ended: number[]
  /** True where the journal reaches back to the first record. */
  readonly complete: boolean
  /** Adds the next record, from the segment of this name. */
  add(record: JournalRecord, segment: string): void
  finish(lastSeq: number): void
}

const NOTHING_CONTAINED = new Map<string, number>()

/** Opens books to which records are added in order; `files` are held against them on the way. */
export function openBooks(parts: {
  complete: boolean
  files: readonly LoadedOrLost[]
  tables: readonly AnyTable[]
  onLeg: ((leg: BookedLeg) => void) | undefined
}): Books {
  const { complete, files, tables, onLeg } = parts
  const memory = emptyMemory(tables)
  const running = createRunningTotals(complete)
  const problems: string[] = []
  const notes: string[] = []
  const ended: number[] = []
  if (!complete)
    notes.push('the beginning of the journal is missing: balances are proved from its first entry on')

  return {
    problems,
    notes,
    memory,
    running,
    ended,
    complete,
    add: (record, segment) => {
      refuseUnknownTables(record, memory, segment)
      problems.push(...running.add(record, onLeg))
      if (!complete) return void countEnded(ended, record)
      problems.push(...growthProblems(memory, record))
      replay(memory, record, NOTHING_CONTAINED, NO_KEYS, (session) => ended.push(crcOf(session)))
      for (const { file, loaded } of files)
        if (loaded?.mark.seq === record.seq) problems.push(...compare(memory, file, loaded))
    },
    finish: (lastSeq) => {
      for (const { file, loaded } of files) {
        if (!loaded)
          problems.push(`${file.fileName} is missing or not as written; the next start rewrites it`)
        else if (loaded.mark.seq > lastSeq) problems.push(`${file.fileName} is newer than the journal`)
      }
      problems.push(
        ...balanceProblems(memory, running, complete),
        ...paymentProblems(memory, running, complete),
      )
    },
  }
}

/** Returns a checksum of a session but for the names. */
function crcOf(session: object): number {
  return crc32(JSON.stringify(withoutNames(session)))
}

function countEnded(ended: number[], record: JournalRecord): void {
  for (const session of record.ended ?? []) ended.push(crcOf(session))
}

/** Returns what is wrong with a record's changes to tables that only grow. */
function growthProblems(memory: Memory, { seq, tables = {} }: JournalRecord): string[] {
  return Object.entries(tables).flatMap(([name, patches]) => {
    const rows = memory.rows.get(name)
    if (!rows?.table.onlyGrows) return []
    const mayGo = ([field, value]: [string, unknown]) => value === null && rows.table.personal.includes(field)
    return Object.entries(patches)
      .filter(([id, patch]) => rows.byId.has(id) && !(patch && Object.entries(patch).every(mayGo)))
      .map(([id]) => `record ${seq} changes ${id} in ${rows.table.file}, which only grows`)
  })
}

/** Returns a record without what the journal says under a person's own key. */
function impersonal({ personal }: CheckpointFile, record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([field]) => !personal.includes(field)))
}

/**
 * Returns how the file differs from what the journal came to at the same record, but for personal
 * fields: no key is needed.
 */
function compare(memory: Memory, file: CheckpointFile, { lines }: LoadedFile): string[] {
  const expected = file.records(memory)
  const key = (record: object) => String(fieldOf(record, file.key))
  const found = new Map(lines.map((line) => [key(line), impersonal(file, line)]))
  const wrong = expected
    .filter((record) => !isDeepStrictEqual(found.get(key(record)), impersonal(file, record)))
    .map(key)
  const extra = found.size === expected.length ? [] : [`${found.size} records instead of ${expected.length}`]
  return [...wrong, ...extra].map((what) => `${file.fileName} disagrees with the journal: ${what}`)
}

async function auditSessionsFile(disk: ReadingDisk, mark: SessionsMark, books: Books): Promise<void> {
  const { problems, ended, complete } = books
  const lines: number[] = []
  const crc = await eachSession(
    disk,
    mark.bytes,
    (line) => void lines.push(crcOf(parseLine(line) ?? {})),
  ).catch(() => undefined)
  if (crc !== mark.crc || lines.length !== mark.count) {
    problems.push(`${SESSIONS_FILE} is missing or not as written; the next start rewrites it`)
    return
  }
  const expected = complete ? ended.slice(0, lines.length) : []
  const wrong = expected.findIndex((each, place) => each !== lines[place])
  if (wrong >= 0) problems.push(`${SESSIONS_FILE} disagrees with the journal at session ${wrong + 1}`)
  if (complete && lines.length > ended.length)
    problems.push(`${SESSIONS_FILE} has ${lines.length} sessions, the journal ${ended.length}`)
}
