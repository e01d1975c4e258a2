/**
 * checkpoint.json: which journal record each of the files contains. It is replaced before the files it speaks of and lists
 * what stands there now and what is about to, so that a file tells by its size and checksum which of the two it is.
 */
import type { Disk, ReadingDisk } from './disk/disk.ts'
import { readWhole, replaceFile } from './disk/files.ts'
import { checkedSum, FORMAT, isObject, type PaymentMode, parseLine, sealed } from './journal/record.ts'

/** Every build that ever wrote the file tells of these. */
const CORE = ['users', 'earnings', 'open']

export const MARKS_FILE = 'checkpoint.json'

export interface Mark {
  /** The number of the last record that the file contains. */
  readonly seq: number
  readonly bytes: number
  readonly crc: number
}

/** `bytes` and `crc` of sessions.json without the closing bracket, and the same of the index of its `count` sessions. */
export interface SessionsMark extends Mark {
  readonly count: number
  readonly indexCrc: number
}

export interface Marks {
  readonly epoch: number
  /** In which mode payments were taken last; absent in a folder of an older version. */
  readonly mode?: PaymentMode | undefined
  /** For each file that is replaced, by its name: what may stand there, at most one of each. */
  readonly views: Readonly<Record<string, readonly Mark[]>>
  /** What stands in sessions.json for certain; more may follow. */
  readonly sessions?: SessionsMark
}

export const NO_MARKS: Marks = { epoch: 0, views: {} }

/**
 * Returns what may stand in the place of a file. One of which checkpoint.json does not tell is the file of a table that whoever
 * wrote it did not know: up to there it has no records, and no file stands for none.
 */
export function marksOf({ views }: Marks, name: string): readonly Mark[] {
  const seqs = Object.values(views).flatMap((marks) => marks.map(({ seq }) => seq))
  return views[name] ?? (seqs.length === 0 ? [] : [{ seq: Math.max(...seqs), bytes: 0, crc: 0 }])
}

/** Undefined when the file is missing or not as it was written. */
export async function readMarks(disk: ReadingDisk): Promise<Marks | undefined> {
  const line = await readWhole(disk, MARKS_FILE)
  if (!line || checkedSum(line, 0) === undefined) return undefined
  const value = parseLine(line)
  return value && isMarks(value) ? value : undefined
}

/** Replaces the file as a whole; on failure the old one stands. */
export async function writeMarks(disk: Disk, marks: Marks): Promise<void> {
  const { text } = sealed(JSON.stringify({ v: FORMAT, ...marks }).slice(0, -1), 0)
  await replaceFile(disk, MARKS_FILE, [text])
}

function isMarks(value: Record<string, unknown>): value is Record<string, unknown> & Marks {
  const { views } = value
  return (
    value.v === FORMAT &&
    isObject(views) &&
    Object.values(views).every(Array.isArray) &&
    CORE.every((name) => views[name])
  )
}
