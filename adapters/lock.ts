/** One process a folder: a name that the kernel holds for us and drops when the process dies, however it dies. */
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'

/**
 * Takes the folder for this process and returns the way to give it back. Throws when another process has it.
 * The name is the folder's own identity, so two paths to one folder are one lock.
 */
export async function holdFolder(dir: string): Promise<() => Promise<void>> {
  const { dev, ino } = fs.statSync(dir, { bigint: true })
  const server = net.createServer((socket) => socket.destroy())
  await listen(server, lockName(dir, `soulseer-${dev}-${ino}`), dir)
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
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
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    if (!(await isLeftover(path))) throw inUse(dir)
    fs.unlinkSync(path)
    await tryListen(server, path)
  }
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

/** Only where the kernel keeps no names without files can one be left behind by a process that died. */
function isLeftover(path: string): Promise<boolean> {
  if (process.platform === 'linux' || process.platform === 'win32') return Promise.resolve(false)
  return new Promise((resolve) => {
    const probe = net.connect({ path })
    probe.once('connect', () => resolve(false))
    probe.once('error', () => resolve(true))
    probe.once('close', () => probe.destroy())
  })
}

function inUse(dir: string): Error {
  return new Error(
    `Another process is using the data folder ${dir}. Stop it first: two would overwrite each other.`,
  )
}
