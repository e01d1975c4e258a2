/**
 * Ships the journal to the bucket while the server runs: what is on the disk goes there in pieces,
 * every five seconds or every megabyte, in order. It reads the segment files behind the journal's
 * back, so no commit ever waits for it; what the bucket does not take is tried again for as long as
 * it takes.
 */
import type { Clock, Log } from '../../engine/ports.ts'
import type { Disk } from '../store/disk/disk.ts'
import { segmentsAmong } from '../store/journal/segments.ts'
import { createBacklog, createOutage } from './backlog.ts'
import type { Bucket } from './bucket.ts'
import { type BucketEnd, findBucketEnd, NOTHING } from './bucket-end.ts'
import { type Claim, isProvable, listClaims, nextClaim, readClaim, writeClaim } from './claims.ts'
import { checkFolder, takenOver } from './fit.ts'
import { createJournalReader, type JournalReader } from './journal-reader.ts'
import { type Manifest, writeManifest } from './manifest.ts'
import { addOwnClaim, readOwnClaims } from './own-claims.ts'
import { makePiece, type Point, pieceName, type Records } from './piece.ts'
import { type SigningKey, WrongInBucket } from './seal.ts'

export interface ShipperParts {
  readonly bucket: Bucket
  readonly key: SigningKey
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  /**
   * Called once when this server must not go on: another one has claimed the bucket, or the folder
   * is older than it. `claim` is the one that is in force.
   */
  readonly onRefused: (error: Error, claim: Claim | undefined) => void
  /** Called before each piece: brings to the bucket what its records need to be read. */
  readonly shipKeys: () => Promise<void>
  readonly periodMs?: number
  readonly pieceBytes?: number
  readonly firstRetryMs?: number
  readonly lastRetryMs?: number
}

export interface Shipper {
  /** Takes note of records that are on the disk, up to `seq`. */
  wrote(seq: number, bytes: number): void
  /** Begins to ship. `found` is what the start has seen in the bucket, if it could be reached. */
  start(found: BucketEnd | undefined): void
  /** Returns how old the last shipped record is, in milliseconds, while newer ones wait; else 0. */
  ageMs(): number
  /** Returns the number of the last record that is known to be in the bucket. */
  shippedRecord(): number
  /** Returns true where all that was on the disk is in the bucket. */
  isUpToDate(): boolean
  /** Ships what is left, for at most so long, and ends. */
  stop(withinMs: number): Promise<void>
}

const PERIOD_MS = 5_000
const PIECE_BYTES = 1 << 20
const LOOK_MS = 60_000 // for a higher claim, where nothing is shipped

export function createShipper(parts: ShipperParts): Shipper {
  const { clock, periodMs = PERIOD_MS, pieceBytes = PIECE_BYTES } = parts
  const backlog = createBacklog(clock)
  const outage = createOutage(parts)
  let line: Line | undefined
  let found: BucketEnd | undefined
  let planned: { readonly at: number; cancel(): void } | undefined
  let running: Promise<void> | undefined
  let notBefore = 0 // a bucket that refuses is left alone for a while, whatever waits
  let state: 'waiting' | 'shipping' | 'ended' = 'waiting'

  function plan(ms: number): void {
    const at = Math.max(clock.now() + ms, notBefore)
    if (state !== 'shipping' || running || (planned && planned.at <= at)) return
    planned?.cancel()
    const cancel = clock.at(at, () => {
      planned = undefined
      void run()
    })
    planned = { at, cancel }
  }

  function run(): Promise<void> {
    running ??= work().then((nextMs) => {
      running = undefined
      plan(nextMs)
    })
    return running
  }

  /** Ships what waits, and returns after how many milliseconds to look again. */
  async function work(): Promise<number> {
    try {
      let startedAt = clock.now()
      while (state === 'shipping' && (await shipNext())) startedAt = clock.now()
      outage.isOver()
      notBefore = 0
      if (!backlog.waits) return LOOK_MS
      return backlog.bytes >= pieceBytes ? 0 : Math.max(0, startedAt + periodMs - clock.now())
    } catch (error) {
      if (error instanceof Refused) {
        refuse(error)
        return LOOK_MS
      }
      const retryMs = outage.failed(error, backlog.ageMs())
      notBefore = clock.now() + retryMs
      return retryMs
    }
  }

  /** Ships one piece. Returns whether there is so much more that the next should follow at once. */
  async function shipNext(): Promise<boolean> {
    line ??= await openLine(parts, found)
    found = undefined
    await line.look()
    const upTo = backlog.seq
    const startedAt = clock.now()
    const shipped = await line.ship(upTo, pieceBytes)
    backlog.shipped(
      shipped?.last ?? line.reached,
      shipped?.at ?? startedAt,
      shipped?.bytes.length ?? 0,
      startedAt,
    )
    return shipped !== undefined && shipped.last < upTo
  }

  function refuse({ cause, claim }: Refused): void {
    if (state === 'ended') return
    state = 'ended'
    parts.onRefused(cause, claim)
  }

  return {
    wrote(seq, bytes) {
      backlog.wrote(seq, bytes)
      plan(backlog.bytes >= pieceBytes ? 0 : periodMs)
    },
    start(seen) {
      found = seen
      state = 'shipping'
      plan(0)
    },
    ageMs: backlog.ageMs,
    shippedRecord: () => backlog.shippedSeq,
    isUpToDate: () => line !== undefined && !backlog.waits,
    async stop(withinMs) {
      planned?.cancel()
      const last = state === 'shipping' ? (running ?? Promise.resolve()).then(run) : running
      let giveUp = (): void => undefined
      const tooLate = new Promise<void>((resolve) => {
        giveUp = clock.at(clock.now() + withinMs, resolve)
      })
      await Promise.race([last, tooLate])
      giveUp()
      state = 'ended'
      planned?.cancel()
    },
  }
}

/** This server must not go on. */
class Refused extends Error {
  override readonly cause: Error
  readonly claim: Claim | undefined

  constructor(cause: Error, claim: Claim | undefined) {
    super(cause.message)
    this.cause = cause
    this.claim = claim
  }
}

/** One claim, and the pieces that are shipped under it. */
interface Line {
  readonly reached: number
  /** Looks for a higher claim. Throws {@link Refused} where there is one. */
  look(): Promise<void>
  /** Ships the next records; undefined where there are none. A piece that failed is sent as it was. */
  ship(upTo: number, most: number): Promise<Records | undefined>
}

/** Compares the folder with the bucket and claims it. Throws {@link Refused} where they differ. */
async function openLine(parts: ShipperParts, seen: BucketEnd | undefined): Promise<Line> {
  const { bucket, key, disk, clock, log } = parts
  const found = seen ?? (await findBucketEnd(bucket, key))
  for (const message of found.strange) log.error({}, message)
  const own = await readOwnClaims(disk)
  await checkFolder({ disk, folder: disk.name, own, found }).catch((error: Error) => {
    throw new Refused(error, found.newest)
  })
  // Beyond its own too: a request of a process that was killed may be carried out late.
  const known = [...own, ...(found.newest ? [found.newest.claim] : [])]
  const base = await baseIn(parts, found)
  const claim = nextClaim(key, known, found.newest, { at: clock.now(), why: 'start', base })
  await addOwnClaim(disk, claim.claim)
  await writeClaim(bucket, key, claim)
  const mine = new Set([...own, claim.claim])
  return createLine(parts, claim, mine, createJournalReader(disk, base))
}

/** Returns the record after which to go on: none where what is there cannot be proved any more. */
async function baseIn({ key, disk, log }: ShipperParts, found: BucketEnd): Promise<Point> {
  const { newest, claims, end } = found
  if (newest ? isProvable(key, newest) : claims.length === 0) return end
  if (segmentsAmong(await disk.list())[0]?.firstSeq !== 1) {
    log.error(
      {},
      'the bucket cannot be proved with this DATA_KEY, and older segments are not here to be shipped again',
    )
    return end
  }
  log.warn(
    { claimBefore: claims.at(-1) },
    'the bucket cannot be proved with this DATA_KEY alone: the whole journal is shipped again',
  )
  return NOTHING
}

function createLine(
  parts: ShipperParts,
  { claim, base }: Claim,
  mine: Set<string>,
  reader: JournalReader,
): Line {
  const { bucket, key, log } = parts
  let manifest: Manifest = { claim, pieces: 0, lastFirst: base.seq + 1, end: base }
  let unsent: Records | undefined
  let isThere = false // only its manifest is missing

  return {
    get reached() {
      return manifest.end.seq
    },

    async look() {
      for (const name of await listClaims(bucket, claim)) {
        if (mine.has(name)) continue
        const other = await readClaim(bucket, key, name).catch((error: unknown) => {
          if (!(error instanceof WrongInBucket)) throw error
          mine.add(name) // without the key, no one can stop us
          log.error({}, error.message)
        })
        if (other) throw new Refused(takenOver(other), other)
      }
    },

    async ship(upTo, most) {
      unsent ??= await reader.next(upTo, most)
      if (!unsent) return undefined
      const { first, last: seq, after: chain, at } = unsent
      await parts.shipKeys()
      if (!isThere) await bucket.putBytes(pieceName(claim, first), makePiece(key, claim, unsent))
      isThere = true
      const next: Manifest = {
        claim,
        pieces: manifest.pieces + 1,
        lastFirst: first,
        end: { seq, chain, at },
      }
      await writeManifest(bucket, key, next)
      manifest = next
      const sent = unsent
      unsent = undefined
      isThere = false
      return sent
    },
  }
}
