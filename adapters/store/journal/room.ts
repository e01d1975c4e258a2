/**
 * Finds room for the next lines of the journal: in the current segment, or in a next one that is
 * made before it is needed.
 */
import type { Disk, DiskFile } from '../disk/disk.ts'
import { isFull, SyncFailed, writeSynced } from '../disk/files.ts'
import { continuedLine } from './record.ts'
import { type Place, prepareSpare, startSegment } from './segments.ts'

const LARGEST_SEGMENT_BYTES = 64 * 1024 * 1024
const HEAD_BYTES = 256 // more than a segment's first and last line ever take
const LAST_LINE_BYTES = 128

interface RoomParts {
  disk: Disk
  /** End of the last line; undefined when there is no segment yet. */
  place: Place | undefined
  segmentBytes: number
  /** Returns the number and the checksum of the last record on disk. */
  durable(): { readonly seq: number; readonly chain: number }
  onSyncFailed(error: SyncFailed): void
}

export type Room = ReturnType<typeof createRoom>

export function createRoom({ disk, segmentBytes, durable, onSyncFailed, ...parts }: RoomParts) {
  let place = parts.place
  let file: DiskFile | undefined
  let spareBytes = 0
  let preparing: Promise<void> | undefined

  /** Returns the room that is at hand, nearly always, without waiting a turn. */
  function roomNow(bytes: number): { file: DiskFile; place: Place } | undefined {
    return file && place && fits(bytes, place) ? { file, place } : undefined
  }

  async function roomFor(bytes: number): Promise<{ file: DiskFile; place: Place }> {
    if (!place || !fits(bytes, place)) return nextSegment(bytes + HEAD_BYTES)
    file ??= await orRoomMissing(disk.open(place.name, 'through'))
    return { file, place }
  }

  async function nextSegment(atLeast: number): Promise<{ file: DiskFile; place: Place }> {
    await preparing
    if (spareBytes < atLeast) await prepare(atLeast)
    const { seq, chain } = durable()
    const head = { segment: (place?.segment ?? 0) + 1, after: seq, chain }
    const capacity = spareBytes
    spareBytes = 0
    const next = await orRoomMissing(startSegment(disk, head, capacity))
    if (place) await finishSegment(place, head.segment)
    file = next.file
    place = next.place
    return next
  }

  /**
   * Writes into the old segment that another one follows, so that its loss would be noticed. A
   * failure does no harm.
   */
  async function finishSegment(old: Place, next: number): Promise<void> {
    file ??= await disk.open(old.name, 'through').catch(() => undefined)
    if (!file) return
    refuseOtherWriter(file, old)
    const line = Buffer.from(continuedLine(next, durable().chain).text)
    await writeSynced(file, line, old.position).catch(unless(isFull))
    await file.close().catch(() => undefined)
  }

  const nextBytes = () => (place ? Math.min(place.capacity * 2, LARGEST_SEGMENT_BYTES) : segmentBytes)

  /**
   * Prepares a segment of the usual size or, where the disk has no room for that, of the smallest.
   */
  async function prepare(atLeast: number): Promise<void> {
    const least = Math.max(atLeast, segmentBytes)
    const wanted = Math.max(atLeast, nextBytes())
    spareBytes = 0
    spareBytes = await orRoomMissing(
      prepareSpare(disk, wanted).catch((error: unknown) => {
        if (!isFull(error) || least >= wanted) throw error
        return prepareSpare(disk, least)
      }),
    )
  }

  /**
   * Prepares the next segment half a segment early; a failure is ignored, since it is retried when
   * the segment is needed.
   */
  function prepareAhead(): void {
    if (!place || preparing || spareBytes > 0 || place.position < place.capacity / 2) return
    preparing = prepare(0)
      .catch((error: unknown) => (error instanceof SyncFailed ? onSyncFailed(error) : undefined))
      .finally(() => {
        preparing = undefined
      })
  }

  return {
    now: roomNow,
    for: roomFor,
    prepareAhead,
    /** Counts the bytes that have been written there. */
    use: (at: Place, bytes: number) => {
      place = { ...at, position: at.position + bytes }
    },
    close: async () => {
      await preparing
      await file?.close()
    },
  }
}

function fits(bytes: number, { position, capacity }: Place): boolean {
  return position + bytes + LAST_LINE_BYTES <= capacity
}

/** Nothing of the record was written, because no place for it could be made. */
export class RoomMissing extends Error {}

async function orRoomMissing<T>(made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    throw error instanceof SyncFailed ? error : new RoomMissing('no place for a record', { cause: error })
  }
}

/** Returns a handler that ignores a failure that `harmless` accepts, and throws any other. */
export function unless(harmless: (error: unknown) => boolean): (error: unknown) => void {
  return (error) => {
    if (!harmless(error)) throw error
  }
}

/**
 * Throws unless the place of our next line is empty: a process that opened the folder after us
 * would have put its mark there.
 */
export function refuseOtherWriter(file: DiskFile, place: Place): void {
  if (file.isBlank(place.position)) return
  throw new Error(`another process has written to ${place.name} at offset ${place.position}`)
}
