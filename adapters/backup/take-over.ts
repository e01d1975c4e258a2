/** Claims the bucket for a folder that a restore has put in place, or that is to be the right one again. */
import type { Disk } from '../store/disk/disk.ts'
import type { Bucket } from './bucket.ts'
import { nextClaim, writeClaim } from './claims.ts'
import { endOf, pointIn, readHistory } from './history.ts'
import { reachedAt } from './journal-reader.ts'
import { addOwnClaim, readOwnClaims } from './own-claims.ts'
import type { Point } from './piece.ts'
import type { SigningKey } from './seal.ts'

/**
 * Writes the next claim, which goes on from the last record that the folder and the bucket have in
 * common. Returns how many records in the bucket are left behind, and the claim that was in force.
 */
export async function claimFor(parts: {
  bucket: Bucket
  key: SigningKey
  disk: Disk
  /** The folder's last record. */
  end: Point
  at: number
}): Promise<{ leftBehind: number; replaced: string | undefined }> {
  const { bucket, key, disk, end, at } = parts
  const history = await readHistory({ bucket, key }, 0)
  const shipped = await endOf({ bucket, key }, history)
  const base = await commonPoint()
  const claim = nextClaim(key, [...history.claims, ...(await readOwnClaims(disk))], history.newest, {
    at,
    why: 'restore',
    base,
  })
  await addOwnClaim(disk, claim.claim)
  await writeClaim(bucket, key, claim)
  return { leftBehind: Math.max(0, (shipped?.seq ?? 0) - base.seq), replaced: history.newest?.claim }

  async function commonPoint(): Promise<Point> {
    const isHere = async (point: Point | undefined) =>
      point !== undefined && (point.seq === 0 || (await reachedAt(disk, point.seq))?.chain === point.chain)
    if (shipped && (await isHere(shipped))) return shipped
    const last = await pointIn({ bucket, key }, history, end.seq)
    if (last && (await isHere(last))) return last
    for (const { claim } of history.spans.toReversed()) if (await isHere(claim.base)) return claim.base
    return { seq: 0, chain: 0, at: 0 }
  }
}
