/** Says in a few words what records of the journal did, for people who must compare two servers. */
import type { ReadingDisk } from '../store/disk/disk.ts'
import { type JournalRecord, parseLine } from '../store/journal/record.ts'
import { createJournalReader, lastRecordIn, reachedAt } from './journal-reader.ts'
import { eachRecord, type Records } from './piece.ts'

/** A record by what it changed; people are ids. */
export interface Announced {
  readonly record: number
  readonly at: string
  /** Entries, each with its key and the cents that moved in each account. */
  readonly money: readonly string[]
  readonly users: readonly string[]
  readonly sessions: readonly string[]
}

const CHUNK_BYTES = 1 << 20

/** Returns the records after `seq` in a folder: how many there are, and the first `most` of them. */
export async function announcedSince(
  disk: ReadingDisk,
  seq: number,
  most: number,
): Promise<{ records: number; listed: Announced[] }> {
  const from = await reachedAt(disk, seq)
  const last = await lastRecordIn(disk)
  if (!from || last.seq <= seq) return { records: 0, listed: [] }
  const reader = createJournalReader(disk, from)
  const listed: Announced[] = []
  while (listed.length < most) {
    const records = await reader.next(last.seq, CHUNK_BYTES)
    if (!records) break
    listed.push(...announcedIn(records))
  }
  return { records: last.seq - seq, listed: listed.slice(0, most) }
}

/** Returns the records one by one; those that only say that a server started are left out. */
export function announcedIn({ first, before, bytes }: Records): Announced[] {
  const found: Announced[] = []
  for (const { seq, line } of eachRecord(bytes, { seq: first - 1, chain: before })) {
    const record = parseLine(line) as JournalRecord | undefined
    if (!record || record.epoch !== undefined) continue
    const money = (record.money ?? []).map(([key, ...legs]) =>
      [key, ...legs.map(([account, cents]) => `${account} ${cents}`)].join(' '),
    )
    const sessions = [...Object.keys(record.open ?? {}), ...(record.ended ?? []).map(({ id }) => id)]
    found.push({
      record: seq,
      at: new Date(record.at).toISOString(),
      money,
      users: Object.keys(record.users ?? {}),
      sessions: [...new Set(sessions)],
    })
  }
  return found
}
