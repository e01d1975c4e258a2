/**
 * Reads what was shipped from the bucket: which pieces count, in order, up to where the next claim
 * goes on, and what was shipped beside it by a server that did not know of that claim yet.
 */
import { OperatorError } from '../../domain/errors.ts'
import type { Bucket } from './bucket.ts'
import { type Claim, listClaims, readClaim } from './claims.ts'
import { instantOf } from './journal-reader.ts'
import { MOST_BEHIND, readManifest } from './manifest.ts'
import { eachRecord, firstIn, folderOf, openPiece, type Point, pieceName, type Records } from './piece.ts'
import { type SigningKey, WrongInBucket } from './seal.ts'

/** The pieces of a claim, and the last record of it that counts. */
export interface Span {
  readonly claim: Claim
  readonly names: readonly string[]
  readonly upTo: number
}

export interface History {
  /** The spans that are needed behind the record from which it was read, oldest first. */
  readonly spans: readonly Span[]
  /** The claim in force, and all names; undefined and none where nothing was ever shipped. */
  readonly newest: Claim | undefined
  readonly claims: readonly string[]
}

export interface HistoryParts {
  readonly bucket: Bucket
  /** Undefined where signatures cannot be checked. */
  readonly key: SigningKey | undefined
  /** Takes pieces that go further than the manifest beside them says. */
  readonly despiteManifest?: boolean
  /** Leaves out what was claimed later; the claim in force where it is undefined. */
  readonly upToClaim?: string | undefined
}

/**
 * Lists what was shipped behind record `since`. Throws {@link WrongInBucket} for a claim or a
 * manifest that is not as it was written, and for a piece that a manifest names and that is missing.
 */
export async function readHistory(parts: HistoryParts, since: number): Promise<History> {
  const { bucket, key, upToClaim } = parts
  const all = await listClaims(bucket)
  if (upToClaim !== undefined && !all.includes(upToClaim)) {
    throw new OperatorError(
      `There is no claim ${upToClaim} in the bucket; the last are ${all.slice(-5).join(', ')}.`,
    )
  }
  const claims = all.filter((name) => upToClaim === undefined || name <= upToClaim)
  const spans: Span[] = []
  let newest: Claim | undefined
  let upTo = Number.POSITIVE_INFINITY
  for (const name of claims.toReversed()) {
    const claim = newest ? await readClaim(bucket, key, name) : await readNewest(parts, claims)
    newest ??= claim
    spans.unshift({ claim, names: await piecesOf(parts, name), upTo })
    upTo = Math.min(upTo, claim.base.seq)
    if (upTo <= since) break
  }
  return { spans, newest, claims }
}

const LOOKED_AT = 20

/** Returns the last of the claims. Throws an OperatorError where none of them is ours. */
async function readNewest({ bucket, key }: HistoryParts, claims: readonly string[]): Promise<Claim> {
  const [last = '', ...before] = claims.slice(-LOOKED_AT).toReversed()
  try {
    return await readClaim(bucket, key, last)
  } catch (error) {
    if (!(error instanceof WrongInBucket)) throw error
    for (const name of before) if (await isOurs(bucket, key, name)) throw error
    throw new OperatorError(
      `Nothing in the bucket is signed with this DATA_KEY, not even claims/${last}.json. Set the key with which the server ` +
        'wrote there. Where it is lost, add --without-data-key: every cent comes back all the same (docs/OPERATIONS.md, ' +
        '"The data key").',
    )
  }
}

async function isOurs(bucket: Bucket, key: SigningKey | undefined, claim: string): Promise<boolean> {
  try {
    await readClaim(bucket, key, claim)
    return true
  } catch (error) {
    if (error instanceof WrongInBucket) return false
    throw error
  }
}

async function piecesOf({ bucket, key, despiteManifest }: HistoryParts, claim: string): Promise<string[]> {
  const manifest = await readManifest(bucket, key, claim)
  const names = (await bucket.list(folderOf(claim))).filter((name) => firstIn(name) !== undefined)
  const last = manifest && pieceName(claim, manifest.lastFirst)
  if (last !== undefined && !names.includes(last)) throw missing(last)
  const behind = names.filter((name) => last === undefined || name > last).length
  if (behind > MOST_BEHIND && !despiteManifest) {
    const what = manifest ? `ends with record ${manifest.end.seq}` : 'is missing'
    throw new WrongInBucket(
      `${folderOf(claim)}manifest.json in the bucket ${what}, but ${behind} pieces follow it: an older manifest was put ` +
        'back. Put the newest version of it back, or add --despite-manifest to believe the pieces, each of which is signed.',
    )
  }
  return names
}

function missing(name: string): WrongInBucket {
  return new WrongInBucket(`${name} is missing in the bucket. Put it back from the bucket's versions.`)
}

const AT_ONCE = 16 // downloads on their way

/**
 * Yields the records behind `from`, in order, each group from one piece. Throws {@link
 * WrongInBucket} for a piece that is missing or not as it was shipped, and where the history does
 * not contain `from`.
 */
export async function* recordsIn(
  { bucket, key }: HistoryParts,
  { spans }: History,
  from: Point,
): AsyncGenerator<Records> {
  let reached = from
  for (const { claim, names, upTo } of spans) {
    const counting = neededOf(names, reached.seq, upTo)
    for await (const piece of opened(bucket, key, counting)) {
      if (piece.first > reached.seq + 1) throw missing(pieceName(claim.claim, reached.seq + 1))
      const part = partOf(piece, reached, upTo)
      if (!part) continue
      reached = { seq: part.last, chain: part.after, at: part.at }
      yield part
    }
    if (upTo !== Number.POSITIVE_INFINITY && upTo > from.seq && reached.seq < upTo) {
      throw missing(pieceName(claim.claim, reached.seq + 1))
    }
  }
}

/** Returns the pieces with records behind `seq` up to `upTo`. */
function neededOf(names: readonly string[], seq: number, upTo: number): readonly string[] {
  const start = names.findLastIndex((name) => (firstIn(name) ?? 0) <= seq + 1)
  return names.slice(Math.max(start, 0)).filter((name) => (firstIn(name) ?? 0) <= upTo)
}

/** Downloads the pieces, several at once, and yields them in their order. */
async function* opened(
  bucket: Bucket,
  key: SigningKey | undefined,
  names: readonly string[],
): AsyncGenerator<Records> {
  const coming: Promise<Records>[] = []
  for (let at = 0; at < names.length || coming.length > 0; ) {
    while (coming.length < AT_ONCE && at < names.length) {
      const next = downloadPiece(bucket, key, names[at] ?? '')
      next.catch(() => undefined) // reported when its turn comes
      coming.push(next)
      at += 1
    }
    const piece = await coming.shift()
    if (piece) yield piece
  }
}

async function downloadPiece(bucket: Bucket, key: SigningKey | undefined, name: string): Promise<Records> {
  const bytes = await bucket.read(name)
  if (!bytes) throw missing(name)
  return openPiece(key, name, bytes)
}

/** Returns the records of a piece behind `from`, up to `upTo`; undefined where there are none. */
function partOf(piece: Records, from: Point, upTo: number): Records | undefined {
  if (piece.first === from.seq + 1 && piece.last <= upTo) {
    if (piece.before !== from.chain) throw differs(from.seq)
    return piece
  }
  const lines: Buffer[] = []
  let before = piece.before
  let last = { seq: piece.first - 1, chain: piece.before }
  for (const { line, ...reached } of eachRecord(piece.bytes, last)) {
    if (reached.seq > upTo) break
    if (reached.seq <= from.seq) before = reached.chain
    else lines.push(line)
    last = reached
  }
  if (piece.first <= from.seq + 1 && last.seq >= from.seq && before !== from.chain) throw differs(from.seq)
  if (lines.length === 0) return undefined
  const at = instantOf(lines.at(-1))
  return { first: from.seq + 1, last: last.seq, before, after: last.chain, at, bytes: Buffer.concat(lines) }
}

function differs(seq: number): WrongInBucket {
  return new WrongInBucket(
    `Record ${seq} is not the same in the pieces of the bucket and in what they should follow: a claim took another course there.`,
  )
}

/** Returns what the history has at record `seq`; undefined where it does not reach it. */
export async function pointIn(
  parts: HistoryParts,
  history: History,
  seq: number,
): Promise<Point | undefined> {
  if (seq === 0) return { seq: 0, chain: 0, at: 0 }
  const begun = history.spans.find(({ claim, upTo }) => claim.base.seq === seq && seq <= upTo)
  if (begun) return begun.claim.base
  const span = history.spans.find(({ names, upTo }) => seq <= upTo && firstOf(names) <= seq)
  const name = span?.names.findLast((each) => (firstIn(each) ?? 0) <= seq)
  if (name === undefined) return undefined
  const { first, before, bytes } = await downloadPiece(parts.bucket, parts.key, name)
  for (const { line, ...reached } of eachRecord(bytes, { seq: first - 1, chain: before })) {
    if (reached.seq === seq) return { ...reached, at: instantOf(line) }
  }
  return undefined
}

function firstOf(names: readonly string[]): number {
  return firstIn(names[0] ?? '') ?? Number.POSITIVE_INFINITY
}

/** Returns the last record that counts; undefined where nothing was shipped. */
export async function endOf(parts: HistoryParts, history: History): Promise<Point | undefined> {
  const last = history.spans.at(-1)
  if (!last) return undefined
  const name = last.names.at(-1)
  if (name === undefined) return last.claim.base
  const { last: seq, after: chain, at } = await downloadPiece(parts.bucket, parts.key, name)
  return { seq, chain, at }
}

/**
 * Returns whether a copy was made under the claim in force: one that has more than all pieces is
 * ahead of them then, and else of another course.
 */
export function isAheadOf(copyEnd: Point, { newest }: History): boolean {
  return newest !== undefined && copyEnd.at > newest.at
}

/** Records that were shipped under a claim when another was in force already. */
export interface LeftOut {
  readonly claim: string
  readonly records: Records
}

/**
 * Yields the records that were shipped beside those that count. `isCounted` says whether a record is
 * the same as the one that counts: a request that was carried out late repeats it.
 */
export async function* leftOutOf(
  parts: HistoryParts,
  history: History,
  isCounted: (seq: number, chain: number) => boolean,
): AsyncGenerator<LeftOut> {
  for (const { claim, names, upTo } of [...(await supersededIn(parts, history)), ...history.spans]) {
    const beyond = names.filter(
      (_, at) => (firstIn(names[at + 1] ?? '') ?? Number.POSITIVE_INFINITY) > upTo + 1,
    )
    if (upTo === Number.POSITIVE_INFINITY) continue
    for await (const piece of opened(parts.bucket, parts.key, beyond)) {
      const records = uncounted(piece, isCounted)
      if (records) yield { claim: claim.claim, records }
    }
  }
}

/**
 * Returns the spans of which nothing counts: they are older than a claim that begins with the first
 * record. One that an earlier DATA_KEY signed is left out.
 */
async function supersededIn(parts: HistoryParts, { spans, claims }: History): Promise<Span[]> {
  const first = spans[0]?.claim.claim ?? ''
  const found: Span[] = []
  for (const name of claims.filter((each) => each < first)) {
    try {
      const claim = await readClaim(parts.bucket, parts.key, name)
      found.push({ claim, names: await piecesOf(parts, name), upTo: 0 })
    } catch (error) {
      if (!(error instanceof WrongInBucket)) throw error
    }
  }
  return found
}

/** Returns the records of a piece behind the last one that counts; undefined where all of them do. */
function uncounted(piece: Records, isCounted: (seq: number, chain: number) => boolean): Records | undefined {
  if (isCounted(piece.last, piece.after)) return undefined
  let common = { seq: piece.first - 1, chain: piece.before, at: 0 }
  for (const { seq, chain } of eachRecord(piece.bytes, common)) {
    if (isCounted(seq, chain)) common = { seq, chain, at: 0 }
  }
  return partOf(piece, common, Number.POSITIVE_INFINITY)
}
