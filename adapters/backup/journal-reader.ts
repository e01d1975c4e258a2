/**
 * Reads the records of a journal while the server writes it: only those that are known to be on the
 * disk, in their order, whole, and each held against the chain.
 */
import type { DiskFile, ReadingDisk } from '../store/disk/disk.ts'
import { checkedSum, isContinuedLine, parseLine } from '../store/journal/record.ts'
import { type Reached, UnsafeData } from '../store/journal/scan.ts'
import { segmentsAmong } from '../store/journal/segments.ts'
import type { Point, Records } from './piece.ts'

export interface JournalReader {
  /**
   * Returns the next records, up to record `upTo`, whose lines take at most `most` bytes together;
   * a longer record is returned alone. Undefined where there is none. Throws {@link UnsafeData}
   * where the journal is not as this program wrote it, or does not go on from where reading began.
   */
  next(upTo: number, most: number): Promise<Records | undefined>
}

const CHUNK_BYTES = 64 << 10
const NEWLINE = 10

/** The place of the next line; what the lines before it have reached, once that is known. */
interface Place {
  readonly segment: string
  readonly offset: number
  readonly reached: Reached | undefined
}

/** Creates a reader of the records that follow `after`. Nothing is read yet. */
export function createJournalReader(disk: ReadingDisk, after: Reached): JournalReader {
  let place: Place | undefined
  let reached = after

  /** Passes the records from the beginning of their segment to where reading begins. */
  async function findPlace(): Promise<Place> {
    const segment = segmentsAmong(await disk.list()).findLast(({ firstSeq }) => firstSeq <= after.seq + 1)
    if (!segment) throw new UnsafeData(`The journal does not reach back to record ${after.seq + 1}.`)
    let at: Place = { segment: segment.name, offset: 0, reached: undefined }
    for await (const found of linesFrom(disk, at, after.seq)) at = found.next
    if (at.reached?.seq !== after.seq || at.reached.chain !== after.chain) throw differs(after.seq)
    return at
  }

  return {
    async next(upTo, most) {
      if (upTo <= reached.seq) return undefined
      place ??= await findPlace()
      const lines: Buffer[] = []
      let bytes = 0
      let now = { place, reached } // nothing is passed over when reading breaks off
      for await (const { line, next } of linesFrom(disk, place, upTo)) {
        if (line && bytes > 0 && bytes + line.length > most) break
        now = { place: next, reached: next.reached ?? now.reached }
        if (!line) continue
        lines.push(line)
        bytes += line.length
      }
      const { seq: first, chain: before } = reached
      place = now.place
      reached = now.reached
      return {
        first: first + 1,
        last: reached.seq,
        before,
        after: reached.chain,
        at: instantOf(lines.at(-1)),
        bytes: Buffer.concat(lines),
      }
    },
  }
}

/**
 * Returns what the journal has reached with record `seq`; undefined where it ends before, or no
 * longer reaches back to it.
 */
export async function reachedAt(disk: ReadingDisk, seq: number): Promise<Reached | undefined> {
  const segments = segmentsAmong(await disk.list())
  const segment = segments.findLast(({ firstSeq }) => firstSeq <= seq + 1)
  if (!segment) return undefined
  let at: Place = { segment: segment.name, offset: 0, reached: undefined }
  try {
    for await (const found of linesFrom(disk, at, seq)) at = found.next
  } catch (error) {
    if (error instanceof EndsEarly) return undefined
    throw error
  }
  return at.reached?.seq === seq ? at.reached : undefined
}

/** Returns the last whole record of a journal that no one writes; with `seq` 0 where there is none. */
export async function lastRecordIn(disk: ReadingDisk): Promise<Point> {
  const segment = segmentsAmong(await disk.list()).at(-1)
  let last: Point = { seq: 0, chain: 0, at: 0 }
  if (!segment) return last
  const start: Place = { segment: segment.name, offset: 0, reached: undefined }
  try {
    for await (const { line, next } of linesFrom(disk, start, Number.POSITIVE_INFINITY)) {
      if (next.reached) last = { ...next.reached, at: line ? instantOf(line) : 0 }
    }
  } catch (error) {
    if (!(error instanceof UnsafeData)) throw error
  }
  return last
}

/**
 * Yields the lines from a place to record `upTo`, each with the place behind it; a line that is no
 * record is left out. Everything up to `upTo` must be on the disk.
 */
async function* linesFrom(
  disk: ReadingDisk,
  from: Place,
  upTo: number,
): AsyncGenerator<{ line?: Buffer; next: Place }> {
  let { segment, offset, reached } = from
  let file = await disk.open(segment, 'read')
  let read = createBuffer(file)
  try {
    while (!reached || reached.seq < upTo) {
      const line = await read(offset)
      if (!line || isContinuedLine(line)) {
        segment = await segmentAfter(disk, segment, reached?.seq ?? 0)
        offset = 0
        const opened = await disk.open(segment, 'read')
        await file.close()
        file = opened
        read = createBuffer(file)
        continue
      }
      const isHead = offset === 0
      reached = isHead || !reached ? headOf(line, segment, reached) : following(line, segment, reached)
      offset += line.length
      yield { ...(!isHead && { line }), next: { segment, offset, reached } }
    }
  } finally {
    await file.close()
  }
}

/** Creates the function that returns the line at an offset; undefined where nothing is written. */
function createBuffer(file: DiskFile): (offset: number) => Promise<Buffer | undefined> {
  let bytes: Buffer = Buffer.alloc(0)
  let start = 0
  return async (offset) => {
    const known = lineAt(bytes, offset - start)
    if (known) return known
    start = offset
    for (let length = CHUNK_BYTES; ; length *= 2) {
      bytes = await file.read(offset, length)
      const line = lineAt(bytes, 0)
      if (line || bytes.length < length || bytes[0] === 0) return line
    }
  }
}

/** Returns the line at an offset, if all of it is there; where nothing is written are zeros. */
function lineAt(bytes: Buffer, offset: number): Buffer | undefined {
  const end = offset >= bytes.length || bytes[offset] === 0 ? -1 : bytes.indexOf(NEWLINE, offset)
  return end < 0 ? undefined : bytes.subarray(offset, end + 1)
}

async function segmentAfter(disk: ReadingDisk, name: string, seq: number): Promise<string> {
  const next = segmentsAmong(await disk.list()).find((segment) => segment.name > name)
  if (next?.firstSeq === seq + 1) return next.name
  throw new EndsEarly(`The journal ends with record ${seq} in ${name}.`)
}

/** The journal has fewer records than were asked for. */
class EndsEarly extends UnsafeData {}

function headOf(line: Buffer, name: string, before: Reached | undefined): Reached {
  const head = parseLine(line)
  const { after: seq, chain } = head ?? {}
  if (typeof seq !== 'number' || typeof chain !== 'number' || checkedSum(line, chain) === undefined) {
    throw new UnsafeData(`${name} is damaged: its first line does not name the segment.`)
  }
  if (before && (before.seq !== seq || before.chain !== chain)) {
    throw new UnsafeData(`${name} does not follow the journal before it.`)
  }
  return { seq, chain }
}

function following(line: Buffer, name: string, before: Reached): Reached {
  const chain = checkedSum(line, before.chain)
  if (chain === undefined) throw new UnsafeData(`${name} is damaged in record ${before.seq + 1}.`)
  return { seq: before.seq + 1, chain }
}

function differs(seq: number): UnsafeData {
  return new UnsafeData(`Record ${seq} of the journal is not the one that is in the bucket.`)
}

/** Returns the instant of a record from its line, without the cost of reading all of it. */
export function instantOf(line: Buffer | undefined): number {
  return Number(/"at":(\d+)/.exec(line?.toString('latin1', 0, 80) ?? '')?.[1] ?? 0)
}
