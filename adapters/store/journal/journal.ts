/**
 * Where a change is decided: one line a commit, in the order of the commits. Lines that wait while a write is under
 * way go out together in the next one, and nobody is answered before the disk has theirs.
 */
import { Refusal } from '../../../domain/errors.ts'
import type { Log } from '../../../engine/ports.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { isFull, SyncFailed, writeSynced } from '../disk/files.ts'
import { createGroup, type Group } from './batch.ts'
import { type Content, continuedLine } from './record.ts'
import { type Place, prepareSpare, startSegment } from './segments.ts'

export interface JournalEnd {
  /** The last record's number and checksum; 0 and 0 when there is none. */
  readonly seq: number
  readonly chain: number
  /** Undefined when there is no segment yet. */
  readonly place: Place | undefined
}

export interface Journal {
  /** The number of the last record handed in, on disk or not. */
  readonly seq: number
  /** Hands in a record. `undo` takes its change back if the disk has no room for it. */
  append(at: number, content: Content, undo: () => void): void
  /** Resolves with `answer` once everything handed in so far is on disk; rejects when it never will be. */
  durable<T>(answer: T): Promise<T>
  /** Resolves once nothing is under way; hand in nothing afterwards. */
  close(): Promise<void>
}

const FIRST_SEGMENT_BYTES = 256 * 1024
const LARGEST_SEGMENT_BYTES = 64 * 1024 * 1024
const HEAD_BYTES = 256 // more than a segment's first and last line ever take
const LAST_LINE_BYTES = 128

const NO_ROOM =
  'We cannot save anything right now, so nothing was changed. Please try again in a few minutes.'

/** Goes on where `end` says; `onFatal` is told once, when nothing may be written any more. */
export function createJournal(parts: {
  disk: Disk
  log: Log
  end: JournalEnd
  onFatal: (error: unknown) => void
  segmentBytes?: number
  /** Frees room on a disk that is full; false when there is none to free. */
  makeRoom?: () => Promise<boolean>
}): Journal {
  const { disk, log, onFatal, segmentBytes = FIRST_SEGMENT_BYTES, makeRoom = noRoom } = parts
  let { seq: durableSeq, chain, place } = parts.end
  const lastLine = { seq: durableSeq, sum: chain }
  let file: DiskFile | undefined
  let spareBytes = 0
  let preparing: Promise<void> | undefined
  let writing: Group | undefined
  let queue: Group[] = []
  const unused: Group[] = []
  let planned = false
  let dead: { error: unknown } | undefined

  /** What waits is written now where it is worth a write, else after this turn. */
  function writeSoon(): void {
    if (queue[0]?.isWorthAWrite) writeNext()
    if (planned || queue.length === 0) return
    planned = true
    afterThisTurn(() => {
      planned = false
      writeNext()
    })
  }

  /** Begins to write what has waited longest, unless a write is under way. */
  function writeNext(): void {
    if (writing || dead) return
    writing = queue.shift()
    if (writing) writeOrMakeRoom(writing).then(finish, giveUp)
  }

  async function writeOrMakeRoom(group: Group): Promise<Group> {
    try {
      return await write(group)
    } catch (error) {
      if (!(error instanceof RoomMissing && isFull(error.cause) && (await makeRoom()))) throw error
      return write(group)
    }
  }

  async function write(group: Group): Promise<Group> {
    const bytes = group.bytes()
    const segment = roomNow(bytes.length) ?? (await roomFor(bytes.length))
    refuseStranger(segment.file, segment.place)
    await writeThrough(segment.file, bytes, segment.place.position)
    place = { ...segment.place, position: segment.place.position + bytes.length }
    return group
  }

  function finish(group: Group): void {
    chain = group.sum
    durableSeq = group.seq
    writing = undefined
    prepareAhead()
    // The disk goes on while those who waited are answered.
    writeSoon()
    group.settle(undefined)
    unused.push(group)
  }

  function giveUp(error: unknown): void {
    if (error instanceof RoomMissing) refuseAll(error)
    else die(error)
  }

  /** The group that the next line joins: the last one that waits, unless it is full. */
  function groupToJoin(): Group {
    const last = queue.at(-1)
    if (last && !last.isFull) return last
    const group = unused.pop() ?? createGroup()
    group.clear()
    queue.push(group)
    return group
  }

  /** Nearly always: without waiting a turn for what is at hand. */
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
    const head = { segment: (place?.segment ?? 0) + 1, after: durableSeq, chain }
    const capacity = spareBytes
    spareBytes = 0
    const next = await orRoomMissing(startSegment(disk, head, capacity))
    if (place) await finishSegment(place, head.segment)
    file = next.file
    place = next.place
    return next
  }

  /** Says in the old segment that another one follows, so that its loss would be noticed; good to have, no more. */
  async function finishSegment(old: Place, next: number): Promise<void> {
    file ??= await disk.open(old.name, 'through').catch(() => undefined)
    if (!file) return
    refuseStranger(file, old)
    const line = Buffer.from(continuedLine(next, chain).text)
    await writeSynced(file, line, old.position).catch(unless(isFull))
    await file.close().catch(() => undefined)
  }

  const nextBytes = () => (place ? Math.min(place.capacity * 2, LARGEST_SEGMENT_BYTES) : segmentBytes)

  /** As large as is wanted, or where the disk has no room for that, as small as it may be. */
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

  /** Half a segment before it is needed; a failure now is no matter, it is tried again when there is no way around. */
  function prepareAhead(): void {
    if (!place || preparing || spareBytes > 0 || place.position < place.capacity / 2) return
    preparing = prepare(0)
      .catch((error: unknown) => (error instanceof SyncFailed ? die(error) : undefined))
      .finally(() => {
        preparing = undefined
      })
  }

  /** The disk has no room: every change that it does not have is taken back, the latest first. */
  function refuseAll(error: unknown): void {
    log.error({ err: error, refused: lastLine.seq - durableSeq }, 'the disk is full; changes are refused')
    const refused = takeAll()
    for (const group of refused.toReversed()) group.undo()
    lastLine.seq = durableSeq
    lastLine.sum = chain
    const full = { error: new Refusal('storage_full', NO_ROOM) }
    for (const group of refused) group.settle(full)
  }

  function die(error: unknown): void {
    if (dead) return
    dead = { error }
    for (const group of takeAll()) group.settle(dead)
    onFatal(error)
  }

  /** Everything that is not on disk, which from now on waits no more. */
  function takeAll(): Group[] {
    const all = writing ? [writing, ...queue] : queue
    writing = undefined
    queue = []
    return all
  }

  function durable<T>(answer: T): Promise<T> {
    if (dead) return Promise.reject(dead.error)
    const last = queue.at(-1) ?? writing
    return last ? last.wait(answer) : Promise.resolve(answer)
  }

  return {
    get seq() {
      return lastLine.seq
    },
    append: (at, content, undo) => {
      groupToJoin().add(lastLine, at, content, undo)
      writeSoon()
    },
    durable,
    close: async () => {
      await durable(undefined).catch(() => undefined)
      await preparing
      await file?.close()
    },
  }
}

/**
 * Calls back when all that can happen now has happened: from inside a microtask, nextTick comes after all the microtasks
 * there are. So commits that are made in one turn, and those that the answers just given lead to, share a write.
 */
function afterThisTurn(act: () => void): void {
  queueMicrotask(() => process.nextTick(act))
}

function fits(bytes: number, { position, capacity }: Place): boolean {
  return position + bytes + LAST_LINE_BYTES <= capacity
}

const noRoom = async (): Promise<boolean> => false

/** Nothing of the record was written, because no place for it could be made. */
class RoomMissing extends Error {}

async function orRoomMissing<T>(made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    throw error instanceof SyncFailed ? error : new RoomMissing('no place for a record', { cause: error })
  }
}

/** Passes over a failure that `harmless` knows. */
function unless(harmless: (error: unknown) => boolean): (error: unknown) => void {
  return (error) => {
    if (!harmless(error)) throw error
  }
}

/** Where our next line goes, nothing may stand: a process that opened the folder after us would have put its mark there. */
function refuseStranger(file: DiskFile, place: Place): void {
  if (file.isBlank(place.position)) return
  throw new Error(`another process has written to ${place.name} at offset ${place.position}`)
}

/** Writes a group and takes every byte of it back when the disk has no room for all. */
async function writeThrough(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  try {
    await writeSynced(file, bytes, position)
  } catch (error) {
    if (!isFull(error)) throw error
    // A disk that copies on write may have no room for zeros either: then nothing may have been taken.
    const isNothingThere = (failure: unknown) => isFull(failure) && file.isBlank(position)
    await writeSynced(file, Buffer.alloc(bytes.length), position).catch(unless(isNothingThere))
    throw new RoomMissing('no room for a record', { cause: error })
  }
}
