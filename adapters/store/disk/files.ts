/** Reads and writes whole files: all the bytes or an error, and no trust after a failed sync. */
import { crc32 } from 'node:zlib'
import type { Disk, DiskFile, ReadingDisk } from './disk.ts'
import { codeOf } from './error-code.ts'

/** The disk could not keep what it had taken: nothing it reports afterwards can be trusted. */
export class SyncFailed extends Error {
  override name = 'SyncFailed'
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Returns true for a failure that only says that there is no room; room may come back. */
export function isFull(error: unknown): boolean {
  return FULL.has(codeOf(error))
}

/** Writes every byte; throws what the disk throws. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done)
    if (written === 0) throw new Error('the disk took no bytes')
    done += written
  }
}

/**
 * Syncs a file. Throws {@link SyncFailed}, or the error itself when it says that the disk is full.
 */
export async function syncFile(file: DiskFile): Promise<void> {
  await file.sync().catch((error: unknown) => {
    throw isFull(error) ? error : syncFailed(error)
  })
}

/** Syncs the folder. Throws {@link SyncFailed}. */
export async function syncFolder(disk: Disk): Promise<void> {
  await disk.syncFolder().catch((error: unknown) => {
    throw syncFailed(error)
  })
}

function syncFailed(cause: unknown): SyncFailed {
  return new SyncFailed('the disk failed to sync', { cause })
}

/** Writes to a file opened `through`: a failure other than a full disk is a failed sync. */
export async function writeSynced(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  await writeAll(file, bytes, position).catch((error: unknown) => {
    throw isFull(error) ? error : syncFailed(error)
  })
}

/** Removes the file if it is there; throws nothing, because the start does it again. */
export async function discard(disk: Disk, name: string): Promise<void> {
  await disk.remove(name).catch(() => undefined)
}

/** Opens the file for reading; undefined when there is none. */
export async function openIfThere(disk: ReadingDisk, name: string): Promise<DiskFile | undefined> {
  try {
    return await disk.open(name, 'read')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Returns the whole file, or undefined when there is none. */
export async function readWhole(disk: ReadingDisk, name: string): Promise<Buffer | undefined> {
  const file = await openIfThere(disk, name)
  if (!file) return undefined
  try {
    return await file.read(0, await file.size())
  } finally {
    await file.close()
  }
}

const SYNC_EVERY_BYTES = 1 << 20 // one long sync at the end would hold up the journal's

export interface Written {
  readonly bytes: number
  readonly crc: number
}

/**
 * Writes a new file piece by piece, syncs it and checks its size. On any failure no file is left.
 */
export async function writeNew(
  disk: Disk,
  name: string,
  pieces: Iterable<string | Uint8Array>,
): Promise<Written> {
  const file = await disk.open(name, 'create')
  try {
    const written = await writePieces(file, pieces)
    await syncFile(file)
    if ((await file.size()) !== written.bytes) throw new Error(`${name} is not as long as what was written`)
    await file.close()
    return written
  } catch (error) {
    await file.close().catch(() => undefined)
    await discard(disk, name)
    throw error
  }
}

/**
 * Replaces a file as a whole, or makes it; on failure the old one is kept. Resolves when the new
 * one is on the disk.
 */
export async function replaceFile(
  disk: Disk,
  name: string,
  pieces: Iterable<string | Uint8Array>,
): Promise<void> {
  await writeNew(disk, `${name}.tmp`, pieces)
  await disk.rename(`${name}.tmp`, name)
  await syncFolder(disk)
}

async function writePieces(file: DiskFile, pieces: Iterable<string | Uint8Array>): Promise<Written> {
  let bytes = 0
  let crc = 0
  let synced = 0
  for (const piece of pieces) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
    await writeAll(file, chunk, bytes)
    bytes += chunk.length
    crc = crc32(chunk, crc)
    if (bytes - synced < SYNC_EVERY_BYTES) continue
    await syncFile(file)
    synced = bytes
  }
  return { bytes, crc }
}
