/** Writes and loads the JSON files that are replaced as a whole: an array each, a record a line. */
import { crc32 } from 'node:zlib'
import { invariant } from '../../domain/errors.ts'
import type { OpenSession } from '../../domain/session.ts'
import type { AnyTable } from '../../domain/table.ts'
import { PERSONAL_USER_FIELDS, type User } from '../../domain/user.ts'
import { cents } from '../../shared/money.ts'
import type { Disk, ReadingDisk } from './disk/disk.ts'
import { readWhole, type Written, writeNew } from './disk/files.ts'
import { parseLine } from './journal/record.ts'
import { LAST_LOOK_FILE } from './last-look.ts'
import { MANIFEST_FILE, type Manifest, type Mark, marksOf } from './manifest.ts'
import { earningsRecords, type Memory, setEarnings, setOpen, setUser } from './memory.ts'
import { KEYS_FILE } from './people/keys-file.ts'
import { idOf, type Rows, setRow } from './rows.ts'
import { SESSIONS_FILE } from './session-lines.ts'
import { STRAYS_FILE } from './stray-payments.ts'

/** One of the files; each may lag behind the journal independently. */
export interface CheckpointFile {
  /** Its name in checkpoint.json. */
  readonly name: string
  readonly fileName: string
  /** The field with the id of a record. */
  readonly key: string
  /** Fields that the journal says under a person's own key. */
  readonly personal: readonly string[]
  /** Returns the records as they are now, in a list of their own. */
  records(memory: Memory): readonly object[]
  /** Puts a record of the file into memory; its format is known from the file's checksum. */
  restore(memory: Memory, record: Record<string, unknown>): void
  /** Returns how often what the file shows has changed. */
  changes(memory: Memory): number
}

/** The files that are there whatever tables are declared: older builds know them too. */
const CORE_FILES: readonly CheckpointFile[] = [
  {
    name: 'users',
    fileName: 'users.json',
    key: 'id',
    personal: PERSONAL_USER_FIELDS,
    records: (memory) => memory.users.copy(),
    restore: (memory, record) => {
      const user = record as unknown as User
      setUser(memory, user.id, user)
    },
    changes: ({ changes }) => changes.users,
  },
  {
    name: 'earnings',
    fileName: 'earnings.json',
    key: 'readerId',
    personal: [],
    records: earningsRecords,
    restore: (memory, record) => {
      const { readerId, totalCents } = record as { readerId: string; totalCents: number }
      setEarnings(memory, readerId, cents(totalCents))
    },
    changes: ({ changes }) => changes.earnings,
  },
  {
    name: 'open',
    fileName: 'open-sessions.json',
    key: 'id',
    personal: ['clientName', 'readerName'],
    records: (memory) => [...memory.open.values()],
    restore: (memory, record) => {
      const session = record as unknown as OpenSession
      setOpen(memory, session.id, session)
    },
    changes: ({ changes }) => changes.open,
  },
]

/**
 * Returns every file, those of the tables first. They are put in place in this order, so that an
 * older build, which knows only the others, finds the table files at least as far as the record it
 * goes on from. Throws a BrokenInvariant for a name or a file that two have, or an invalid one.
 */
export function checkpointFilesOf(tables: readonly AnyTable[]): readonly CheckpointFile[] {
  const files = [...tables.map(fileOfTable), ...CORE_FILES]
  const names = [...files.flatMap(({ name, fileName }) => [name, fileName]), ...OTHER_NAMES]
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  invariant(twice === undefined, `two tables are called ${twice}`)
  const odd = tables.find(({ name, file }) => !/^[a-z]\w*$/i.test(name) || !/^[a-z-]+\.json$/.test(file))
  const ownerless = tables.find(({ owner, personal }) => owner === undefined && personal.length > 0)
  invariant(!ownerless, `the personal fields of ${ownerless?.name} belong to no one`)
  invariant(!odd, `no table can be called ${odd?.name} and be in ${odd?.file}`)
  return files
}

/** Other names in checkpoint.json and in the folder. */
const OTHER_NAMES = ['sessions', SESSIONS_FILE, MANIFEST_FILE, LAST_LOOK_FILE, STRAYS_FILE, KEYS_FILE]

function fileOfTable(table: AnyTable): CheckpointFile {
  const { name, file, key, personal } = table
  const rowsIn = (memory: Memory): Rows => {
    const rows = memory.rows.get(name)
    invariant(rows, `there is no table ${name} in this memory`)
    return rows
  }
  return {
    name,
    fileName: file,
    key,
    personal,
    records: (memory) => [...rowsIn(memory).byId.values()],
    restore: (memory, record) => setRow(rowsIn(memory), idOf(table, record), record),
    changes: (memory) => rowsIn(memory).changes,
  }
}

const PIECE_BYTES = 64 * 1024 // what is made of it at a time takes well under a millisecond
const CLOSING = '\n]\n'
const LARGEST_CHAR_BYTES = 3 // of one UTF-16 unit in UTF-8

/** Writes the records beside the file, ready to be renamed over it. */
export function writeBeside(disk: Disk, file: CheckpointFile, records: readonly object[]): Promise<Written> {
  return writeNew(disk, besideName(file), pieces(records))
}

export function besideName(file: CheckpointFile): string {
  return `${file.fileName}.tmp`
}

/**
 * Yields the text in pieces. Each is valid until the next is asked for: they share their bytes, so
 * that a file of any size leaves no garbage.
 */
function* pieces(records: readonly object[]): Generator<string | Uint8Array> {
  if (records.length === 0) return yield '[]\n'
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let filled = piece.write('[')
  let separator = '\n'
  for (const record of records) {
    const line = separator + JSON.stringify(record)
    separator = ',\n'
    const most = line.length * LARGEST_CHAR_BYTES
    if (filled + most > PIECE_BYTES - CLOSING.length) {
      yield piece.subarray(0, filled)
      filled = 0
    }
    if (most > PIECE_BYTES) yield line
    else filled += piece.write(line, filled)
  }
  filled += piece.write(CLOSING, filled)
  yield piece.subarray(0, filled)
}

export interface LoadedFile {
  readonly lines: readonly Record<string, unknown>[]
  readonly mark: Mark
}

/**
 * Returns the records of the file and the mark that it fits; undefined when it is missing or fits
 * none.
 */
export async function loadFile(
  disk: ReadingDisk,
  { name, fileName }: CheckpointFile,
  manifest: Manifest,
): Promise<LoadedFile | undefined> {
  const bytes = (await readWhole(disk, fileName)) ?? Buffer.alloc(0)
  const crc = crc32(bytes)
  const fitting = marksOf(manifest, name).filter((mark) => mark.bytes === bytes.length && mark.crc === crc)
  const mark = fitting.sort((a, b) => a.seq - b.seq).at(-1)
  return mark && { lines: recordsIn(bytes), mark }
}

const NEWLINE = 0x0a
const COMMA = 0x2c

function recordsIn(bytes: Buffer): Record<string, unknown>[] {
  const records: Record<string, unknown>[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline
    const record = parseLine(bytes.subarray(start, bytes[end - 1] === COMMA ? end - 1 : end))
    if (record) records.push(record)
    start = end + 1
  }
  return records
}
