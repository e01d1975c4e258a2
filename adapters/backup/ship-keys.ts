/**
 * Brings the keys of people to the bucket, each file as an object of its own, whenever one has
 * changed: before the records that need them.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { ReadingDisk } from '../store/disk/disk.ts'
import { readingDisk } from '../store/disk/disk.ts'
import { readWhole } from '../store/disk/files.ts'
import { KEYS_FILE, keysText, loadKeys, NEW_KEYS_FILE } from '../store/people/keys-file.ts'
import type { Bucket } from './bucket.ts'

/** Creates the function that brings there what has changed since its last call. */
export function createKeysShipping(bucket: Bucket, disk: ReadingDisk, folder: string): () => Promise<void> {
  let shippedWhole: string | undefined
  let shippedNew: Buffer | undefined

  return async () => {
    // A key moves from the file of new ones to the whole one, never back: read first, none is missed.
    const added = (await readWhole(disk, NEW_KEYS_FILE)) ?? Buffer.alloc(0)
    const version = await versionOf(join(folder, KEYS_FILE))
    if (version !== undefined && version !== shippedWhole) {
      const whole = await readWhole(disk, KEYS_FILE)
      if (whole) await bucket.putBytes(KEYS_FILE, whole)
      shippedWhole = version
    }
    if (shippedNew?.equals(added)) return
    if (shippedNew || added.length > 0) await bucket.putBytes(NEW_KEYS_FILE, added)
    shippedNew = added
  }
}

/** Returns what changes with every replacement of a file; undefined where there is none. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await fs.stat(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return undefined
  }
}

const FILE_MODE = 0o600

/**
 * Adds the keys of the bucket to those in a folder that a whole copy was put in. Throws {@link
 * UnsafeData} where they are not as they were written.
 */
export async function fetchKeys(bucket: Bucket, folder: string): Promise<void> {
  const fetched = new Map<string, Buffer>()
  for (const name of [NEW_KEYS_FILE, KEYS_FILE]) {
    const bytes = await bucket.read(name)
    if (bytes) fetched.set(name, bytes)
  }
  if (fetched.size === 0) return
  const before = await loadKeys(readingDisk(folder))
  await fs.rm(join(folder, NEW_KEYS_FILE), { force: true })
  for (const [name, bytes] of fetched) await fs.writeFile(join(folder, name), bytes, { mode: FILE_MODE })
  const after = await loadKeys(readingDisk(folder))
  const keys = new Map([...before.keys, ...after.keys].map((key) => [key.id, key]))
  const names = new Set([...after.fingerprints, ...before.fingerprints])
  await fs.writeFile(join(folder, KEYS_FILE), keysText([...names], [...keys.values()]), { mode: FILE_MODE })
  await fs.rm(join(folder, NEW_KEYS_FILE), { force: true })
}
