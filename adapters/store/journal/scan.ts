/**
 * Reads a segment and decides what its end means. Start-up and `npm run books` share it, so they
 * agree on what is whole, what a crash may have left, and what is damage.
 */
import { BrokenInvariant, OperatorError } from '../../../domain/errors.ts'
import {
  checkedSum,
  continuedLine,
  ELEMENTS_FORMAT,
  FORMAT,
  isContinuedLine,
  isObject,
  type JournalRecord,
  type Line,
  parseLine,
  SEALED_FORMAT,
  type SegmentHead,
  TABLES_FORMAT,
} from './record.ts'

/**
 * The data are not what this program left, and going on could make it worse. The message says what
 * to do.
 */
export class UnsafeData extends OperatorError {
  override name = 'UnsafeData'
}

/** The last record that is known good; `chain` is its checksum. */
export interface Reached {
  readonly seq: number
  readonly chain: number
}

export interface Scanned extends Reached {
  readonly segment: number
  /** End of the good lines. */
  readonly end: number
  /** Something other than zeros follows there: a write that a crash cut off. */
  readonly torn: boolean
}

const NEWLINE = 10
const LARGEST_CRC = 0xffffffff

export interface Segment {
  readonly name: string
  readonly bytes: Buffer
  readonly isLast: boolean
  /** Records up to this one are checked, but not passed to `onRecord`. */
  readonly from: number
}

/**
 * Passes the records of the segment to `onRecord`, in order. `before` is what the records up to
 * here reached, or undefined to believe the segment's head. Throws {@link UnsafeData} for damage: a
 * bad line with good ones after it, a gap, a broken chain, an unknown format, a record that
 * `onRecord` finds not to fit what went before it.
 */
export function scanSegment(
  segment: Segment,
  before: Reached | undefined,
  onRecord: (record: JournalRecord, offset: number, line: Buffer) => void,
): Scanned {
  const { name, bytes } = segment
  const { head, length } = readHead(name, bytes, before)
  let reached: Reached = { seq: head.after, chain: head.chain }
  let offset = length
  for (let line = lineAt(bytes, offset); line; line = lineAt(bytes, offset)) {
    const sum = checkedSum(line, reached.chain)
    if (sum === undefined) break
    if (isContinuedLine(line)) {
      refuseMissing(segment)
      offset += line.length
      break
    }
    const seq = reached.seq + 1
    if (seq > segment.from) {
      const record = asRecord(name, line, offset, seq)
      refuseUnfit(name, offset, seq, () => onRecord(record, offset, line))
    }
    reached = { seq, chain: sum }
    offset += line.length
  }
  const torn =
    !isBlank(bytes, offset) && !isCutLastLine(segment, offset, continuedLine(head.segment + 1, reached.chain))
  if (torn) refuseDamage(segment, offset, reached.seq + 1)
  return { ...reached, segment: head.segment, end: offset, torn }
}

function refuseMissing({ name, isLast }: Segment): void {
  if (isLast) throw new UnsafeData(`The segment of the journal that follows ${name} is missing. ${ADVICE}`)
}

function readHead(
  name: string,
  bytes: Buffer,
  before: Reached | undefined,
): { head: SegmentHead; length: number } {
  const line = lineAt(bytes, 0)
  const head = line && parseLine(line)
  if (!line || !head || !isHead(head) || checkedSum(line, head.chain) === undefined) {
    throw new UnsafeData(
      `${name} is damaged at offset 0: its first line does not name the segment. ${ADVICE}`,
    )
  }
  checkFormat(name, head.v, [FORMAT])
  if (head.bytes !== bytes.length) {
    throw new UnsafeData(`${name} is ${bytes.length} bytes long and was made with ${head.bytes}. ${ADVICE}`)
  }
  if (before && (head.after !== before.seq || head.chain !== before.chain)) {
    throw new UnsafeData(
      `${name} follows record ${head.after}, but the journal before it ends with ${before.seq} or differs. ${ADVICE}`,
    )
  }
  return { head, length: line.length }
}

/**
 * Throws {@link UnsafeData} for a record that does not fit those before it: this program never
 * writes one.
 */
function refuseUnfit(name: string, offset: number, seq: number, take: () => void): void {
  try {
    take()
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error
    throw new UnsafeData(
      `${name} is damaged at offset ${offset}, in record ${seq}: ${error.message}. ${WHAT_TO_DO}`,
    )
  }
}

const WHAT_TO_DO =
  'Keep a copy of the folder, then restore the file from a backup; docs/STORE.md explains how.'
const ADVICE = `Nothing was changed. ${WHAT_TO_DO}`

function isHead(value: Record<string, unknown>): value is Record<string, unknown> & SegmentHead {
  const numbers = [value.v, value.segment, value.bytes, value.after, value.chain]
  return numbers.every(Number.isSafeInteger) && Number(value.chain) >= 0 && Number(value.chain) <= LARGEST_CRC
}

function checkFormat(name: string, version: unknown, known: readonly unknown[]): void {
  if (known.includes(version)) return
  throw new UnsafeData(
    `${name} has format ${String(version)}; this program reads format ${new Intl.ListFormat('en').format(known.map(String))}. ${ADVICE}`,
  )
}

function lineAt(bytes: Buffer, offset: number): Buffer | undefined {
  const end = bytes[offset] === 0 ? -1 : bytes.indexOf(NEWLINE, offset)
  return end < 0 ? undefined : bytes.subarray(offset, end + 1)
}

function asRecord(name: string, line: Buffer, offset: number, seq: number): JournalRecord {
  const value = parseLine(line)
  checkFormat(name, value?.v, [FORMAT, ELEMENTS_FORMAT, TABLES_FORMAT, SEALED_FORMAT])
  if (value?.seq !== seq) {
    throw new UnsafeData(
      `${name} has record ${String(value?.seq)} at offset ${offset}, not ${seq}. ${ADVICE}`,
    )
  }
  return value as unknown as JournalRecord
}

function isBlank(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false
  return true
}

/**
 * Returns true where nothing follows but a part of the line that names the next segment, and that
 * segment is there.
 */
function isCutLastLine({ bytes, isLast }: Segment, offset: number, line: Line): boolean {
  const expected = Buffer.from(line.text)
  const found = bytes.subarray(offset, offset + expected.length)
  return (
    !isLast &&
    found.every((byte, at) => byte === 0 || byte === expected[at]) &&
    isBlank(bytes, offset + found.length)
  )
}

/**
 * Throws {@link UnsafeData} for a bad line that a crash cannot explain. A crash can only spoil the
 * last write, and a record says how many lines preceded it in its own write, so one that was
 * written later than the bad line proves that the bad line had been on the disk.
 */
function refuseDamage(segment: Segment, offset: number, seq: number): void {
  const later = segment.isLast ? laterWrite(segment.bytes, offset, seq) : seq + 1
  if (later === undefined) return
  throw new UnsafeData(
    `${segment.name} is damaged at offset ${offset}, in record ${seq}: good records follow it. ${ADVICE}`,
  )
}

function laterWrite(bytes: Buffer, from: number, badSeq: number): number | undefined {
  let start = from
  while (start < bytes.length) {
    const found = bytes.indexOf(NEWLINE, start)
    const end = found < 0 ? bytes.length : found + 1
    const value = parseLine(withoutZeros(bytes.subarray(start, end)))
    if (isObject(value) && typeof value.seq === 'number') {
      const place = typeof value.b === 'number' ? value.b : 0
      if (value.seq - place > badSeq) return value.seq
    }
    start = end
  }
  return undefined
}

/**
 * Returns the line without leading zeros: one of a torn write may follow zeros that were never
 * overwritten.
 */
function withoutZeros(line: Buffer): Buffer {
  const lastZero = line.lastIndexOf(0)
  return lastZero < 0 || lastZero === line.length - 1 ? line : line.subarray(lastZero + 1)
}
