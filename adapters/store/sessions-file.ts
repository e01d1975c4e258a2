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
import type { Disk, DiskFile } from './disk/disk.ts'
import { openIfThere, readWhole, replaceFile, syncFile, syncFolder, writeAll } from './disk/files.ts'
import { parseLine } from './journal/record.ts'
import { UnsafeData } from './journal/scan.ts'
import type { SessionsMark } from './manifest.ts'
import { SESSIONS_BESIDE_FILE, type SessionsMade, writeWithoutNames } from './people/past-names.ts'
import {
  closing,
  eachSession,
  OPENING,
  PIECE_BYTES,
  placeOf,
  SESSIONS_FILE,
  separatorOf,
} from './session-lines.ts'

export const INDEX_FILE = 'sessions.index'

/** No session yet: the array is open and empty. */
export const EMPTY_MARK: SessionsMark = { seq: 0, bytes: 1, crc: crc32(OPENING), count: 0, indexCrc: 0 }

// Up to this size the file is replaced as a whole, so that other programs never read half an
// append.
const REPLACED_UP_TO_BYTES = 1 << 20
// Beyond it, a start checks only the file's end; each session is checked when it is read, and all
// by `npm run books`.
const CHECKED_WHOLE_UP_TO_BYTES = 64 << 20

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
  /**
   * Writes all sessions beside the file with another name for these people; returns the mark of what
   * is there then, and what puts it in place.
   */
  rewriteBeside(personIds: readonly string[]): Promise<Rewritten>
}

export interface Rewritten {
  readonly mark: SessionsMark
  putInPlace(): Promise<void>
}

/**
 * Opens the files at `mark`; undefined when they do not hold what it says and must be rewritten. Of a
 * file longer than `checkedUpTo` only the end is checked.
 */
export async function openSessionsFile(
  disk: Disk,
  mark: SessionsMark,
  checkedUpTo = CHECKED_WHOLE_UP_TO_BYTES,
): Promise<SessionsFile | undefined> {
  const checked = await checkSessions(disk, mark, checkedUpTo)
  if (!checked) return undefined
  const index = (await loadIndex(disk, mark)) ?? (await rebuildIndex(disk, mark))
  return index && sessionsFile(disk, index.entries, mark, checked.exact && index.exact)
}

/** Creates the files for no session yet, whatever is in their place now. */
export function newSessionsFile(disk: Disk): SessionsFile {
  return sessionsFile(disk, createArchiveIndex(), EMPTY_MARK, false)
}

function sessionsFile(
  disk: Disk,
  startIndex: ArchiveIndex,
  from: SessionsMark,
  wasExact: boolean,
): SessionsFile {
  let index = startIndex
  let mark = from
  let exact = wasExact
  /** Under way while another file is put in place, for which the places in the index do not count. */
  let replacing: Promise<void> | undefined

  async function putInPlace(made: SessionsMade, next: SessionsMark): Promise<void> {
    await disk.rename(SESSIONS_BESIDE_FILE, SESSIONS_FILE)
    index = createArchiveIndex()
    for (const entry of made.entries) index.add(entry)
    mark = next
    exact = false
    await syncFolder(disk)
    await replaceFile(disk, INDEX_FILE, [encodeEntries(made.entries)])
    exact = true
  }

  /** Reads sessions, again where the file was replaced in the middle. */
  async function read(ordinals: readonly number[]): Promise<EndedSession[]> {
    await replacing
    const before = index
    try {
      const entries = ordinals.map((ordinal) => before.entry(ordinal))
      return await readSessions(disk, entries)
    } catch (error) {
      await replacing
      if (index === before) throw error
      return read(ordinals)
    }
  }

  return {
    get index() {
      return index
    },
    get mark() {
      return mark
    },
    get exact() {
      return exact
    },
    read,
    rewriteBeside: async (personIds) => {
      const isNamed = personIds.some((id) => !index.ofPerson(id)[Symbol.iterator]().next().done)
      if (!isNamed) return { mark, putInPlace: async () => undefined }
      const made = await writeWithoutNames(disk, { mark, index }, personIds)
      const indexCrc = crc32(encodeEntries(made.entries))
      const next = { ...mark, bytes: made.bytes, crc: made.crc, indexCrc }
      return {
        mark: next,
        putInPlace: async () => {
          replacing = putInPlace(made, next).finally(() => {
            replacing = undefined
          })
          await replacing
        },
      }
    },
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
    const before = separatorOf(mark.count + entries.length)
    const line = Buffer.from(JSON.stringify(session))
    offset += before.length
    entries.push(entryOf(session, placeOf(line, offset)))
    offset += line.length
    lines.push(Buffer.from(before), line)
  }
  return { text: Buffer.concat(lines), entries, index: encodeEntries(entries) }
}

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
async function checkSessions(
  disk: Disk,
  mark: SessionsMark,
  checkedUpTo: number,
): Promise<{ exact: boolean } | undefined> {
  const file = await openIfThere(disk, SESSIONS_FILE)
  if (!file) return undefined
  try {
    const size = await file.size()
    if (size < mark.bytes) return undefined
    const known = mark.bytes <= checkedUpTo ? (await crcOf(file, mark.bytes)) === mark.crc : true
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
