/** Makes sure that copies leave the server room to work: older ones go first, or none is made. */
import { readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatorError } from '../../domain/errors.ts'
import { copiesAmong, finishedSegments } from './backup.ts'

const COPIES_KEPT = 2 // however little room there is
const MEGABYTE = 1024 * 1024

/**
 * Removes the oldest copies in `into` until a copy of `from` fits and leaves `keepFreeMb`. Throws an
 * OperatorError where it does not fit all the same.
 */
export async function makeRoomForCopy(parts: {
  from: string
  into: string
  keepFreeMb: number
}): Promise<void> {
  const { from, into, keepFreeMb } = parts
  const copies = copiesAmong(await readdir(into).catch(() => []))
  const newest = copies.at(-1)
  const shared = newest === undefined ? [] : finishedSegments(await readdir(join(into, newest)))
  const needed = (await sizeOf(from, shared)) + keepFreeMb * MEGABYTE
  let free = await freeBytes(from)
  for (const name of copies.slice(0, -COPIES_KEPT)) {
    if (free >= needed) return
    await rm(join(into, name), { recursive: true })
    free = await freeBytes(from)
  }
  if (free >= needed) return
  throw new OperatorError(
    `There is no room for a copy: it takes ${Math.ceil(needed / MEGABYTE)} MB with the reserve, and ${Math.floor(free / MEGABYTE)} MB are ` +
      'free. Make the disk larger, or remove old copies.',
  )
}

async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/** Returns the bytes of the files right in a folder, without those that the next copy shares. */
async function sizeOf(dir: string, shared: readonly string[]): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isFile() || shared.includes(entry.name)) continue
    bytes += await stat(join(dir, entry.name)).then(
      ({ size }) => size,
      () => 0, // replaced since
    )
  }
  return bytes
}
