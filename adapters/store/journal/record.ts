/**
 * Encodes the lines of the journal: JSON with a checksum that continues from the line before, so
 * that a line that is lost, changed, repeated or moved is noticed. docs/STORE.md describes the
 * fields.
 */
import { crc32 } from 'node:zlib'
import type { EndedSession } from '../../../domain/session.ts'

/** Format of every line but those that take one of the others. */
export const FORMAT = 1
/**
 * Format of a record whose patches change single elements of a list: a build that does not know it
 * must not read on.
 */
export const ELEMENTS_FORMAT = 2
/** Format of a record that changes a table: builds that do not know it know no tables either. */
export const TABLES_FORMAT = 3
/**
 * Format of a record that says something under a person's own key, or that a person has left: a
 * build that does not know it would take what is sealed for what it says.
 */
export const SEALED_FORMAT = 4
/** Field of a patch with its sealed part, and the only field of an object in place of a sealed text. */
export const SEALED = '$'

/**
 * The Stripe that takes the payments: the stand-in of development, Stripe with test keys, or Stripe
 * with live keys.
 */
export type PaymentMode = 'embedded' | 'test' | 'live'

/**
 * Changes of a user, an open session or a record of a table, field by field; docs/STORE.md
 * describes it.
 */
export type Patch = Readonly<Record<string, unknown>>

/**
 * One leg of an entry: the account, the cents that moved, and what the account held afterwards
 * where we keep that.
 */
export type MoneyLeg = readonly [account: string, cents: number, after?: number]

export interface Changes {
  /** The entries, each with its key first. */
  readonly money?: readonly (readonly [key: string, ...legs: MoneyLeg[]])[]
  readonly users?: Readonly<Record<string, Patch>>
  readonly open?: Readonly<Record<string, Patch>>
  /** Changes of each table, record by record; null removes a record. */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, Patch | null>>>>
  /** Sessions that ended, whole. */
  readonly ended?: readonly EndedSession[]
  /** People who have left, each with the keys that are dropped. */
  readonly gone?: Readonly<Record<string, readonly string[]>>
  /** The n-th time that a process opened the folder for writing. */
  readonly epoch?: number
  /** The mode in which payments are taken from then on. */
  readonly mode?: PaymentMode
}

export interface JournalRecord extends Changes {
  readonly v: number
  readonly seq: number
  readonly at: number
  /** Number of lines written before this one in the same write; absent for the first. */
  readonly b?: number
}

/**
 * First line of a segment: how long the file is, which record came last before it, and that
 * record's checksum.
 */
export interface SegmentHead {
  readonly v: number
  readonly segment: number
  readonly bytes: number
  readonly after: number
  readonly chain: number
}

/**
 * The inside of a record's JSON object with a leading comma, or ''; and the format that it takes to
 * read it.
 */
export interface Content {
  readonly fields: string
  readonly format: number
}

const SUM_MARK = ',"sum":"'
export const SEAL_BYTES = SUM_MARK.length + 8 + '"}\n'.length

/** A finished line and the checksum from which the next one continues. */
export interface Line {
  readonly text: string
  readonly sum: number
}

/**
 * Returns a record without its checksum; {@link sealOf} ends the line. `place` is how many lines go
 * before it in the same write.
 */
export function recordBody(seq: number, at: number, place: number, { fields, format }: Content): string {
  return `{"v":${format},"seq":${seq},"at":${at}${place === 0 ? '' : `,"b":${place}`}${fields}`
}

/** Returns the end of a line whose checksum is `sum`; always {@link SEAL_BYTES} long. */
export function sealOf(sum: number): string {
  return `${SUM_MARK}${sum.toString(16).padStart(8, '0')}"}\n`
}

export function headLine(head: Omit<SegmentHead, 'v'>): Line {
  const { segment, bytes, after, chain } = head
  return sealed(
    `{"v":${FORMAT},"segment":${segment},"bytes":${bytes},"after":${after},"chain":${chain}`,
    chain,
  )
}

const CONTINUED = `{"v":${FORMAT},"continued":`

/**
 * Returns the last line of a segment that another one follows; it is written when that one is on
 * the disk.
 */
export function continuedLine(segment: number, chain: number): Line {
  return sealed(`${CONTINUED}${segment}`, chain)
}

export function isContinuedLine(line: Buffer): boolean {
  return line.toString('latin1', 0, CONTINUED.length) === CONTINUED
}

/** Returns an object as a line with a checksum; `body` is its JSON without the closing brace. */
export function sealed(body: string, chain: number): Line {
  const sum = crc32(body, chain)
  return { text: body + sealOf(sum), sum }
}

/**
 * Returns the checksum that a line (with its newline) must carry after `chain`, or undefined when
 * it carries another.
 */
export function checkedSum(line: Buffer, chain: number): number | undefined {
  const bodyLength = line.length - SEAL_BYTES
  if (bodyLength <= 0) return undefined
  const sum = crc32(line.subarray(0, bodyLength), chain)
  return line.toString('latin1', bodyLength) === sealOf(sum) ? sum : undefined
}

/** Returns the line as an object, or undefined when it is none. */
export function parseLine(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
