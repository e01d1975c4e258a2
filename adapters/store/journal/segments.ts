/**
 * Makes the journal's files. Each is filled with zeros and synced before its first record, because
 * a write that makes a file longer costs the file system twice as much to sync; the journal ends
 * where the zeros begin.
 */
import type { Disk, DiskFile } from '../disk/disk.ts'
import { discard, syncFile, syncFolder, writeAll, writeSynced } from '../disk/files.ts'
import { headLine } from './record.ts'

/** Place of the next record. */
export interface Place {
  readonly name: string
  /** Number of the segment, from 1. */
  readonly segment: number
  readonly position: number
  readonly capacity: number
}

const SPARE = 'journal.spare.tmp'
const NAME = /^journal-(\d{12})\.jsonl$/
const FILL_BYTES = 1 << 20

/** Returns the name of the segment whose first record has this number. */
export function segmentName(firstSeq: number): string {
  return `journal-${String(firstSeq).padStart(12, '0')}.jsonl`
}

/**
 * Returns the segments among `names`, oldest first, with the number of the first record of each.
 */
export function segmentsAmong(names: readonly string[]): { name: string; firstSeq: number }[] {
  return names
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1]
      return digits === undefined ? [] : [{ name, firstSeq: Number(digits) }]
    })
    .sort((a, b) => a.firstSeq - b.firstSeq)
}

/**
 * Makes a file of `capacity` zeros that waits to become the next segment, and returns its size; on
 * failure none is left.
 */
export async function prepareSpare(disk: Disk, capacity: number): Promise<number> {
  const file = await disk.open(SPARE, 'create')
  try {
    const zeros = Buffer.alloc(Math.min(capacity, FILL_BYTES))
    for (let at = 0; at < capacity; at += FILL_BYTES) {
      await writeAll(file, zeros.subarray(0, Math.min(FILL_BYTES, capacity - at)), at)
      await syncFile(file)
    }
    await file.close()
    return capacity
  } catch (error) {
    await file.close().catch(() => undefined)
    await discard(disk, SPARE)
    throw error
  }
}

/** Turns the spare into the segment that follows record `after`, whose checksum is `chain`. */
export async function startSegment(
  disk: Disk,
  head: { segment: number; after: number; chain: number },
  capacity: number,
): Promise<{ file: DiskFile; place: Place }> {
  const line = Buffer.from(headLine({ ...head, bytes: capacity }).text)
  const file = await disk.open(SPARE, 'through')
  const name = segmentName(head.after + 1)
  try {
    await writeSynced(file, line, 0)
    await disk.rename(SPARE, name)
    await syncFolder(disk)
  } catch (error) {
    await file.close().catch(() => undefined)
    await discard(disk, SPARE)
    throw error
  }
  return { file, place: { name, segment: head.segment, position: line.length, capacity } }
}
