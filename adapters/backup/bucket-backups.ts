/**
 * Keeps backups in a bucket: a folder each, an object a file, and last a manifest that names them
 * all. Without its manifest a folder is an upload that never finished, and counts for nothing.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DATA_KEY_FILE } from '../system/kept-secret.ts'
import { type Bucket, BucketFailure } from './bucket.ts'
import type { Point } from './piece.ts'
import { readSigned, type SigningKey, signedLine, WrongInBucket } from './seal.ts'

/** Lists the files of a backup. Those that were made before version 2 are not signed, and name no end. */
interface Manifest {
  readonly version: 1 | 2
  readonly backup?: string
  readonly records: number
  readonly end?: Point
  readonly files: readonly { name: string; bytes: number; sha256: string }[]
}

const MANIFEST = 'manifest.json'
const PLAIN_NAME = /^\w[\w.-]*$/ // a manifest names files of its own folder, and nothing above it

/**
 * Uploads the backup in `folder`, which was proved to hold the records up to `end` when it was
 * made. Throws {@link BucketFailure}.
 */
export async function uploadBackup(parts: {
  bucket: Bucket
  key: SigningKey
  folder: string
  end: Point
}): Promise<void> {
  const { bucket, key, folder, end } = parts
  const backup = basename(folder)
  const files: Manifest['files'][number][] = []
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    // With the key, a reader of the bucket could sign and unwrap.
    if (!entry.isFile() || entry.name === DATA_KEY_FILE) continue
    const path = join(folder, entry.name)
    const sha256 = await digestOf(path)
    await bucket.put(`${backup}/${entry.name}`, path, sha256)
    files.push({ name: entry.name, bytes: (await fs.stat(path)).size, sha256: sha256.toString('hex') })
  }
  const manifest: Manifest = { version: 2, backup, records: end.seq, end, files }
  await bucket.putBytes(`${backup}/${MANIFEST}`, Buffer.from(signedLine(key, { v: 1, ...manifest })))
}

/**
 * Returns the names of the finished backups in the bucket, oldest first. Throws {@link
 * BucketFailure}.
 */
export async function backupsIn(bucket: Bucket): Promise<string[]> {
  const names = await bucket.list('soulseer-')
  return names
    .filter((name) => name.endsWith(`/${MANIFEST}`))
    .map((name) => name.slice(0, -`/${MANIFEST}`.length))
    .sort()
}

/**
 * Returns the last record of a backup; undefined for one of before backups were signed. Throws
 * {@link WrongInBucket} where its manifest is not as it was written.
 */
export async function endOfBackup(
  bucket: Bucket,
  key: SigningKey | undefined,
  backup: string,
): Promise<Point | undefined> {
  return (await manifestOf(bucket, key, backup)).end
}

async function manifestOf(bucket: Bucket, key: SigningKey | undefined, backup: string): Promise<Manifest> {
  const name = `${backup}/${MANIFEST}`
  const line = await bucket.read(name)
  if (!line) throw new BucketFailure(`there is no ${name} in the bucket`)
  const unsigned = unsignedManifest(line)
  if (unsigned) return unsigned
  const manifest = readSigned(key, name, line) as unknown as Manifest
  if (manifest.backup !== backup) {
    throw new WrongInBucket(`${name} in the bucket is the manifest of another backup, ${manifest.backup}.`)
  }
  return manifest
}

/** Returns a manifest of before they were signed: such a backup is proved by its books alone. */
function unsignedManifest(bytes: Buffer): Manifest | undefined {
  try {
    const value: Manifest = JSON.parse(bytes.toString('utf8'))
    return value.version === 1 ? { version: 1, records: value.records, files: value.files } : undefined
  } catch {
    return undefined
  }
}

/**
 * Downloads one backup into a new folder under `into`, and returns that folder and the backup's
 * last record. Throws {@link BucketFailure} or {@link WrongInBucket} when it is not there or not as
 * it was uploaded; then nothing is left behind.
 */
export async function downloadBackup(parts: {
  bucket: Bucket
  key: SigningKey | undefined
  backup: string
  into: string
}): Promise<{ folder: string; end: Point | undefined }> {
  const { bucket, key, backup, into } = parts
  if (!PLAIN_NAME.test(backup)) throw new BucketFailure(`${backup} is not the name of a backup`)
  const { files, end } = await manifestOf(bucket, key, backup)
  if (files.some(({ name }) => !PLAIN_NAME.test(name))) {
    throw new BucketFailure(`the manifest of ${backup} names files that are none of ours`)
  }
  const folder = join(into, `${backup}.downloaded`)
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  try {
    for (const file of files) await downloadFile(bucket, backup, folder, file)
  } catch (error) {
    await fs.rm(folder, { recursive: true })
    throw error
  }
  return { folder, end }
}

/**
 * Compares every file of a backup in the bucket with its manifest, and keeps none. Throws {@link
 * WrongInBucket} for the first that differs.
 */
export async function proveBackup(parts: {
  bucket: Bucket
  key: SigningKey | undefined
  backup: string
}): Promise<void> {
  const { bucket, key, backup } = parts
  const { files } = await manifestOf(bucket, key, backup)
  for (const { name, bytes, sha256 } of files) {
    const isAsUploaded = await getFile(bucket, `${backup}/${name}`, async (pieces) => {
      const hash = createHash('sha256')
      let length = 0
      for await (const piece of pieces) {
        hash.update(piece)
        length += piece.length
      }
      return length === bytes && hash.digest('hex') === sha256
    })
    if (!isAsUploaded) throw notAsUploaded(`${backup}/${name}`)
  }
}

/** Throws {@link WrongInBucket} for a file that is missing: another copy may be whole. */
async function getFile<T>(
  bucket: Bucket,
  name: string,
  take: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  try {
    return await bucket.get(name, take)
  } catch (error) {
    if (!(error instanceof BucketFailure) || error.status !== 404) throw error
    throw new WrongInBucket(`${name} is missing in the bucket.`)
  }
}

function notAsUploaded(name: string): WrongInBucket {
  return new WrongInBucket(`${name} in the bucket is not what was uploaded.`)
}

async function downloadFile(
  bucket: Bucket,
  backup: string,
  folder: string,
  { name, bytes, sha256 }: Manifest['files'][number],
): Promise<void> {
  const path = join(folder, name)
  await getFile(bucket, `${backup}/${name}`, (pieces) =>
    pipeline(pieces, createWriteStream(path, { mode: 0o600 })),
  )
  const isWhole = (await fs.stat(path)).size === bytes
  if (!isWhole || (await digestOf(path)).toString('hex') !== sha256) {
    throw notAsUploaded(`${backup}/${name}`)
  }
}

async function digestOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest()
}
