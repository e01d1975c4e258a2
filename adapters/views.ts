/** The JSON files that are replaced as a whole: an array each, a record a line. */
import { crc32 } from 'node:zlib'
import type { OpenSession } from '../domain/session.ts'
import type { User } from '../domain/user.ts'
import { cents } from '../shared/money.ts'
import type { Disk, ReadingDisk } from './disk.ts'
import { readWhole, type Written, writeNew } from './files.ts'
import type { Mark } from './marks.ts'
import { type Memory, setEarnings, setOpen, setUser } from './memory.ts'
import { parseLine } from './record.ts'
import type { View } from './replay.ts'

export const VIEW_FILES: Readonly<Record<View, string>> = {
  users: 'users.json',
  earnings: 'earnings.json',
  open: 'open-sessions.json',
}

const PIECE_BYTES = 64 * 1024 // what is made of it between two breaths takes well under a millisecond
const CLOSING = '\n]\n'
const LARGEST_CHAR_BYTES = 3 // of one UTF-16 unit in UTF-8

/** Writes the records beside the file, ready to be renamed over it. */
export function writeBeside(disk: Disk, view: View, records: readonly object[]): Promise<Written> {
  return writeNew(disk, besideName(view), pieces(records))
}

export function besideName(view: View): string {
  return `${VIEW_FILES[view]}.tmp`
}

/** Each piece is good until the next is asked for: they share their bytes, so that a file of any size leaves no garbage. */
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

export interface LoadedView {
  readonly lines: readonly Record<string, unknown>[]
  readonly mark: Mark
}

/** The records of the file and the mark that it fits; undefined when it is missing or fits none. */
export async function loadView(
  disk: ReadingDisk,
  view: View,
  marks: readonly Mark[],
): Promise<LoadedView | undefined> {
  const bytes = await readWhole(disk, VIEW_FILES[view])
  if (!bytes) return undefined
  const crc = crc32(bytes)
  const fitting = marks.filter((mark) => mark.bytes === bytes.length && mark.crc === crc)
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

/** Puts the records of a file into memory; they are our own, as their checksum says. */
export function restore(memory: Memory, view: View, lines: LoadedView['lines']): void {
  const records: readonly unknown[] = lines
  if (view === 'users') for (const user of records as readonly User[]) setUser(memory, user.id, user)
  if (view === 'open')
    for (const session of records as readonly OpenSession[]) setOpen(memory, session.id, session)
  if (view !== 'earnings') return
  for (const { readerId, totalCents } of records as readonly { readerId: string; totalCents: number }[]) {
    setEarnings(memory, readerId, cents(totalCents))
  }
}
