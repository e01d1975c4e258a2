/**
 * Writes the journal: one line a commit, in the order of the commits. Lines that wait while a write
 * is under way go out together in the next one, and no caller's promise resolves before its line is
 * on the disk.
 */
import { Refusal } from '../../../domain/errors.ts'
import type { Log } from '../../../engine/ports.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { isFull, writeSynced } from '../disk/files.ts'
import { type Batch, createBatch } from './batch.ts'
import type { Content } from './record.ts'
import { createRoom, type Room, RoomMissing, refuseOtherWriter, unless } from './room.ts'
import type { Reached } from './scan.ts'
import type { Place } from './segments.ts'

export interface JournalEnd {
  /** The last record's number and checksum; 0 and 0 when there is none. */
  readonly seq: number
  readonly chain: number
  /** Undefined when there is no segment yet. */
  readonly place: Place | undefined
}

export interface Journal {
  /** Number of the last record appended, on disk or not. */
  readonly seq: number
  /** Appends a record. `undo` undoes its change if the disk has no room for it. */
  append(at: number, content: Content, undo: () => void): void
  /**
   * Resolves with `answer` once everything appended so far is on disk; rejects when it never will
   * be.
   */
  durable<T>(answer: T): Promise<T>
  /** Resolves once nothing is under way; append nothing afterwards. */
  close(): Promise<void>
}

const FIRST_SEGMENT_BYTES = 256 * 1024

const NO_ROOM =
  'We cannot save anything right now, so nothing was changed. Please try again in a few minutes.'

interface JournalParts {
  disk: Disk
  log: Log
  end: JournalEnd
  onFatal: (error: unknown) => void
  segmentBytes?: number
  /** Resolves once the keys that lines are sealed with are on disk; undefined where they are. */
  savedKeys: () => Promise<void> | undefined
  /** Frees room on a disk that is full; resolves with false when there is none to free. */
  makeRoom?: () => Promise<boolean>
  /** Called when more is on the disk: its last record, and how many bytes it took. */
  onWritten?: (end: Reached, bytes: number) => void
}

/**
 * Creates a journal that continues at `end`. Calls `onFatal` once, when nothing may be written any
 * more.
 */
export function createJournal(parts: JournalParts): Journal {
  const { disk, log, onFatal, savedKeys, segmentBytes = FIRST_SEGMENT_BYTES, makeRoom = noRoom } = parts
  let { seq: durableSeq, chain } = parts.end
  const lastLine = { seq: durableSeq, sum: chain }
  const room = createRoom({
    disk,
    place: parts.end.place,
    segmentBytes,
    durable: () => ({ seq: durableSeq, chain }),
    onSyncFailed: die,
  })
  const queue = createQueue()
  let writing: Batch | undefined
  let dead: { error: unknown } | undefined

  const writeAfterThisTurn = onceATurn(() => writeNext())

  /** Writes waiting lines now where they are worth a write, else after this turn. */
  function writeSoon(): void {
    if (queue.first()?.isWorthAWrite) writeNext()
    if (queue.first()) writeAfterThisTurn()
  }

  /** Starts to write what has waited longest, unless a write is under way. */
  function writeNext(): void {
    if (writing || dead) return
    writing = queue.next()
    if (writing) write(writing).then(finish, giveUp)
  }

  async function write(batch: Batch): Promise<Batch> {
    try {
      return await writeAfterKeys(savedKeys, room, batch)
    } catch (error) {
      if (!(error instanceof RoomMissing && isFull(error.cause) && (await makeRoom()))) throw error
      return writeAfterKeys(savedKeys, room, batch)
    }
  }

  function finish(batch: Batch): void {
    chain = batch.sum
    durableSeq = batch.seq
    writing = undefined
    room.prepareAhead()
    // The disk goes on while the waiting promises are settled.
    writeSoon()
    const bytes = batch.bytes().length
    batch.settle(undefined)
    queue.giveBack(batch)
    parts.onWritten?.({ seq: durableSeq, chain }, bytes)
  }

  const giveUp = (error: unknown): void => (error instanceof RoomMissing ? refuseAll(error) : die(error))

  /** Undoes every change that is not on the disk, latest first: the disk has no room. */
  function refuseAll(error: unknown): void {
    log.error({ err: error, refused: lastLine.seq - durableSeq }, 'the disk is full; changes are refused')
    const refused = takeAll()
    for (const batch of refused.toReversed()) batch.undo()
    lastLine.seq = durableSeq
    lastLine.sum = chain
    const full = { error: new Refusal('storage_full', NO_ROOM) }
    for (const batch of refused) batch.settle(full)
  }

  function die(error: unknown): void {
    if (dead) return
    dead = { error }
    for (const batch of takeAll()) batch.settle(dead)
    onFatal(error)
  }

  /** Takes out everything that is not on disk, which waits no more. */
  function takeAll(): Batch[] {
    const all = writing ? [writing, ...queue.takeAll()] : queue.takeAll()
    writing = undefined
    return all
  }

  function durable<T>(answer: T): Promise<T> {
    if (dead) return Promise.reject(dead.error)
    const last = queue.last() ?? writing
    return last ? last.wait(answer) : Promise.resolve(answer)
  }

  return {
    get seq() {
      return lastLine.seq
    },
    append: (at, content, undo) => {
      queue.toJoin().add(lastLine, at, content, undo)
      writeSoon()
    },
    durable,
    close: async () => {
      await durable(undefined).catch(() => undefined)
      await room.close()
    },
  }
}

/** Creates the queue of batches that wait to be written. */
function createQueue() {
  let batches: Batch[] = []
  const unused: Batch[] = []
  return {
    first: () => batches[0],
    last: () => batches.at(-1),
    next: () => batches.shift(),

    /** Returns the batch that the next line joins: the last one that waits, unless it is full. */
    toJoin(): Batch {
      const last = batches.at(-1)
      if (last && !last.isFull) return last
      const batch = unused.pop() ?? createBatch()
      batch.clear()
      batches.push(batch)
      return batch
    },

    /** Returns a batch that was written, for later lines. */
    giveBack: (batch: Batch) => void unused.push(batch),

    takeAll(): Batch[] {
      const all = batches
      batches = []
      return all
    },
  }
}

/**
 * Returns a function that calls `act` once, however often it is called, when all that can happen
 * now has happened: from inside a microtask, nextTick comes after all the microtasks there are. So
 * commits that are made in one turn, and those that the promises just settled lead to, share a
 * write.
 */
function onceATurn(act: () => void): () => void {
  let planned = false
  const run = () => {
    planned = false
    act()
  }
  return () => {
    if (planned) return
    planned = true
    queueMicrotask(() => process.nextTick(run))
  }
}

/** Writes lines once no key that they are sealed with can be lost any more. */
async function writeAfterKeys(
  savedKeys: JournalParts['savedKeys'],
  room: Room,
  batch: Batch,
): Promise<Batch> {
  await savedKeys()?.catch(refuseFull)
  return writeInto(room, batch)
}

function refuseFull(error: unknown): never {
  throw isFull(error) ? new RoomMissing('no room for a key', { cause: error }) : error
}

const noRoom = async (): Promise<boolean> => false

async function writeInto(room: Room, batch: Batch): Promise<Batch> {
  const bytes = batch.bytes()
  const segment = room.now(bytes.length) ?? (await room.for(bytes.length))
  refuseOtherWriter(segment.file, segment.place)
  await writeThrough(segment.file, bytes, segment.place.position)
  room.use(segment.place, bytes.length)
  return batch
}

/** Writes a batch and removes every byte of it again when the disk has no room for all. */
async function writeThrough(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  try {
    await writeSynced(file, bytes, position)
  } catch (error) {
    if (!isFull(error)) throw error
    // A disk that copies on write may have no room for zeros either: then nothing may have been
    // taken.
    const isNothingThere = (failure: unknown) => isFull(failure) && file.isBlank(position)
    await writeSynced(file, Buffer.alloc(bytes.length), position).catch(unless(isNothingThere))
    throw new RoomMissing('no room for a record', { cause: error })
  }
}
