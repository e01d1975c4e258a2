/** Plays a disk whose N-th call fails, in one of the ways that disks fail. */
import type { Disk, DiskFile } from '../../../adapters/store/disk/disk.ts'

export type Failure = 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EMFILE' | 'EROFS' | 'short'

export interface FailingDisk extends Disk {
  /** The number of calls so far. */
  readonly calls: number
  /** The failing call; undefined when there were fewer calls. */
  readonly failed: string | undefined
}

/**
 * Wraps a disk. A `short` write takes half of the bytes, as a disk may at any time; a failing one
 * has taken half as well.
 */
export function failingDisk(disk: Disk, nth: number, failure: Failure): FailingDisk {
  let calls = 0
  let failed: string | undefined

  const strikes = (what: string): boolean => {
    calls++
    if (calls !== nth) return false
    failed = what
    return true
  }
  const fail = (what: string): Error =>
    Object.assign(new Error(`${failure}: ${what} failed`), { code: failure })
  const guard = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    if (strikes(what) && failure !== 'short') throw fail(what)
    return act()
  }
  const write = async (file: DiskFile, bytes: Uint8Array, position: number): Promise<number> => {
    if (!strikes('write')) return file.write(bytes, position)
    const half = await file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), position)
    if (failure === 'short') return half
    throw fail('write')
  }

  return {
    ...disk,
    get calls() {
      return calls
    },
    get failed() {
      return failed
    },
    open: (name, mode) =>
      guard(`open ${mode}`, async () => {
        const file = await disk.open(name, mode)
        return {
          ...file,
          write: (bytes, position) => write(file, bytes, position),
          sync: () => guard('sync', file.sync),
          truncate: (length) => guard('truncate', () => file.truncate(length)),
        }
      }),
    rename: (from, to) => guard('rename', () => disk.rename(from, to)),
    remove: (name) => guard('remove', () => disk.remove(name)),
    syncFolder: () => guard('sync', disk.syncFolder),
  }
}
