/**
 * Keeps room on the disk in a file of zeros. The file is removed when the disk is full, so that
 * running sessions can still be charged and ended, and written again when there is room.
 */
import type { Clock, Log } from '../../../engine/ports.ts'
import type { DiskSpace } from '../../system/disk-space.ts'
import type { Disk } from './disk.ts'
import { openIfThere, syncFolder, writeNew } from './files.ts'

export const BALLAST_FILE = 'ballast'
/** Enough for 8,000 sessions to end, or for a minute of 20,000. */
export const BALLAST_BYTES = 8 << 20

const LOOK_EVERY_MS = 5_000
const PIECE_BYTES = 1 << 20

export interface Ballast {
  /** True where there is no ballast and no room for one. */
  readonly isSpent: boolean
  /** Frees the room; resolves with false when there is none to free. */
  spend(): Promise<boolean>
  /** Writes the ballast where it is missing, now or as soon as there is room. */
  keep(): Promise<void>
  /** Resolves once nothing is under way. */
  stop(): Promise<void>
}

/** Creates the ballast of a folder; with `bytes` 0 it makes no file and frees none. */
export function createBallast(parts: {
  disk: Disk
  clock: Clock
  log: Log
  bytes: number
  space: Pick<DiskSpace, 'hasRoomFor'>
}): Ballast {
  const { disk, clock, log, bytes, space } = parts
  let isSpent = false
  let stopped = false
  let laying: Promise<void> | undefined
  let cancel: (() => void) | undefined

  async function isThere(): Promise<boolean> {
    const file = await openIfThere(disk, BALLAST_FILE)
    if (!file) return false
    try {
      return (await file.size()) === bytes
    } finally {
      await file.close()
    }
  }

  async function lay(): Promise<void> {
    if (!space.hasRoomFor(bytes)) return keepLater()
    try {
      await writeNew(disk, BALLAST_FILE, zeros(bytes))
      if (isSpent) log.info({ bytes }, 'there is room on the disk again: changes are accepted')
      isSpent = false
    } catch (error) {
      log.warn({ err: error }, 'the ballast could not be written; it will be retried')
      keepLater()
    }
  }

  function keepLater(): void {
    cancel?.()
    if (!stopped) cancel = clock.at(clock.now() + LOOK_EVERY_MS, layNow)
  }

  function layNow(): void {
    laying ??= lay().finally(() => {
      laying = undefined
    })
  }

  return {
    get isSpent() {
      return isSpent
    },
    async spend() {
      if (bytes === 0) return false
      await laying
      isSpent = true
      keepLater()
      try {
        await disk.remove(BALLAST_FILE)
      } catch {
        return false
      }
      await syncFolder(disk)
      log.error({ bytes }, 'the disk is full: the ballast is removed, so that running sessions can end')
      return true
    },
    async keep() {
      if (bytes === 0 || (await isThere().catch(() => false))) return
      isSpent ||= !space.hasRoomFor(bytes)
      layNow()
    },
    async stop() {
      stopped = true
      cancel?.()
      await laying
    },
  }
}

function* zeros(bytes: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(Math.min(bytes, PIECE_BYTES))
  for (let left = bytes; left > 0; left -= PIECE_BYTES) yield piece.subarray(0, Math.min(left, PIECE_BYTES))
}
