/** Makes the secrets that a folder outside production needs, once, and keeps them beside its data. */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../domain/errors.ts'

export const SESSION_SECRET_FILE = 'session-secret'
export const DATA_KEY_FILE = 'data-key'

const SECRET_BYTES = 32

/** Returns the secret that signs cookies, so that logins outlive a restart. */
export function keptSessionSecret(dataDir: string): string {
  return kept(join(dataDir, SESSION_SECRET_FILE), 'base64url')
}

/**
 * Returns the key that wraps what is in the folder. Throws an OperatorError where its file is
 * damaged, or missing in a folder that was used with a key.
 */
export function keptDataKey(dataDir: string): Buffer {
  const file = join(dataDir, DATA_KEY_FILE)
  if (!fs.existsSync(file) && fs.existsSync(join(dataDir, 'keys.json'))) {
    throw new OperatorError(
      `DATA_KEY is not set, and what is in ${dataDir} was wrapped under one. Set it to the key that the folder was used with.`,
    )
  }
  const key = Buffer.from(kept(file, 'base64'), 'base64')
  if (key.length === SECRET_BYTES) return key
  throw new OperatorError(
    `${file} does not hold 32 bytes in base64. Bring it back from a backup: without it, what it wrapped cannot be read.`,
  )
}

/** Reads the file, or makes it: whole and on disk before anything can depend on it. */
function kept(file: string, encoding: 'base64' | 'base64url'): string {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = randomBytes(SECRET_BYTES).toString(encoding)
  const unfinished = `${file}.tmp`
  fs.writeFileSync(unfinished, secret, { mode: 0o600, flush: true })
  fs.renameSync(unfinished, file)
  syncFolder(join(file, '..'))
  return secret
}

function syncFolder(folder: string): void {
  const opened = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(opened)
  } finally {
    fs.closeSync(opened)
  }
}
