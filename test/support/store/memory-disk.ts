/** Plays a disk in memory, which outlives a store, as a folder outlives a process. */
import type { Disk, DiskFile, OpenMode } from '../../../adapters/store/disk/disk.ts'

export interface MemoryDisk extends Disk {
  /** Returns the text of a file; throws when there is none. */
  text(name: string): string
  bytes(name: string): Buffer
  /** Puts a file there, or takes it away. */
  put(name: string, bytes: Uint8Array | undefined): void
  names(): string[]
  /** Returns the bytes that the files take together, and may take; undefined for no limit. */
  used(): number
  /** Returns the bytes that they may take beyond that. */
  free(): number
  limit(bytes: number | undefined): void
  /** Fails every write and sync with this code; undefined for none. */
  break(code: string | undefined): void
  /** Releases the lock, as the death of its process does. */
  die(): Promise<void>
}

interface Inode {
  bytes: Buffer
  length: number
}

/**
 * Creates a disk whose calls resolve in a microtask, so a test that drains them has seen all there
 * is to see.
 */
export function memoryDisk(): MemoryDisk {
  const files = new Map<string, Inode>()
  const state: DiskState = { limit: undefined, broken: undefined, used: () => sizeOf(files) }
  let locked = false

  function find(name: string): Inode {
    const inode = files.get(name)
    if (!inode) throw Object.assign(new Error(`ENOENT: no such file, '${name}'`), { code: 'ENOENT' })
    return inode
  }

  return {
    name: 'the memory disk',
    open: async (name, mode) => openFile(mode === 'create' ? create(files, name) : find(name), mode, state),
    list: async () => [...files.keys()],
    rename: async (from, to) => {
      files.set(to, find(from))
      files.delete(from)
    },
    remove: async (name) => {
      find(name)
      files.delete(name)
    },
    syncFolder: async () => undefined,
    lock: async () => {
      if (locked) throw new Error('Another process is using the memory disk.')
      locked = true
      return async () => {
        locked = false
      }
    },
    text: (name) => contents(find(name)).toString('utf8'),
    bytes: (name) => Buffer.from(contents(find(name))),
    put: (name, bytes) => {
      if (bytes) files.set(name, { bytes: Buffer.from(bytes), length: bytes.length })
      else files.delete(name)
    },
    names: () => [...files.keys()],
    used: state.used,
    free: () => (state.limit ?? Number.POSITIVE_INFINITY) - state.used(),
    limit: (bytes) => {
      state.limit = bytes
    },
    break: (code) => {
      state.broken = code
    },
    die: async () => {
      locked = false
    },
  }
}

interface DiskState {
  limit: number | undefined
  broken: string | undefined
  used(): number
}

function sizeOf(files: ReadonlyMap<string, Inode>): number {
  let bytes = 0
  for (const inode of files.values()) bytes += inode.length
  return bytes
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk cannot`), { code })
}

function create(files: Map<string, Inode>, name: string): Inode {
  const inode = files.get(name) ?? { bytes: Buffer.alloc(0), length: 0 }
  inode.length = 0
  files.set(name, inode)
  return inode
}

function contents(inode: Inode): Buffer {
  return inode.bytes.subarray(0, inode.length)
}

function openFile(inode: Inode, mode: OpenMode, state: DiskState): DiskFile {
  return {
    read: async (position, length) => Buffer.from(contents(inode).subarray(position, position + length)),
    write: async (bytes, position) => {
      if (mode === 'read') throw failure('EBADF')
      if (state.broken !== undefined) throw failure(state.broken)
      const more = Math.max(0, position + bytes.length - inode.length)
      if (state.limit !== undefined && state.used() + more > state.limit) throw failure('ENOSPC')
      put(inode, bytes, position)
      return bytes.length
    },
    isBlank: (position) => (contents(inode)[position] ?? 0) === 0,
    sync: async () => {
      if (state.broken !== undefined) throw failure(state.broken)
    },
    truncate: async (length) => resize(inode, length),
    size: async () => inode.length,
    close: async () => undefined,
  }
}

function put(inode: Inode, bytes: Uint8Array, position: number): void {
  if (position + bytes.length > inode.length) resize(inode, position + bytes.length)
  inode.bytes.set(bytes, position)
}

function resize(inode: Inode, length: number): void {
  if (length > inode.bytes.length) {
    const larger = Buffer.alloc(Math.max(length, inode.bytes.length * 2))
    inode.bytes.copy(larger, 0, 0, inode.length)
    inode.bytes = larger
  }
  inode.bytes.fill(0, Math.min(length, inode.length), inode.length)
  inode.length = length
}
