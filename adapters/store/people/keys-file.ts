/**
 * Reads and writes keys.json: the keys of single people, wrapped under the data key. New keys are
 * first added to a small file beside it, so that one costs the same however many there are.
 */
import { crc32 } from 'node:zlib'
import type { Disk, DiskFile, ReadingDisk } from '../disk/disk.ts'
import { codeOf } from '../disk/error-code.ts'
import { readWhole, replaceFile, syncFile, syncFolder, writeNew, writeSynced } from '../disk/files.ts'
import { checkedSum, parseLine, sealed } from '../journal/record.ts'
import { UnsafeData } from '../journal/scan.ts'

export const KEYS_FILE = 'keys.json'
export const NEW_KEYS_FILE = 'keys-new.jsonl'
export const DEBRIS_FILE = `torn-${NEW_KEYS_FILE}.bak`

/** A key as it is on the disk. */
export interface WrappedKey {
  readonly id: string
  readonly personId: string
  readonly wrapped: string
}

/** The first line of keys.json. */
export interface KeysHead {
  /** Fingerprints of the data keys that wrapped what is in the folder. */
  readonly fingerprints: readonly string[]
  /** Ids of keys that are gone although the journal does not say so, because it ends before that. */
  readonly closed: readonly string[]
}

export interface LoadedKeys extends KeysHead {
  readonly keys: readonly WrappedKey[]
  /** True where keys.json is there. */
  readonly isThere: boolean
  /** Length of the file of new keys. */
  readonly newBytes: number
  /** Bytes that a crash left of an unfinished write in that file. */
  readonly debris: Buffer
}

const FORMAT = 1
const TAIL_MARK = '\n{"count":'

/** Reads both files. Throws {@link UnsafeData} where keys.json is not as it was written. */
export async function loadKeys(disk: ReadingDisk): Promise<LoadedKeys> {
  // A running server moves keys from this file to keys.json, never back: read first, none is missed.
  const added = (await readWhole(disk, NEW_KEYS_FILE)) ?? Buffer.alloc(0)
  return keysFrom(await readWhole(disk, KEYS_FILE), added)
}

/** Returns what both files say. Throws {@link UnsafeData} where keys.json is not as it was written. */
export function keysFrom(whole: Buffer | undefined, added: Buffer): LoadedKeys {
  const { head, lines } = whole ? parseKeys(whole) : { head: {}, lines: [] }
  const byId = new Map<string, WrappedKey>()
  const { keys, debris } = newKeysIn(added)
  for (const key of [...lines, ...keys]) byId.set(key.id, key)
  return {
    keys: [...byId.values()],
    fingerprints: namesIn(head.dataKeys),
    closed: namesIn(head.closed),
    isThere: whole !== undefined,
    newBytes: added.length,
    debris,
  }
}

const namesIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Returns the keys of both, as of before and after a change. */
export function mergedKeys(
  before: LoadedKeys,
  after: LoadedKeys,
): { head: KeysHead; keys: readonly WrappedKey[] } {
  const keys = new Map([...before.keys, ...after.keys].map((key) => [key.id, key]))
  const union = (one: readonly string[], two: readonly string[]) => [...new Set([...one, ...two])]
  const head = {
    fingerprints: union(after.fingerprints, before.fingerprints),
    closed: union(before.closed, after.closed),
  }
  return { head, keys: [...keys.values()] }
}

/** Splits keys.json. An empty array, as an operator may put there for lost keys, holds none. */
function parseKeys(whole: Buffer): { head: Record<string, unknown>; lines: WrappedKey[] } {
  const text = whole.toString('utf8')
  if (text.replace(/\s/g, '') === '[]') return { head: {}, lines: [] }
  const end = text.lastIndexOf(TAIL_MARK)
  const body = text.slice(0, Math.max(end, 0))
  const [head = {}, ...lines] = body
    .split('\n')
    .slice(1)
    .map((line) => parseLine(Buffer.from(line.replace(/,$/, ''))) ?? {})
  const isWhole = text === body + tailOf(lines.length, crc32(body)) && head.v === FORMAT
  if (!isWhole || !lines.every(isKey)) throw damaged(KEYS_FILE)
  return { head, lines }
}

function damaged(name: string): UnsafeData {
  return new UnsafeData(
    `${name} is not as this program wrote it. Nothing was changed. It holds the keys to the names and addresses ` +
      'in the journal: restore it from the newest backup (docs/OPERATIONS.md, "The data key").',
  )
}

const tailOf = (count: number, crc: number): string =>
  `${TAIL_MARK}${count},"crc":"${crc.toString(16).padStart(8, '0')}"}\n]\n`

function isKey(value: Record<string, unknown>): value is Record<string, unknown> & WrappedKey {
  const { id, personId, wrapped } = value
  return [id, personId, wrapped].every((each) => typeof each === 'string')
}

/**
 * Returns the keys that were added, and what else is in the last write, which a crash may have cut
 * off: no record needs it. Throws {@link UnsafeData} for anything else in an earlier write.
 */
function newKeysIn(bytes: Buffer): { keys: WrappedKey[]; debris: Buffer } {
  const lastWrite = bytes.lastIndexOf(START_OF_WRITE)
  const keys: WrappedKey[] = []
  const debris: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf('\n', start)
    const end = newline < 0 ? bytes.length : newline + 1
    const line = bytes.subarray(start, end)
    const value = checkedSum(line, 0) === undefined ? undefined : parseLine(line)
    if (value && isKey(value)) keys.push({ id: value.id, personId: value.personId, wrapped: value.wrapped })
    else if (line.some((byte) => byte !== 0 && byte !== NEWLINE)) {
      if (start < lastWrite) throw damaged(NEW_KEYS_FILE)
      debris.push(line)
    }
    start = end
  }
  return { keys, debris: Buffer.concat(debris) }
}

const NEWLINE = 0x0a
const START_OF_WRITE = '\n\n' // the end of the write before, and the empty line that each begins with

const PIECE_KEYS = 400 // some 60 KB

/** Yields the text of keys.json in pieces. */
export function* keysText(head: KeysHead, keys: readonly WrappedKey[]): Generator<string> {
  const { fingerprints: dataKeys, closed } = head
  let piece = `[\n${JSON.stringify({ v: FORMAT, dataKeys, ...(closed.length > 0 && { closed }) })}`
  let crc = 0
  for (let at = 0; at < keys.length; at += PIECE_KEYS) {
    crc = crc32(piece, crc)
    yield piece
    piece = keys
      .slice(at, at + PIECE_KEYS)
      .map(({ id, personId, wrapped }) => `,\n${JSON.stringify({ id, personId, wrapped })}`)
      .join('')
  }
  // The comma before the tail belongs to what the checksum covers.
  piece += ','
  yield piece
  yield tailOf(keys.length, crc32(piece, crc))
}

export interface KeysFile {
  /** True where keys.json is there. */
  readonly isThere: boolean
  /** Bytes in keys.json as last written by this process, and in the file of new keys. */
  readonly bytes: number
  readonly newBytes: number
  /** Keeps the debris in a file of its own. */
  putAside(debris: Buffer): Promise<void>
  /** Adds keys; resolves once they are on the disk. */
  add(keys: readonly WrappedKey[]): Promise<void>
  /** Replaces keys.json with exactly these keys, and empties the file of new ones. */
  replace(head: KeysHead, keys: readonly WrappedKey[]): Promise<void>
  close(): Promise<void>
}

/** Returns the files as {@link loadKeys} found them; one call at a time. */
export function openKeysFile(disk: Disk, found: LoadedKeys): KeysFile {
  let { isThere, newBytes } = found
  let bytes = 0
  let file: DiskFile | undefined

  const openNew = async (): Promise<DiskFile> => {
    file ??= await openOrCreate(disk)
    return file
  }

  return {
    get isThere() {
      return isThere
    },
    get bytes() {
      return bytes
    },
    get newBytes() {
      return newBytes
    },
    putAside: async (debris) => {
      await writeNew(disk, DEBRIS_FILE, [debris])
      await syncFolder(disk)
    },
    add: async (keys) => {
      const lines = keys.map(({ id, personId, wrapped }) => {
        const body = JSON.stringify({ id, personId, wrapped }).slice(0, -1)
        return sealed(body, 0).text
      })
      // An unfinished line that a crash left has no newline of its own; see START_OF_WRITE.
      const chunk = Buffer.from(`\n${lines.join('')}`)
      await writeSynced(await openNew(), chunk, newBytes)
      newBytes += chunk.length
    },
    replace: async (head, keys) => {
      const counted = countBytes(keysText(head, keys))
      await replaceFile(disk, KEYS_FILE, counted.pieces)
      isThere = true
      bytes = counted.bytes()
      if (newBytes === 0) return
      const added = await openNew()
      await added.truncate(0)
      newBytes = 0
      await syncFile(added)
    },
    close: async () => {
      await file?.close()
      file = undefined
    },
  }
}

function countBytes(pieces: Iterable<string>): { pieces: Iterable<string>; bytes: () => number } {
  let bytes = 0
  const counting = function* () {
    for (const piece of pieces) {
      bytes += Buffer.byteLength(piece)
      yield piece
    }
  }
  return { pieces: counting(), bytes: () => bytes }
}

async function openOrCreate(disk: Disk): Promise<DiskFile> {
  try {
    return await disk.open(NEW_KEYS_FILE, 'through')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const made = await disk.open(NEW_KEYS_FILE, 'create')
  await made.close()
  await syncFolder(disk)
  return disk.open(NEW_KEYS_FILE, 'through')
}
