/**
 * Lets the operator command a running server: a socket file in the data folder, which only the
 * folder's owner can open. One line of JSON in, one line out.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Refusal } from '../../domain/errors.ts'
import type { Log } from '../../engine/ports.ts'
import { codeOf } from '../store/disk/error-code.ts'

const DOOR = 'admin.sock'
const LONGEST_PATH = 100 // the kernel takes 107 bytes
const LONGEST_LINE = 16 * 1024

export type AdminAnswer = { readonly ok: boolean; readonly text: string }

/**
 * Opens the socket; returns the function that closes it. Where the folder's path is too long for
 * one, logs so and goes on without.
 */
export async function openAdminDoor(parts: {
  dataDir: string
  log: Log
  /** Carries out what the operator typed, and returns what to print. */
  run: (words: unknown) => Promise<string>
}): Promise<() => Promise<void>> {
  const { dataDir, log, run } = parts
  const path = join(dataDir, DOOR)
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    log.warn({ dataDir }, 'the path of the data folder is too long for the operator’s door')
    return async () => undefined
  }
  rmSync(path, { force: true }) // left behind by a process that was killed: we hold the folder
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    answer(socket, run, log).catch((error) => {
      log.error({ err: error }, 'an operator’s command failed')
      socket.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, resolve)
  })
  chmodSync(path, 0o600)
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}

async function answer(socket: Socket, run: (words: unknown) => Promise<string>, log: Log): Promise<void> {
  const words: unknown = JSON.parse(await lineOf(socket))
  const said = await run(words).then(
    (text): AdminAnswer => ({ ok: true, text }),
    (error): AdminAnswer => {
      if (error instanceof Refusal) return { ok: false, text: error.message }
      throw error
    },
  )
  log.info({ ...noteOf(words), done: said.ok, security: 'operator' }, 'an operator’s command')
  socket.end(`${JSON.stringify(said)}\n`)
}

/**
 * Returns the command and its author for the log; the account may be given by its e-mail address,
 * which no log holds.
 */
function noteOf(wanted: unknown): { command: string; by: string } {
  const { words, warrant } = wanted as { words?: readonly unknown[]; warrant?: { by?: unknown } }
  const command = String(words?.[0])
  return { command: /^[a-z-]+$/.test(command) ? command : 'none', by: String(warrant?.by) }
}

/**
 * Reads all that comes until the other side has finished; the connection stays open for the reply.
 */
function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      line += String(chunk)
      if (line.length > LONGEST_LINE) reject(new Error('the line is too long'))
    })
    socket.on('error', reject)
    socket.on('end', () => resolve(line))
  })
}

/** Sends a command to the server that runs over this folder; undefined when none does. */
export function askAtAdminDoor(dataDir: string, words: object): Promise<AdminAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: join(dataDir, DOOR) }, () => socket.end(JSON.stringify(words)))
    let said = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      said += String(chunk)
    })
    socket.on('error', (error) => (isClosed(error) ? resolve(undefined) : reject(error)))
    socket.on('end', () => resolve(said === '' ? NO_ANSWER : (JSON.parse(said) as AdminAnswer)))
  })
}

const NO_ANSWER: AdminAnswer = { ok: false, text: 'The server failed at it. Its log says why.' }

function isClosed(error: Error): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error))
}
