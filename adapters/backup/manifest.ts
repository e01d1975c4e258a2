/**
 * Keeps the manifest of what was shipped under a claim: replaced after each piece, it says where
 * the pieces end, so that the last ones cannot be taken away unnoticed.
 */
import type { Bucket } from './bucket.ts'
import { folderOf, type Point } from './piece.ts'
import { readSigned, type SigningKey, signedLine, WrongInBucket } from './seal.ts'

export interface Manifest {
  readonly claim: string
  readonly pieces: number
  /** The first record of the last piece, and its last one. */
  readonly lastFirst: number
  readonly end: Point
}

/**
 * A request that a slow store carries out late may put an older manifest back, by a few pieces.
 * More than these is not by accident.
 */
export const MOST_BEHIND = 16

const objectOf = (claim: string): string => `${folderOf(claim)}manifest.json`

export async function writeManifest(bucket: Bucket, key: SigningKey, manifest: Manifest): Promise<void> {
  const line = signedLine(key, { v: 1, ...manifest })
  await bucket.putBytes(objectOf(manifest.claim), Buffer.from(line))
}

/**
 * Returns the manifest of a claim; undefined where nothing was shipped under it. Throws {@link
 * WrongInBucket} where it is not as it was written.
 */
export async function readManifest(
  bucket: Bucket,
  key: SigningKey | undefined,
  claim: string,
): Promise<Manifest | undefined> {
  const name = objectOf(claim)
  const line = await bucket.read(name)
  if (!line) return undefined
  const value = readSigned(key, name, line) as unknown as Manifest
  if (value.claim !== claim) {
    throw new WrongInBucket(`${name} in the bucket is the manifest of another claim, ${value.claim}.`)
  }
  return value
}
