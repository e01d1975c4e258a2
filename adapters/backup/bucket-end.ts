/** Finds out, with a few requests, who wrote to the bucket last and with which record it ends. */
import { type Bucket, BucketFailure } from './bucket.ts'
import { type Claim, listClaims, readClaim } from './claims.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { firstIn, folderOf, openPiece, type Point, pieceName } from './piece.ts'
import { type SigningKey, WrongInBucket } from './seal.ts'

export interface BucketEnd {
  /** Every claim, by name, in order. */
  readonly claims: readonly string[]
  /** The claim in force; undefined where there is none. */
  readonly newest: Claim | undefined
  readonly end: Point
  /** Messages about objects that are none of ours and were passed over. */
  readonly strange: readonly string[]
}

/** The point before the first record. */
export const NOTHING: Point = { seq: 0, chain: 0, at: 0 }

/**
 * Returns the claim in force and the last record. An object without our signature is passed over,
 * and named. Throws {@link BucketFailure}.
 */
export async function findBucketEnd(bucket: Bucket, key: SigningKey): Promise<BucketEnd> {
  const claims = await listClaims(bucket)
  const strange: string[] = []
  const passOver = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof WrongInBucket)) throw error
      strange.push(error.message)
      return undefined
    }
  }
  for (const name of claims.toReversed()) {
    const newest = await passOver(() => readClaim(bucket, key, name))
    if (!newest) continue
    const manifest = await passOver(() => readManifest(bucket, key, name))
    const piece = await lastPiece(bucket, key, name, manifest, passOver)
    return { claims, newest, end: piece ?? manifest?.end ?? newest.base, strange }
  }
  return { claims, newest: undefined, end: NOTHING, strange }
}

/** Returns the end of the last piece behind the manifest: one that it could not name any more. */
async function lastPiece(
  bucket: Bucket,
  key: SigningKey,
  claim: string,
  manifest: Manifest | undefined,
  passOver: <T>(read: () => Promise<T>) => Promise<T | undefined>,
): Promise<Point | undefined> {
  const after = manifest && pieceName(claim, manifest.lastFirst)
  const names = (await bucket.list(folderOf(claim), after)).filter((name) => firstIn(name) !== undefined)
  for (const name of names.toReversed()) {
    const bytes = await bucket.read(name)
    if (!bytes) throw new BucketFailure(`${name} was listed in the bucket and could not be read`)
    const piece = await passOver(async () => openPiece(key, name, bytes))
    if (piece) return { seq: piece.last, chain: piece.after, at: piece.at }
  }
  return undefined
}
