/**
 * Proves what is in the bucket without writing anything: every piece, every claim, the books over
 * all records, and every file of the newest whole copy.
 */

import { OperatorError } from '../../domain/errors.ts'
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import { openBooks } from '../store/audit.ts'
import type { JournalRecord } from '../store/journal/record.ts'
import { parseLine } from '../store/journal/record.ts'
import { type Announced, announcedIn } from './announced.ts'
import { backupsIn, proveBackup } from './bucket-backups.ts'
import { type HistoryParts, leftOutOf, readHistory, recordsIn } from './history.ts'
import { eachRecord, type Point } from './piece.ts'

export interface BucketProof {
  /** The newest record, to which a restore can go back; undefined where nothing was shipped. */
  readonly end: Point | undefined
  readonly claims: number
  readonly backup: string | undefined
  /** Changes that were shipped under a claim after another had taken over, by that claim. */
  readonly leftOut: readonly { readonly claim: string; readonly changes: readonly Announced[] }[]
  readonly problems: readonly string[]
}

/**
 * Looks through all of the bucket. What is wrong is in the result, each with its name; throws where
 * the bucket is out of reach.
 */
export async function proveBucket(
  parts: HistoryParts & { readonly tables?: readonly AnyTable[] },
): Promise<BucketProof> {
  const problems: string[] = []
  const note = (error: unknown) => {
    if (!(error instanceof OperatorError)) throw error
    problems.push(error.message)
  }
  const backup = (await backupsIn(parts.bucket)).at(-1)
  if (backup !== undefined) await proveBackup({ ...parts, backup }).catch(note)
  const history = await readHistory(parts, 0).catch(note)
  if (!history) return { end: undefined, claims: 0, backup, leftOut: [], problems }

  const chains = new Map<number, number>()
  const books = openBooks({
    complete: true,
    files: [],
    tables: parts.tables ?? TABLES,
    onLeg: undefined,
  })
  let end: Point = { seq: 0, chain: 0, at: 0 }
  try {
    for await (const records of recordsIn(parts, history, end)) {
      let reached = { seq: end.seq, chain: end.chain }
      for (const { line, ...next } of eachRecord(records.bytes, reached)) {
        books.add(parseLine(line) as unknown as JournalRecord, `record ${next.seq}`)
        reached = next
      }
      chains.set(records.last, records.after)
      end = { seq: records.last, chain: records.after, at: records.at }
    }
    books.finish(end.seq)
  } catch (error) {
    note(error)
  }
  problems.push(...books.problems)

  const leftOut = new Map<string, Announced[]>()
  const isCounted = (seq: number, chain: number) => chains.get(seq) === chain
  try {
    for await (const { claim, records } of leftOutOf(parts, history, isCounted)) {
      leftOut.set(claim, [...(leftOut.get(claim) ?? []), ...announcedIn(records)])
    }
  } catch (error) {
    note(error)
  }
  return {
    end: end.seq === 0 ? undefined : end,
    claims: history.claims.length,
    backup,
    leftOut: Array.from(leftOut, ([claim, changes]) => ({ claim, changes })).filter(
      ({ changes }) => changes.length > 0,
    ),
    problems,
  }
}
