/**
 * Compares a data folder with what the bucket has, so that no server goes on from data that are
 * older than those that people have seen, or beside another server.
 */
import { OperatorError } from '../../domain/errors.ts'
import type { ReadingDisk } from '../store/disk/disk.ts'
import type { BucketEnd } from './bucket-end.ts'
import type { Claim } from './claims.ts'
import { lastRecordIn, reachedAt } from './journal-reader.ts'
import type { Point } from './piece.ts'

/** The folder's data are older than what was shipped, or took another course. */
class OlderData extends OperatorError {
  override name = 'OlderData'
}

/** Another server, or a restore, has claimed the bucket since. */
class TakenOver extends OperatorError {
  override name = 'TakenOver'
}

const RESTORE = '`npm run restore -- --from-bucket`'

/**
 * Throws {@link OlderData} or {@link TakenOver} unless the folder is the one that wrote to the
 * bucket last, with all that it wrote.
 */
export async function checkFolder(parts: {
  disk: ReadingDisk
  folder: string
  own: readonly string[]
  found: BucketEnd
}): Promise<void> {
  const { disk, folder, own, found } = parts
  const isOurs = found.newest || found.claims.length === 0 || found.claims.some((name) => own.includes(name))
  if (!isOurs) throw otherKey()
  const remedy = `put the newer data back, or run ${RESTORE}, which brings back all that was shipped`
  const isOthers = found.newest && !own.includes(found.newest.claim)
  const ifRight = isOthers
    ? 'If this folder is the right one, stop the server that wrote there since and run `npm run restore -- --take-over` here. '
    : ''
  await checkReaches({ disk, folder, end: found.end, where: 'the bucket', remedy, ifRight })
  if (found.newest && isOthers) throw takenOver(found.newest)
}

function otherKey(): OperatorError {
  return new OperatorError(
    'What is in the bucket is not signed with this DATA_KEY. Set the key with which the server wrote there (a new one ' +
      'goes in front of it: DATA_KEY=NEW,OLD), or name a new, empty folder in BACKUP_BUCKET_URL. Nothing was changed.',
  )
}

/** Throws {@link OlderData}, with what to do, unless the folder's journal contains the record `end`. */
export async function checkReaches(parts: {
  disk: ReadingDisk
  folder: string
  end: Point
  where: string
  remedy: string
  /** Says what to do where the folder took another course and is the right one; may be empty. */
  ifRight: string
}): Promise<void> {
  const { disk, folder, end, where, remedy, ifRight } = parts
  if (end.seq === 0) return
  const reached = await reachedAt(disk, end.seq)
  if (reached?.chain === end.chain) return
  const last = await lastRecordIn(disk)
  if (last.seq >= end.seq) {
    throw new OlderData(
      `The data in ${folder} took another course than those in ${where}: record ${end.seq} is not the same in both. ` +
        `Keep a copy of the folder. Then ${remedy}; this folder's files are kept beside it. ${ifRight}Nothing was changed.`,
    )
  }
  const what =
    last.seq === 0
      ? `There are no data in ${folder}`
      : `The data in ${folder} are old: they end with record ${last.seq} of ${instant(last.at)}`
  throw new OlderData(
    `${what}, and ${where} has record ${end.seq} of ${instant(end.at)}. Is this the right disk, or an old copy of it? If not, ` +
      `${remedy}. Nothing was changed.`,
  )
}

/** Returns the reason why a server must not go on beside the claim. */
export function takenOver({ claim, why, host, at }: Claim): TakenOver {
  const by = why === 'start' ? 'Another server' : 'A restore'
  return new TakenOver(
    `${by} on ${host} has taken over these data at ${instant(at)} (claim ${claim}): this server stops, so that no two ` +
      'tell people different balances. If the other one is right, leave this one off and delete nothing. If this one is ' +
      'right, stop the other and run `npm run restore -- --take-over` here.',
  )
}

function instant(at: number): string {
  return new Date(at).toISOString()
}
