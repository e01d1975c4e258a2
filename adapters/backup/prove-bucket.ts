/**
 * Proves what is in the bucket without writing anything: every piece, every claim, the books over
 * all records, every file of the newest whole copy, and the keys that a restore would need.
 */

import { OperatorError } from '../../domain/errors.ts'
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import { MINUTE_MS } from '../../shared/time.ts'
import { type Books, openBooks } from '../store/audit.ts'
import type { JournalRecord } from '../store/journal/record.ts'
import { parseLine } from '../store/journal/record.ts'
import { KEYS_FILE, keysFrom, type LoadedKeys, mergedKeys, NEW_KEYS_FILE } from '../store/people/keys-file.ts'
import { type Announced, announcedIn } from './announced.ts'
import { backupsIn, endOfBackup, proveBackup } from './bucket-backups.ts'
import { NOTHING } from './bucket-end.ts'
import { type History, type HistoryParts, isAheadOf, leftOutOf, readHistory, recordsIn } from './history.ts'
import { createNeededKeys } from './keys/needed-keys.ts'
import { keysIn } from './keys/ship-keys.ts'
import { eachRecord, type Point, type Records } from './piece.ts'

export interface BucketProof {
  /** The newest record, to which a restore can go back; undefined where nothing was shipped. */
  readonly end: Point | undefined
  readonly claims: number
  readonly backup: string | undefined
  /** Changes that were shipped under a claim after another had taken over, by that claim. */
  readonly leftOut: readonly { readonly claim: string; readonly changes: readonly Announced[] }[]
  readonly problems: readonly string[]
}

export interface ProofParts extends HistoryParts {
  readonly now: number
  readonly tables?: readonly AnyTable[]
}

/**
 * Looks through all of the bucket. What is wrong is in the result, each with its name; throws where
 * the bucket is out of reach.
 */
export async function proveBucket(parts: ProofParts): Promise<BucketProof> {
  const problems: string[] = []
  const note = (error: unknown) => {
    if (!(error instanceof OperatorError)) throw error
    problems.push(error.message)
  }
  const copy = await proveNewestCopy(parts, note)
  const keys = await keysIn(parts.bucket).catch(note) // before the pieces, which may be of people who leave now
  const history = await readHistory(parts, 0).catch(note)
  const found = { claims: history?.claims.length ?? 0, backup: copy?.backup, problems }
  if (!history) return { end: undefined, leftOut: [], ...found }

  const books = openBooks({ complete: true, files: [], tables: parts.tables ?? TABLES, onLeg: undefined })
  const reading = createReading(books, copy)
  try {
    for await (const records of recordsIn(parts, history, NOTHING)) reading.add(records)
    books.finish(reading.end.seq)
    if (keys) problems.push(...(await lackedKeys(parts, reading, keys)))
  } catch (error) {
    note(error)
  }
  problems.push(...books.problems, ...shortened(parts.now, history, reading.end, copy))
  const leftOut = await leftOutIn(parts, history, reading.isCounted).catch(note)
  return { end: reading.end.seq === 0 ? undefined : reading.end, leftOut: leftOut ?? [], ...found }
}

interface Copy {
  readonly backup: string
  readonly end: Point | undefined
  readonly keys: LoadedKeys
}

/** Proves the newest whole copy; undefined where there is none that holds. */
async function proveNewestCopy(parts: ProofParts, note: (error: unknown) => void): Promise<Copy | undefined> {
  const { bucket, key } = parts
  const backup = (await backupsIn(bucket)).at(-1)
  if (backup === undefined) return undefined
  const nothing = { backup, end: undefined, keys: keysFrom(undefined, Buffer.alloc(0)) }
  try {
    await proveBackup({ ...parts, backup })
    const keys = keysFrom(await bucket.read(`${backup}/${KEYS_FILE}`), Buffer.alloc(0))
    return { backup, end: await endOfBackup(bucket, key, backup), keys }
  } catch (error) {
    note(error)
    return nothing
  }
}

const LATE_MS = 10 * MINUTE_MS // by then the pieces have what a copy has, unless the bucket is out of reach

/** Says that the pieces end before the copy, where they were shipped by the same server. */
function shortened(now: number, history: History, end: Point, copy: Copy | undefined): string[] {
  const isShort =
    copy?.end && copy.end.seq > end.seq && isAheadOf(copy.end, history) && now - copy.end.at > LATE_MS
  if (!isShort) return []
  return [
    `The pieces end with record ${end.seq}, before the copy ${copy.backup}: the last ones are missing with their ` +
      "manifest. Put them back from the bucket's versions; a running server goes on from where they end after a restart.",
  ]
}

/** Takes the records in, and knows afterwards what they came to. */
function createReading(books: Books, copy: Copy | undefined) {
  const needed = createNeededKeys()
  const neededBehind = createNeededKeys()
  let chains = new Uint32Array(1 << 16)
  let end = NOTHING
  const isCounted = (seq: number, chain: number) => seq <= end.seq && chains[seq] === chain
  return {
    get end() {
      return end
    },
    isCounted,
    /** The keys of which a restore needs some that are not in the newest copy. */
    get needed() {
      const isOnCourse = copy?.end !== undefined && isCounted(copy.end.seq, copy.end.chain)
      return isOnCourse ? { keys: neededBehind, copied: copy.keys.keys } : { keys: needed, copied: [] }
    },
    add(records: Records) {
      needed.add(records)
      if (records.last > (copy?.end?.seq ?? 0)) neededBehind.add(records)
      else neededBehind.addLater(records)
      if (records.last >= chains.length) chains = grown(chains, records.last)
      for (const { line, seq, chain } of eachRecord(records.bytes, end)) {
        books.add(parseLine(line) as unknown as JournalRecord, `record ${seq}`)
        chains[seq] = chain
      }
      end = { seq: records.last, chain: records.after, at: records.at }
    },
  }
}

function grown(array: Uint32Array<ArrayBuffer>, index: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(index * 2)
  larger.set(array)
  return larger
}

/** Names the keys that a restore would lack; people register and leave while the bucket is read. */
async function lackedKeys(
  parts: ProofParts,
  { needed, end }: ReturnType<typeof createReading>,
  before: LoadedKeys,
): Promise<string[]> {
  const known = mergedKeys(before, await keysIn(parts.bucket))
  const there = new Set([...needed.copied, ...known.keys].map(({ id }) => id).concat(known.head.closed))
  if (needed.keys.lackedBy(there).lost.length === 0) return []
  const later = await readHistory(parts, end.seq)
  for await (const records of recordsIn(parts, later, end)) needed.keys.addLater(records)
  const { lost } = needed.keys.lackedBy(there)
  if (lost.length === 0) return []
  return [
    `${KEYS_FILE} in the bucket lacks ${lost.length} keys that the records need, such as ${lost[0]}: put the newest ` +
      `versions of ${KEYS_FILE} and ${NEW_KEYS_FILE} back, or restart the server, which brings its own there.`,
  ]
}

async function leftOutIn(
  parts: ProofParts,
  history: History,
  isCounted: (seq: number, chain: number) => boolean,
): Promise<BucketProof['leftOut']> {
  const leftOut = new Map<string, Announced[]>()
  for await (const { claim, records } of leftOutOf(parts, history, isCounted)) {
    leftOut.set(claim, [...(leftOut.get(claim) ?? []), ...announcedIn(records)])
  }
  return Array.from(leftOut, ([claim, changes]) => ({ claim, changes })).filter(
    ({ changes }) => changes.length > 0,
  )
}
