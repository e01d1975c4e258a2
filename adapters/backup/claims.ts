/**
 * Numbers who may write to the bucket: every start of a server writes a claim, and so does a
 * restore. The highest is in force, and a server that sees a higher one than its own stops.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Bucket } from './bucket.ts'
import type { Point } from './piece.ts'
import { readSigned, type SigningKey, signedLine, WrongInBucket } from './seal.ts'

export interface Claim {
  /** Its number and a random part, as in its name; a later claim sorts after an earlier one. */
  readonly claim: string
  readonly at: number
  readonly why: 'start' | 'restore'
  /** Name of the machine, for people. */
  readonly host: string
  /** The record after which it goes on; what other claims shipped beyond it is left out. */
  readonly base: Point
  /** The keys that signed what it rests on, by fingerprint; absent in claims of earlier builds. */
  readonly signedBy?: readonly string[]
}

const NAME = /^claims\/(\d{6}-[0-9a-f]{8})\.json$/
const DIGITS = 6

const objectOf = (claim: string): string => `claims/${claim}.json`

/** Returns the names of the claims in the bucket, those after `own` alone where it is given. */
export async function listClaims(bucket: Bucket, own?: string): Promise<string[]> {
  const names = await bucket.list('claims/', own === undefined ? undefined : objectOf(own))
  return names.flatMap((name) => NAME.exec(name)?.[1] ?? [])
}

/** Returns a claim. Throws {@link WrongInBucket} where it is not as it was written. */
export async function readClaim(bucket: Bucket, key: SigningKey | undefined, claim: string): Promise<Claim> {
  const name = objectOf(claim)
  const line = await bucket.read(name)
  if (!line) throw new WrongInBucket(`${name} is missing in the bucket.`)
  const value = readSigned(key, name, line) as unknown as Claim
  if (value.claim !== claim) {
    throw new WrongInBucket(`${name} in the bucket is not the claim of that name, but ${value.claim}.`)
  }
  return value
}

/** Returns whether all that the claim rests on can be proved with these keys. */
export function isProvable({ fingerprints }: SigningKey, { signedBy = [] }: Claim): boolean {
  return signedBy.every((name) => fingerprints.includes(name))
}

/**
 * Returns the claim that follows all of `known`, not written yet; `newest` is the one that is in
 * force. Two servers that make one at the same time give it different names, and the one that sorts
 * last is in force.
 */
export function nextClaim(
  { fingerprints }: SigningKey,
  known: readonly string[],
  newest: Claim | undefined,
  rest: Pick<Claim, 'at' | 'why' | 'base'>,
): Claim {
  const before = rest.base.seq === 0 ? [] : (newest?.signedBy ?? [])
  const signedBy = [...new Set([...before, ...fingerprints.slice(0, 1)])]
  const number = Math.max(0, ...known.map((claim) => Number(claim.slice(0, DIGITS)))) + 1
  const claim = `${String(number).padStart(DIGITS, '0')}-${randomBytes(4).toString('hex')}`
  return { claim, ...rest, host: hostname(), signedBy }
}

/** Writes a claim into the bucket; a repeated call does no harm. */
export async function writeClaim(bucket: Bucket, key: SigningKey, claim: Claim): Promise<void> {
  await bucket.putBytes(objectOf(claim.claim), Buffer.from(signedLine(key, { v: 1, ...claim })))
}
