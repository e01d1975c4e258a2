/**
 * Reads and writes sessions.json, which only ever grows at its end, and sessions.index beside it,
 * which holds the place of each session. What both hold up to a mark is never written again, so
 * after a crash whatever follows the mark is rewritten.
 */
import { crc32 } from 'node:zlib'
import type { EndedSession } from '../../domain/session.ts'
import {
  type ArchiveIndex,
  createArchiveIndex,
  decodeEntry,
  ENTRY_BYTES,
  encodeEntries,
  entryOf,
  type IndexEntry,
} from './archive-index.ts'
import type { Disk, DiskFile, ReadingDisk } from './disk/disk.ts'
import { openIfThere, readWhole, replaceFile, syncFile, writeAll } from './disk/files.ts'
import { parseLine } from './journal/record.ts'
import { UnsafeData } from './journal/scan.ts'
import type { SessionsMark } from './manifest.ts'

export const SESSIONS_FILE = 'sessions.json'
export const INDEX_FILE = 'sessions.index'

const OPENING = '['
/** No session yet: the array is open and empty. */
export const EMPTY_MARK: SessionsMark = { seq: 0, bytes: 1, crc: crc32(OPENING), count: 0, indexCrc: 0 }

// Up to this size the file is replaced as a whole, so that other programs never read half an
// append.
const REPLACED_UP_TO_BYTES = 1 << 20
// Beyond it, a start checks only the file's end; each session is checked when it is read, and all
// by `npm run books`.
const CHECKED_WHOLE_UP_TO_BYTES = 64 << 20
const PIECE_BYTES = 1 << 20

export interface SessionsFile {
  readonly index: ArchiveIndex
  readonly mark: SessionsMark
  /**
   * True where the files are exactly what the mark says; if not, the next {@link append} makes them
   * so.
   */
  readonly exact: boolean
  /** Reads the sessions at these places of the index, in this order. */
  read(ordinals: readonly number[]): Promise<EndedSession[]>
  /**
   * Adds the sessions, which ended up to record `seq`; calls `added` at once when they are on disk
   * and in the index.
   */
  append(sessions: readonly EndedSession[], seq: number, added: () => void): Promise<void>
}

/**
 * Opens the files at `mark`; undefined when they do not hold what it says and must be rewritten.
 */
export async function openSessionsFile(disk: Disk, mark: SessionsMark): Promise<SessionsFile | undefined> {
  const checked = await checkSessions(disk, mark)
  if (!checked) return undefined
  const index = (await loadIndex(disk, mark)) ?? (await rebuildIndex(disk, mark))
  return index && sessionsFile(disk, index.entries, mark, checked.exact && index.exact)
}

/** Creates the files for no session yet, whatever is in their place now. */
export function newSessionsFile(disk: Disk): SessionsFile {
  return sessionsFile(disk, createArchiveIndex(), EMPTY_MARK, false)
}

function sessionsFile(disk: Disk, index: ArchiveIndex, from: SessionsMark, wasExact: boolean): SessionsFile {
  let mark = from
  let exact = wasExact

  return {
    index,
    get mark() {
      return mark
    },
    get exact() {
      return exact
    },
    read: (ordinals) =>
      readSessions(
        disk,
        ordinals.map((ordinal) => index.entry(ordinal)),
      ),
    append: async (sessions, seq, added) => {
      if (exact && sessions.length === 0) {
        mark = { ...mark, seq }
        return
      }
      const made = render(sessions, mark)
      exact = false
      await writeSessions(disk, mark.bytes, made.text)
      await writeIndex(disk, mark.count * ENTRY_BYTES, made.index)
      for (const entry of made.entries) index.add(entry)
      const crc = crc32(made.text, mark.crc)
      const indexCrc = crc32(made.index, mark.indexCrc)
      mark = { seq, bytes: mark.bytes + made.text.length, crc, count: index.count, indexCrc }
      exact = true
      added()
    },
  }
}

async function readSessions(disk: Disk, entries: readonly IndexEntry[]): Promise<EndedSession[]> {
  if (entries.length === 0) return []
  const file = await disk.open(SESSIONS_FILE, 'read')
  try {
    const sessions: EndedSession[] = []
    for (const { offset, bytes, crc } of entries) {
      sessions.push(parseSession(await file.read(offset, bytes), crc, offset))
    }
    return sessions
  } finally {
    await file.close()
  }
}

function parseSession(line: Buffer, crc: number, offset: number): EndedSession {
  if (crc32(line) !== crc) {
    throw new UnsafeData(
      `${SESSIONS_FILE} is damaged at offset ${offset}. Delete it and start again: it will be rewritten.`,
    )
  }
  return JSON.parse(line.toString('utf8'))
}

// ---------------------------------------------------------------- adding to the end

function render(sessions: readonly EndedSession[], mark: SessionsMark) {
  const lines: Buffer[] = []
  const entries = []
  let offset = mark.bytes
  for (const session of sessions) {
    const before = mark.count + entries.length === 0 ? '\n' : ',\n'
    const line = Buffer.from(JSON.stringify(session))
    offset += before.length
    entries.push(entryOf(session, placeOf(line, offset)))
    offset += line.length
    lines.push(Buffer.from(before), line)
  }
  return { text: Buffer.concat(lines), entries, index: encodeEntries(entries) }
}

const closing = (bytes: number): string => (bytes === EMPTY_MARK.bytes ? ']\n' : '\n]\n')

async function writeSessions(disk: Disk, at: number, text: Buffer): Promise<void> {
  const end = Buffer.from(closing(at + text.length))
  if (at === EMPTY_MARK.bytes || at + text.length <= REPLACED_UP_TO_BYTES) {
    const kept = at === EMPTY_MARK.bytes ? Buffer.from(OPENING) : await readStart(disk, at)
    return replaceFile(disk, SESSIONS_FILE, [kept, text, end])
  }
  await writeInPlace(disk, SESSIONS_FILE, at, Buffer.concat([text, end]))
}

async function readStart(disk: Disk, length: number): Promise<Buffer> {
  const file = await disk.open(SESSIONS_FILE, 'read')
  try {
    return await file.read(0, length)
  } finally {
    await file.close()
  }
}

async function writeIndex(disk: Disk, at: number, bytes: Buffer): Promise<void> {
  return at > 0 ? writeInPlace(disk, INDEX_FILE, at, bytes) : replaceFile(disk, INDEX_FILE, [bytes])
}

/** Writes at `at` what the file then ends with. */
async function writeInPlace(disk: Disk, name: string, at: number, bytes: Buffer): Promise<void> {
  const file = await disk.open(name, 'update')
  try {
    for (let done = 0; done < bytes.length; done += PIECE_BYTES) {
      await writeAll(file, bytes.subarray(done, done + PIECE_BYTES), at + done)
      await syncFile(file)
    }
    if ((await file.size()) > at + bytes.length) await file.truncate(at + bytes.length)
    await syncFile(file)
  } finally {
    await file.close()
  }
}

// ---------------------------------------------------------------- checking what is there

/**
 * Checks that the file begins with what the mark says; `exact` when nothing but the closing
 * follows. Undefined when it does not.
 */
async function checkSessions(disk: Disk, mark: SessionsMark): Promise<{ exact: boolean } | undefined> {
  const file = await openIfThere(disk, SESSIONS_FILE)
  if (!file) return undefined
  try {
    const size = await file.size()
    if (size < mark.bytes) return undefined
    const known =
      mark.bytes <= CHECKED_WHOLE_UP_TO_BYTES ? (await crcOf(file, mark.bytes)) === mark.crc : true
    const end = closing(mark.bytes)
    const found = (await file.read(mark.bytes, end.length + 1)).toString('latin1')
    return known ? { exact: found === end } : undefined
  } finally {
    await file.close()
  }
}

async function crcOf(file: DiskFile, length: number): Promise<number> {
  let crc = 0
  for (let at = 0; at < length; at += PIECE_BYTES) {
    crc = crc32(await file.read(at, Math.min(PIECE_BYTES, length - at)), crc)
  }
  return crc
}

interface LoadedIndex {
  readonly entries: ArchiveIndex
  readonly exact: boolean
}

async function loadIndex(disk: Disk, mark: SessionsMark): Promise<LoadedIndex | undefined> {
  const whole = await readWhole(disk, INDEX_FILE)
  const length = mark.count * ENTRY_BYTES
  if (!whole || whole.length < length || crc32(whole.subarray(0, length)) !== mark.indexCrc) return undefined
  const entries = createArchiveIndex()
  for (let at = 0; at < length; at += ENTRY_BYTES) entries.add(decodeEntry(whole, at))
  return { entries, exact: whole.length === length }
}

/**
 * Reads every session once and returns the index; undefined when the file is not what the mark
 * says.
 */
async function rebuildIndex(disk: Disk, mark: SessionsMark): Promise<LoadedIndex | undefined> {
  const found: IndexEntry[] = []
  const crc = await eachSession(disk, mark.bytes, (line, offset) => {
    const session = parseLine(line)
    if (session) found.push(entryOf(session as unknown as EndedSession, placeOf(line, offset)))
  })
  if (crc !== mark.crc || found.length !== mark.count) return undefined
  await writeIndex(disk, 0, encodeEntries(found))
  const entries = createArchiveIndex()
  for (const entry of found) entries.add(entry)
  return { entries, exact: true }
}

const placeOf = (line: Buffer, offset: number) => ({ offset, bytes: line.length, crc: crc32(line) })

/**
 * Calls back with each line of the first `length` bytes, without its comma; returns the checksum of
 * them all.
 */
export async function eachSession(
  disk: ReadingDisk,
  length: number,
  onLine: (line: Buffer, offset: number) => void,
): Promise<number> {
  const file = await disk.open(SESSIONS_FILE, 'read')
  let crc = 0
  let rest: Buffer = Buffer.alloc(0)
  try {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const piece = await file.read(at, Math.min(PIECE_BYTES, length - at))
      crc = crc32(piece, crc)
      const bytes = Buffer.concat([rest, piece])
      rest = eachWholeLine(bytes, at - rest.length, onLine)
    }
    if (rest[0] === OPEN_BRACE) onLine(rest, length - rest.length)
    return crc
  } finally {
    await file.close()
  }
}

const OPEN_BRACE = 0x7b
const COMMA = 0x2c
const NEWLINE = 0x0a

function eachWholeLine(bytes: Buffer, base: number, onLine: (line: Buffer, offset: number) => void): Buffer {
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const line = bytes.subarray(start, bytes[end - 1] === COMMA ? end - 1 : end)
    if (line[0] === OPEN_BRACE) onLine(line, base + start)
    start = end + 1
  }
  return bytes.subarray(start)
}
