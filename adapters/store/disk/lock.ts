/**
 * Lets one process at a time use a folder. Within a machine the kernel holds a name for us and
 * drops it when the process dies, however it dies; between containers, each with names of its own,
 * a socket file in the folder does the same.
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { OperatorError } from '../../../domain/errors.ts'
import { codeOf } from './error-code.ts'

const FILE = 'lock.sock'
const TRIES = 3
/** Error codes of a file system that has no socket files or no links, or no room for one more. */
const CANNOT = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOSPC', 'EDQUOT', 'EMLINK'])

type LetGo = () => Promise<void>

/**
 * Longest time that a process waits for the one that has the folder: a command of `npm run admin`
 * holds it for half a second.
 */
const PATIENCE_MS = 3_000
const LOOK_EVERY_MS = 100

/**
 * Holds the folder as {@link holdAtOnce} does, but waits a few seconds for another process to
 * finish.
 */
export async function holdFolder(dir: string, patienceMs = PATIENCE_MS): Promise<LetGo> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return await holdAtOnce(dir)
    } catch (error) {
      if (!(error instanceof InUse) || performance.now() > until) throw error
      await pause(LOOK_EVERY_MS)
    }
  }
}

/**
 * Takes the folder for this process and returns the function that releases it. Throws when another
 * process has it. The name is the folder's own identity, so two paths to one folder are one lock.
 */
async function holdAtOnce(dir: string): Promise<LetGo> {
  const letGoName = await holdName(dir)
  try {
    const letGoFile = process.platform === 'linux' ? await holdFile(dir) : undefined
    return async () => {
      await letGoFile?.()
      await letGoName()
    }
  } catch (error) {
    await letGoName()
    throw error
  }
}

// ---------------------------------------------------------------- within a machine

async function holdName(dir: string): Promise<LetGo> {
  const { dev, ino } = fs.statSync(dir, { bigint: true })
  const server = createLock()
  await listen(server, lockName(dir, `soulseer-${dev}-${ino}`), dir)
  return () => close(server)
}

function lockName(dir: string, name: string): string {
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return join(dir, '.lock')
}

async function listen(server: net.Server, path: string, dir: string): Promise<void> {
  try {
    await tryListen(server, path)
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error
    // Only where the kernel keeps no names without files can a process that died leave one behind.
    const hasFile = process.platform !== 'linux' && process.platform !== 'win32'
    if (!hasFile || (await isAnswered(path))) throw new InUse(dir)
    fs.unlinkSync(path)
    await tryListen(server, path)
  }
}

// ---------------------------------------------------------------- between containers

/**
 * Puts our socket file into the folder under a name of its own first: only a complete one ever
 * appears under the lock's name.
 */
async function holdFile(dir: string): Promise<LetGo | undefined> {
  const folder = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  // The kernel takes 107 bytes, and the path of the folder may be longer.
  const at = (name: string) => `/proc/self/fd/${folder}/${name}`
  const own = at(`.${FILE}-${randomBytes(6).toString('hex')}`)
  const server = createLock()
  try {
    await tryListen(server, own)
    await putInPlace(own, at, dir)
    return async () => {
      fs.rmSync(join(dir, FILE), { force: true })
      await close(server)
    }
  } catch (error) {
    await close(server)
    if (CANNOT.has(codeOf(error))) return undefined
    throw error
  } finally {
    fs.rmSync(own, { force: true })
    fs.closeSync(folder)
  }
}

async function putInPlace(own: string, at: (name: string) => string, dir: string): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (tryLink(own, at(FILE))) return
    if (await isAnswered(at(FILE))) throw new InUse(dir)
    await clearLeftover(at, dir)
  }
  throw new InUse(dir)
}

/**
 * Removes the file of a dead process. Where another process has put a living one in its place in
 * the meantime, that one is put back.
 */
async function clearLeftover(at: (name: string) => string, dir: string): Promise<void> {
  const aside = at(`.${FILE}-${randomBytes(6).toString('hex')}`)
  try {
    fs.renameSync(at(FILE), aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const isAlive = await isAnswered(aside)
  if (isAlive) tryLink(aside, at(FILE))
  fs.rmSync(aside, { force: true })
  if (isAlive) throw new InUse(dir)
}

function tryLink(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

// ---------------------------------------------------------------- both

function createLock(): net.Server {
  return net.createServer((socket) => socket.destroy()).unref()
}

function tryListen(server: net.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Returns true where a living process listens there. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect({ path })
    probe.once('connect', () => resolve(true))
    probe.once('error', () => resolve(false))
    probe.once('close', () => probe.destroy())
  })
}

/** Another process has the folder. */
class InUse extends OperatorError {
  override name = 'InUse'

  constructor(dir: string) {
    super(`Another process is using the data folder ${dir}. Stop it first: two would overwrite each other.`)
  }
}
