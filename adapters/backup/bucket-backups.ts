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

interface Manifest {
  readonly version: 1
  readonly records: number
  readonly files: readonly { name: string; bytes: number; sha256: string }[]
}

const MANIFEST = 'manifest.json'
const PLAIN_NAME = /^\w[\w.-]*$/ // a manifest names files of its own folder, and nothing above it

/**
 * Uploads the backup in `folder`, which was proved to hold `records` changes when it was made.
 * Throws {@link BucketFailure}.
 */
export async function uploadBackup(parts: {
  bucket: Bucket
  folder: string
  records: number
}): Promise<void> {
  const { bucket, folder, records } = parts
  const backup = basename(folder)
  const files: Manifest['files'][number][] = []
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    // The key is what keeps whoever reads the bucket from making use of it.
    if (!entry.isFile() || entry.name === DATA_KEY_FILE) continue
    const path = join(folder, entry.name)
    const sha256 = await digestOf(path)
    await bucket.put(`${backup}/${entry.name}`, path, sha256)
    files.push({ name: entry.name, bytes: (await fs.stat(path)).size, sha256: sha256.toString('hex') })
  }
  await uploadManifest(bucket, folder, { version: 1, records, files })
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
 * Downloads one backup into a new folder under `into`, and returns that folder. Throws {@link
 * BucketFailure} when it is not there or not as it was uploaded; then nothing is left behind.
 */
export async function downloadBackup(parts: {
  bucket: Bucket
  backup: string
  into: string
}): Promise<string> {
  const { bucket, backup, into } = parts
  const { files } = (await (await bucket.get(`${backup}/${MANIFEST}`)).json()) as Manifest
  if (!PLAIN_NAME.test(backup) || files.some(({ name }) => !PLAIN_NAME.test(name))) {
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
  return folder
}

async function downloadFile(
  bucket: Bucket,
  backup: string,
  folder: string,
  { name, bytes, sha256 }: Manifest['files'][number],
): Promise<void> {
  const path = join(folder, name)
  const to = createWriteStream(path, { mode: 0o600, flags: 'wx' })
  await pipeline(piecesOf(await bucket.get(`${backup}/${name}`)), to)
  const isWhole = (await fs.stat(path)).size === bytes
  if (!isWhole || (await digestOf(path)).toString('hex') !== sha256) {
    throw new BucketFailure(`${backup}/${name} is not what was uploaded`)
  }
}

async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  let piece = await reader?.read()
  while (piece?.value !== undefined) {
    yield piece.value
    piece = await reader?.read()
  }
}

/** Writes the manifest beside the files, for the upload alone: the bucket takes files. */
async function uploadManifest(bucket: Bucket, folder: string, manifest: Manifest): Promise<void> {
  const path = `${folder}.${MANIFEST}`
  await fs.writeFile(path, `${JSON.stringify(manifest, undefined, 1)}\n`, { mode: 0o600 })
  try {
    await bucket.put(`${basename(folder)}/${MANIFEST}`, path, await digestOf(path))
  } finally {
    await fs.rm(path)
  }
}

async function digestOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest()
}
