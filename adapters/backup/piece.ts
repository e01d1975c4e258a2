/**
 * Makes and opens the pieces in which the journal goes to the bucket: a signed line that says which
 * records follow, and the records as they are in the journal. A piece has whole records, however
 * long one is.
 */
import { createHash } from 'node:crypto'
import { checkedSum } from '../store/journal/record.ts'
import type { Reached } from '../store/journal/scan.ts'
import { readSigned, type SigningKey, signedLine, WrongInBucket } from './seal.ts'

/** Records that follow each other, as bytes. */
export interface Records {
  readonly first: number
  readonly last: number
  /** Checksum of the record before the first, and of the last. */
  readonly before: number
  readonly after: number
  /** Instant of the last. */
  readonly at: number
  readonly bytes: Buffer
}

/** A record, by its number, its checksum and its instant. */
export type Point = Reached & { readonly at: number }

/** The first line of a piece: all but the bytes, with their hash, and which server shipped it. */
type PieceManifest = Omit<Records, 'bytes'> & { v: 1; claim: string; bytes: number; sha256: string }

const NEWLINE = 10
const DIGITS = 12

/** Returns the name of the piece that begins with record `first`. */
export function pieceName(claim: string, first: number): string {
  return `${folderOf(claim)}${String(first).padStart(DIGITS, '0')}.piece`
}

/** Returns the folder of the pieces that were shipped under a claim. */
export function folderOf(claim: string): string {
  return `journal/${claim}/`
}

/** Returns the number of the first record of a piece; undefined where the name is not of a piece. */
export function firstIn(name: string): number | undefined {
  const digits = /\/(\d{12})\.piece$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function makePiece(key: SigningKey, claim: string, { bytes, ...records }: Records): Buffer {
  const manifest: PieceManifest = { v: 1, claim, ...records, bytes: bytes.length, sha256: sha256(bytes) }
  return Buffer.concat([Buffer.from(signedLine(key, manifest)), bytes])
}

/**
 * Returns the records of a piece, whose every line fits the one before. Throws {@link
 * WrongInBucket}, with its name, where it is not what was shipped under that name.
 */
export function openPiece(key: SigningKey | undefined, name: string, piece: Buffer): Records {
  const end = piece.indexOf(NEWLINE) + 1
  const manifest = readSigned(key, name, piece.subarray(0, end)) as unknown as PieceManifest
  const { claim, first, last, before, after, at } = manifest
  if (pieceName(claim, first) !== name) {
    throw new WrongInBucket(
      `${name} in the bucket is not the piece of that name, but ${pieceName(claim, first)}: they were exchanged.`,
    )
  }
  const bytes = piece.subarray(end)
  if (bytes.length !== manifest.bytes || sha256(bytes) !== manifest.sha256) throw changed(name)
  const reached = follow(bytes, { seq: first - 1, chain: before })
  if (reached?.seq !== last || reached.chain !== after) throw changed(name)
  return { first, last, before, after, at, bytes }
}

function changed(name: string): WrongInBucket {
  return new WrongInBucket(`${name} in the bucket is not as it was shipped: its records were changed.`)
}

/** Yields each line with what the records have reached after it; ends early at one that does not fit. */
export function* eachRecord(bytes: Buffer, from: Reached): Generator<Reached & { readonly line: Buffer }> {
  let { seq, chain } = from
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    if (newline < 0) return
    const line = bytes.subarray(start, newline + 1)
    const sum = checkedSum(line, chain)
    if (sum === undefined) return
    seq += 1
    chain = sum
    start = newline + 1
    yield { seq, chain, line }
  }
}

function follow(bytes: Buffer, from: Reached): Reached | undefined {
  let reached = from
  let length = 0
  for (const { line, ...next } of eachRecord(bytes, from)) {
    reached = next
    length += line.length
  }
  return length === bytes.length ? reached : undefined
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
