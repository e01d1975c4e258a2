/**
 * Makes a data folder from what is in the bucket: the newest whole copy that fits, and behind it the
 * pieces of the journal up to the wanted instant.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { OperatorError } from '../../domain/errors.ts'
import { HOUR_MS } from '../../shared/time.ts'
import { readingDisk } from '../store/disk/disk.ts'
import { continuedLine, headLine } from '../store/journal/record.ts'
import { scanSegment } from '../store/journal/scan.ts'
import { segmentName, segmentsAmong } from '../store/journal/segments.ts'
import { KEYS_FILE, NEW_KEYS_FILE } from '../store/people/keys-file.ts'
import { backupsIn, downloadBackup, endOfBackup } from './bucket-backups.ts'
import { NOTHING } from './bucket-end.ts'
import {
  endOf,
  type History,
  type HistoryParts,
  isAheadOf,
  pointIn,
  readHistory,
  recordsIn,
} from './history.ts'
import { instantOf, reachedAt } from './journal-reader.ts'
import { createNeededKeys, type NeededKeys } from './keys/needed-keys.ts'
import { fetchKeys } from './keys/ship-keys.ts'
import { eachRecord, type Point, type Records } from './piece.ts'
import { WrongInBucket } from './seal.ts'

export interface Rebuilt {
  readonly folder: string
  readonly end: Point
  readonly history: History
  /** Name of the copy that it began with; undefined where it is made of pieces alone. */
  readonly backup: string | undefined
}

export interface RebuildParts extends HistoryParts {
  /** A new folder is made in it. */
  readonly into: string
  /** The last instant to bring back; the newest where it is left out. */
  readonly at?: number
  /** Closes what was sealed under keys that the bucket lacks, whatever the reason. */
  readonly despiteKeys?: boolean
  /** Reports what is being done, in a sentence. */
  readonly tell: (sentence: string) => void
}

/**
 * Throws {@link WrongInBucket} where a piece or a key is missing or wrong, and an OperatorError where
 * there is nothing as old as the instant.
 */
export async function rebuild(parts: RebuildParts): Promise<Rebuilt> {
  const { into, at = Number.POSITIVE_INFINITY, tell } = parts
  const chosen = await fetchBackup(parts, at)
  const history = chosen?.history ?? (await readHistory(parts, 0))
  const folder = chosen?.folder ?? join(into, 'rebuilt')
  tell(chosen ? `Begun with the copy ${chosen.backup}.` : 'Begun with the first piece: no whole copy fits.')
  if (!chosen) await fs.mkdir(folder, { mode: 0o700 })
  const from = chosen?.end ?? NOTHING
  const needed = createNeededKeys()
  const records = noted(upToInstant(recordsIn(parts, history, from), at), needed)
  const end = await continueJournal(folder, from, records)
  if (end.seq === 0) throw new OperatorError('Nothing in the bucket is as old as that instant.')
  await fetchKeys(parts.bucket, folder, (there) => keysToClose(parts, { history, end, needed, there }))
  return { folder, end, history, backup: chosen?.backup }
}

/**
 * Downloads the newest copy that is not younger than the instant and on the course that counts, and
 * lists what was shipped behind it. A copy that is not as it was uploaded is named and passed over.
 */
async function fetchBackup(
  parts: RebuildParts,
  at: number,
): Promise<{ backup: string; folder: string; end: Point; history: History } | undefined> {
  for (const backup of (await backupsIn(parts.bucket)).toReversed()) {
    try {
      const end = await endOfBackup(parts.bucket, parts.key, backup)
      if (!end || end.at > at) continue
      const history = await readHistory(parts, end.seq)
      const point = await pointIn(parts, history, end.seq)
      if (point ? point.chain !== end.chain : !isAheadOf(end, history)) continue
      const { folder } = await downloadBackup({ ...parts, backup })
      if (!point && !(await continuesPieces(parts, history, folder, end))) continue
      return { backup, folder, end, history }
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      parts.tell(`The copy ${backup} is passed over: ${error.message}`)
    }
  }
  return undefined
}

/** Returns whether a copy that goes further than all pieces has what they have. */
async function continuesPieces(
  parts: RebuildParts,
  history: History,
  folder: string,
  end: Point,
): Promise<boolean> {
  const shipped = await endOf(parts, history)
  if (!shipped || (await reachedAt(readingDisk(folder), shipped.seq))?.chain !== shipped.chain) {
    await fs.rm(folder, { recursive: true })
    return false
  }
  parts.tell(
    `The pieces end with record ${shipped.seq} of ${instantText(shipped.at)}, and this copy with ${end.seq} of ` +
      `${instantText(end.at)}. Where the server ran on after that, pieces were taken away: look for them in the ` +
      "bucket's versions before you start.",
  )
  return true
}

const instantText = (at: number): string => new Date(at).toISOString()

async function* noted(records: AsyncIterable<Records>, needed: NeededKeys): AsyncGenerator<Records> {
  for await (const group of records) {
    needed.add(group)
    yield group
  }
}

/**
 * Returns the keys that the records need and that are gone, because their people have left since.
 * Throws {@link WrongInBucket} where the bucket does not say why one is missing.
 */
async function keysToClose(
  parts: RebuildParts,
  found: { history: History; end: Point; needed: NeededKeys; there: ReadonlySet<string> },
): Promise<readonly string[]> {
  const { history, end, needed, there } = found
  const { key, despiteKeys = false, tell } = parts
  if (!key || needed.lackedBy(there).lost.length === 0) return []
  try {
    for await (const records of recordsIn(parts, history, end)) needed.addLater(records)
  } catch (error) {
    if (!despiteKeys || !(error instanceof WrongInBucket)) throw error
  }
  const { left, lost } = needed.lackedBy(there)
  if (lost.length > 0 && !despiteKeys) {
    throw new WrongInBucket(
      `${KEYS_FILE} in the bucket lacks ${lost.length} keys that the records need, such as ${lost[0]}. Put the newest ` +
        `versions of ${KEYS_FILE} and ${NEW_KEYS_FILE} back, or add --despite-keys: then every cent comes back, and the ` +
        'names and addresses under these keys stay closed for good.',
    )
  }
  tell(
    `${left.length + lost.length} keys of people are gone, ${left.length} of them because their people left after the ` +
      'last record that comes back. Their accounts come back with all money, and closed, as "Deleted account".',
  )
  return [...left, ...lost]
}

const WELL_PAST_MS = HOUR_MS // a clock that was set back may have given a later record an earlier instant

/** Yields the records up to the last one of the instant or before. */
async function* upToInstant(records: AsyncIterable<Records>, at: number): AsyncGenerator<Records> {
  let held: Records[] = []
  for await (const group of records) {
    if (group.at <= at) {
      yield* held
      yield group
      held = []
      continue
    }
    const part = lastUpTo(group, at)
    if (part) {
      yield* held
      yield part.until
      held = part.rest ? [part.rest] : []
    } else held.push(group)
    if (instantOf(group.bytes) > at + WELL_PAST_MS) return
  }
}

/** Divides the records behind the last one of the instant or before; undefined where all are later. */
function lastUpTo(group: Records, at: number): { until: Records; rest: Records | undefined } | undefined {
  let cut: { seq: number; chain: number; at: number; length: number } | undefined
  let length = 0
  for (const { line, seq, chain } of eachRecord(group.bytes, { seq: group.first - 1, chain: group.before })) {
    length += line.length
    const instant = instantOf(line)
    if (instant <= at) cut = { seq, chain, at: instant, length }
  }
  if (!cut) return undefined
  const until = {
    ...group,
    last: cut.seq,
    after: cut.chain,
    at: cut.at,
    bytes: group.bytes.subarray(0, cut.length),
  }
  const rest = { ...group, first: cut.seq + 1, before: cut.chain, bytes: group.bytes.subarray(cut.length) }
  return { until, rest: cut.seq === group.last ? undefined : rest }
}

const SEGMENT_BYTES = 64 << 20
const ROOM_FOR_ENDS = 512 // the first and the last line of a segment

/**
 * Writes the records behind those of the folder's journal into segments of their own. Returns the
 * last record.
 */
async function continueJournal(folder: string, from: Point, records: AsyncIterable<Records>): Promise<Point> {
  let segment = await endSegment(folder, from)
  let before = from
  let end = from
  let waiting: Buffer[] = []
  let bytes = 0
  const write = async (isLast: boolean) => {
    if (waiting.length === 0) return
    segment += 1
    await writeSegment(folder, { segment, before, end, lines: waiting, bytes, isLast })
    before = end
    waiting = []
    bytes = 0
  }
  for await (const group of records) {
    if (bytes + group.bytes.length > SEGMENT_BYTES) await write(false)
    waiting.push(group.bytes)
    bytes += group.bytes.length
    end = { seq: group.last, chain: group.after, at: group.at }
  }
  await write(true)
  return end
}

async function writeSegment(
  folder: string,
  parts: { segment: number; before: Point; end: Point; lines: Buffer[]; bytes: number; isLast: boolean },
): Promise<void> {
  const { segment, before, end, lines, bytes, isLast } = parts
  const size = bytes + ROOM_FOR_ENDS
  const head = headLine({ segment, bytes: size, after: before.seq, chain: before.chain }).text
  const last = isLast ? '' : continuedLine(segment + 1, end.chain).text
  const blank = Buffer.alloc(size - bytes - head.length - last.length)
  const file = await fs.open(join(folder, segmentName(before.seq + 1)), 'wx', 0o600)
  try {
    await file.writeFile(Buffer.concat([Buffer.from(head), ...lines, Buffer.from(last), blank]))
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Empties what a copy of a running server may have behind its last record, so that another segment
 * can follow. Returns the number of the last segment.
 */
async function endSegment(folder: string, from: Point): Promise<number> {
  const name = segmentsAmong(await fs.readdir(folder)).at(-1)?.name
  if (name === undefined) return 0
  const path = join(folder, name)
  const bytes = await fs.readFile(path)
  const scanned = scanSegment(
    { name, bytes, isLast: true, from: Number.POSITIVE_INFINITY },
    undefined,
    () => undefined,
  )
  if (scanned.seq !== from.seq || scanned.chain !== from.chain) {
    throw new OperatorError(`The copy does not end with record ${from.seq}, as its manifest says.`)
  }
  if (scanned.torn)
    await fs.writeFile(
      path,
      Buffer.concat([bytes.subarray(0, scanned.end), Buffer.alloc(bytes.length - scanned.end)]),
    )
  return scanned.segment
}
