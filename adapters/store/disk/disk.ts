/**
 * Wraps the little that the store needs of a disk, so that tests can use one that refuses, tears
 * and forgets writes. Positions and lengths are bytes; failures are Node's, with their `code`.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from '../../../domain/errors.ts'
import { codeOf } from './error-code.ts'
import { holdFolder } from './lock.ts'

export interface DiskFile {
  /** Reads up to `length` bytes; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  /** Writes and resolves with how many bytes were taken, which may be fewer than were given. */
  write(bytes: Uint8Array, position: number): Promise<number>
  /**
   * Returns true where the byte there is zero. It returns at once: the page was written a moment
   * ago, so no disk is asked.
   */
  isBlank(position: number): boolean
  /** Resolves when everything written before is on the disk. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/**
 * `read` and `update` need the file to exist, `create` makes an empty one in any case. `through`
 * updates a file whose every write is on the disk when it resolves.
 */
export type OpenMode = 'read' | 'update' | 'create' | 'through'

export interface Disk {
  /** Name of the folder in messages. */
  readonly name: string
  open(name: string, mode: OpenMode): Promise<DiskFile>
  list(): Promise<string[]>
  rename(from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Resolves when every file made, renamed or removed before is so on the disk. */
  syncFolder(): Promise<void>
  /**
   * Keeps every other process out until the returned function is called or this process dies;
   * throws when one is in.
   */
  lock(): Promise<() => Promise<void>>
}

/** The part of a disk that reading needs. */
export interface ReadingDisk {
  open(name: string, mode: 'read'): Promise<DiskFile>
  list(): Promise<string[]>
}

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const { O_RDONLY, O_RDWR, O_CREAT, O_TRUNC, O_DSYNC } = fs.constants
const FLAGS: Record<OpenMode, number> = {
  read: O_RDONLY,
  update: O_RDWR,
  create: O_RDWR | O_CREAT | O_TRUNC,
  through: O_RDWR | O_DSYNC,
}

const call = {
  open: promisify(fs.open),
  close: promisify(fs.close),
  fdatasync: promisify(fs.fdatasync),
  fsync: promisify(fs.fsync),
  ftruncate: promisify(fs.ftruncate),
  fstat: promisify(fs.fstat),
  fchmod: promisify(fs.fchmod),
}

/** Opens the folder `dir` for reading only: every change fails. */
export function readingDisk(dir: string): ReadingDisk {
  return {
    open: (name) => openFile(join(dir, name), 'read'),
    list: () => fs.promises.readdir(dir),
  }
}

/** A folder that cannot hold our data: what is wrong with it, and what to do. */
export class UnfitFolder extends OperatorError {
  override name = 'UnfitFolder'
}

/**
 * Makes the folder where it is missing, and closes it to other users of the machine. Returns a
 * warning where it belongs to another user, who alone may close it. Throws {@link UnfitFolder}
 * where it cannot be made or written to.
 */
export function prepareFolder(dir: string): string | undefined {
  try {
    fs.mkdirSync(dir, { recursive: true, mode: FOLDER_MODE })
    fs.accessSync(dir, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw new UnfitFolder(whatIsWrong(dir, codeOf(error)), { cause: error })
  }
  try {
    fs.chmodSync(dir, FOLDER_MODE)
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error
    return `The data folder ${dir} belongs to another user: make sure that no other user can read it.`
  }
}

function whatIsWrong(dir: string, code: string): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `DATA_DIR: ${dir} is not a folder. Name a folder, or move the file away.`
    case 'EROFS':
      return `DATA_DIR: ${dir} is on a read-only disk. Mount it for writing.`
    case 'ENOSPC':
    case 'EDQUOT':
      return `DATA_DIR: ${dir} could not be made, because the disk is full.`
    default:
      return `DATA_DIR: ${dir} cannot be written to (${code}). Give this user write access, or choose another folder.`
  }
}

/**
 * Opens the folder `dir` of the real disk. It is made when it is missing, and closed to other users
 * of the machine.
 */
export function nodeDisk(dir: string): Disk {
  prepareFolder(dir)
  const at = (name: string) => join(dir, name)
  return {
    name: dir,
    open: (name, mode) => openFile(at(name), mode),
    list: () => fs.promises.readdir(dir),
    rename: (from, to) => fs.promises.rename(at(from), at(to)),
    remove: (name) => fs.promises.unlink(at(name)),
    syncFolder: () => syncFolder(dir),
    lock: () => holdFolder(dir),
  }
}

async function openFile(path: string, mode: OpenMode): Promise<DiskFile> {
  const fd = await call.open(path, FLAGS[mode], FILE_MODE)
  // The mode of `open` only counts for a file that was not there before.
  if (mode !== 'read') {
    await call.fchmod(fd, FILE_MODE).catch((error: unknown) => {
      // only its owner may, and another user may have copied it here
      if (codeOf(error) !== 'EPERM') throw error
    })
  }
  const byte = Buffer.alloc(1)
  let closed: Promise<void> | undefined
  return {
    read: (position, length) => readFrom(fd, position, length),
    write: (bytes, position) => writeTo(fd, bytes, position),
    isBlank: (position) => {
      byte[0] = 0 // beyond the end of the file nothing is read
      fs.readSync(fd, byte, 0, 1, position)
      return byte[0] === 0
    },
    sync: () => call.fdatasync(fd),
    truncate: (length) => call.ftruncate(fd, length),
    size: async () => (await call.fstat(fd)).size,
    close: () => {
      closed ??= call.close(fd) // a second time, the number may be another file's
      return closed
    },
  }
}

async function readFrom(fd: number, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const got = await readOnce(fd, bytes, filled, position + filled)
    if (got === 0) break
    filled += got
  }
  return bytes.subarray(0, filled)
}

function readOnce(fd: number, into: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, offset, into.length - offset, position, (error, got) =>
      error ? reject(error) : resolve(got),
    )
  })
}

function writeTo(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, position, (error, written) =>
      error ? reject(error) : resolve(written),
    )
  })
}

async function syncFolder(dir: string): Promise<void> {
  const fd = await call.open(dir, O_RDONLY)
  try {
    await call.fsync(fd)
  } finally {
    await call.close(fd)
  }
}
