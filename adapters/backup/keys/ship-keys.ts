/**
 * Brings the keys of people to the bucket, each file as an object of its own, whenever one has
 * changed: before the records that need them.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { ReadingDisk } from '../../store/disk/disk.ts'
import { readingDisk } from '../../store/disk/disk.ts'
import { readWhole } from '../../store/disk/files.ts'
import {
  KEYS_FILE,
  keysFrom,
  keysText,
  type LoadedKeys,
  loadKeys,
  mergedKeys,
  NEW_KEYS_FILE,
} from '../../store/people/keys-file.ts'
import type { Bucket } from '../bucket.ts'

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
    // An empty one too: the bucket may still have keys of people who left while it was out of reach.
    if (version !== undefined || added.length > 0) await bucket.putBytes(NEW_KEYS_FILE, added)
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

/**
 * Returns the keys that are in the bucket. Throws {@link UnsafeData} where they are not as they were
 * written.
 */
export async function keysIn(bucket: Bucket): Promise<LoadedKeys> {
  const added = (await bucket.read(NEW_KEYS_FILE)) ?? Buffer.alloc(0)
  return keysFrom(await bucket.read(KEYS_FILE), added)
}

const FILE_MODE = 0o600

/**
 * Adds the keys of the bucket to those in a folder that a whole copy was put in. `close` is handed
 * the ids of all of them, and returns those that are to count as gone.
 */
export async function fetchKeys(
  bucket: Bucket,
  folder: string,
  close: (there: ReadonlySet<string>) => Promise<readonly string[]>,
): Promise<void> {
  const copied = await loadKeys(readingDisk(folder))
  const shipped = await keysIn(bucket)
  const { head, keys } = mergedKeys(copied, shipped)
  const closed = await close(new Set([...keys.map(({ id }) => id), ...head.closed]))
  if (!copied.isThere && !shipped.isThere && keys.length === 0 && closed.length === 0) return
  const text = keysText({ ...head, closed: [...head.closed, ...closed] }, keys)
  await fs.writeFile(join(folder, KEYS_FILE), text, { mode: FILE_MODE })
  await fs.rm(join(folder, NEW_KEYS_FILE), { force: true })
}
