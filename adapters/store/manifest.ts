/**
 * Reads and writes checkpoint.json: which journal record each of the files contains. It is replaced
 * before the files, and lists both what is in their place now and what is about to be, so that a
 * file's size and checksum show which of the two it is.
 */
import type { Disk, ReadingDisk } from './disk/disk.ts'
import { readWhole, replaceFile } from './disk/files.ts'
import { checkedSum, FORMAT, isObject, type PaymentMode, parseLine, sealed } from './journal/record.ts'
import type { Leaving } from './people/person-keys.ts'

/** Every build that ever wrote the file lists these. */
const CORE = ['users', 'earnings', 'open']

export const MANIFEST_FILE = 'checkpoint.json'

export interface Mark {
  /** Number of the last record that the file contains. */
  readonly seq: number
  readonly bytes: number
  readonly crc: number
}

/**
 * `bytes` and `crc` of sessions.json without the closing bracket, and the same of the index of its
 * `count` sessions.
 */
export interface SessionsMark extends Mark {
  readonly count: number
  readonly indexCrc: number
}

export interface Manifest {
  readonly epoch: number
  /** The mode in which payments were taken last; absent in a folder of an older version. */
  readonly mode?: PaymentMode | undefined
  /** For each file that is replaced, by its name: what may be in its place, at most one of each. */
  readonly views: Readonly<Record<string, readonly Mark[]>>
  /** Certain contents of sessions.json; more may follow. */
  readonly sessions?: SessionsMark
  /** Contents that are about to replace it: the same sessions without the names of those who left. */
  readonly sessionsNext?: SessionsMark | undefined
  /** People who have left, and whose keys and names may still be on the disk. */
  readonly leaving?: readonly Leaving[] | undefined
  /** True where keys.json belongs to the folder; absent in a folder of an older version. */
  readonly keys?: boolean | undefined
}

export const EMPTY_MANIFEST: Manifest = { epoch: 0, views: {} }

/**
 * Returns what may be in the place of a file. One that is missing in checkpoint.json is the file of
 * a table that the build which wrote it did not know: up to there the table has no records and no
 * file.
 */
export function marksOf({ views }: Manifest, name: string): readonly Mark[] {
  const seqs = Object.values(views).flatMap((marks) => marks.map(({ seq }) => seq))
  return views[name] ?? (seqs.length === 0 ? [] : [{ seq: Math.max(...seqs), bytes: 0, crc: 0 }])
}

/** Returns the manifest; undefined when the file is missing or not as it was written. */
export async function readManifest(disk: ReadingDisk): Promise<Manifest | undefined> {
  const line = await readWhole(disk, MANIFEST_FILE)
  if (!line || checkedSum(line, 0) === undefined) return undefined
  const value = parseLine(line)
  return value && isManifest(value) ? value : undefined
}

/** Replaces the file as a whole; on failure the old one is kept. */
export async function writeManifest(disk: Disk, manifest: Manifest): Promise<void> {
  const { text } = sealed(JSON.stringify({ v: FORMAT, ...manifest }).slice(0, -1), 0)
  await replaceFile(disk, MANIFEST_FILE, [text])
}

function isManifest(value: Record<string, unknown>): value is Record<string, unknown> & Manifest {
  const { views } = value
  return (
    value.v === FORMAT &&
    isObject(views) &&
    Object.values(views).every(Array.isArray) &&
    CORE.every((name) => views[name])
  )
}
