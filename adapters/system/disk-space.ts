/** Watches how much room is left on the disk. */
import { statfs } from 'node:fs/promises'
import type { Clock, Log } from '../../engine/ports.ts'

export interface DiskSpace {
  /** Returns the bytes that a program may still write, as of the last look. */
  freeBytes(): number
  /** Returns true where so little is left that it must be kept for what already runs. */
  isFilling(): boolean
  /** Returns true where as many bytes are free beyond what must be kept. */
  hasRoomFor(bytes: number): boolean
  stop(): void
}

/** A disk that counts as large enough: for commands and tests that write little. */
export const UNWATCHED: Pick<DiskSpace, 'isFilling' | 'hasRoomFor'> = {
  isFilling: () => false,
  hasRoomFor: () => true,
}

const LOOK_EVERY_MS = 5_000

/**
 * Checks the room left on the disk of `dir`, now and every few seconds; with `minBytes` of 0 it is
 * always enough.
 */
export async function watchDiskSpace(parts: {
  dir: string
  minBytes: number
  clock: Clock
  log: Log
  /** Asks the file system; replaced in tests. */
  askFree?: (dir: string) => Promise<number>
}): Promise<DiskSpace> {
  const { dir, minBytes, clock, log, askFree = askFileSystem } = parts
  let free = Number.POSITIVE_INFINITY
  let cancel: (() => void) | undefined
  let stopped = false

  const isFilling = () => free < minBytes

  const look = async (): Promise<void> => {
    const was = isFilling()
    try {
      free = await askFree(dir)
    } catch (error) {
      log.error({ err: error }, 'the room left on the disk is unknown')
    }
    if (isFilling() && !was)
      log.error({ freeBytes: free }, 'the disk is filling: only running sessions and payments are written')
    if (!isFilling() && was) log.info({ freeBytes: free }, 'there is room on the disk again')
    if (!stopped) cancel = clock.at(clock.now() + LOOK_EVERY_MS, () => void look())
  }

  await look()
  return {
    freeBytes: () => free,
    isFilling,
    hasRoomFor: (bytes) => free - bytes >= minBytes,
    stop() {
      stopped = true
      cancel?.()
    },
  }
}

async function askFileSystem(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}
