/**
 * Shared by every command of the operator: `--help`, and a mistake reported in one sentence instead
 * of a stack.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { createDataKey, type DataKeys } from '../adapters/system/data-key.ts'
import { DATA_KEY_FILE, keptDataKey } from '../adapters/system/kept-secret.ts'
import type { Config } from '../config.ts'
import { OperatorError } from '../domain/errors.ts'

/** A person's mistake: it is printed without a stack, and nothing was touched. */
const MISTAKE = 2

/** Says what is wrong, and ends the command with exit code 2. */
export function refuse(why: string): never {
  console.error(why)
  process.exit(MISTAKE)
}

/**
 * Returns the options and words of a command that takes `most` words. Prints `usage` and ends with
 * 0 for `--help`; refuses what the command does not know, before anything is touched.
 */
export function readWords<T extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: T,
  most: number,
) {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    const read = parseArgs({ options, allowPositionals: true })
    const extra = read.positionals[most]
    if (extra !== undefined) refuse(`"${extra}" is one word too many. --help tells what this command takes.`)
    return read
  } catch (error) {
    // Node's first sentence names the option; the rest is for programmers.
    const [sentence] = error instanceof Error ? error.message.split(/\.|\n/) : []
    refuse(`${sentence}. --help tells what this command takes.`)
  }
}

/** Returns the key that signs what is in the bucket: of the settings, else the folder's own. */
export function dataKeyIn({ DATA_KEY, DATA_DIR }: Pick<Config, 'DATA_KEY' | 'DATA_DIR'>): DataKeys {
  if (DATA_KEY) return createDataKey(DATA_KEY)
  const dataDir = resolve(DATA_DIR)
  if (!existsSync(join(dataDir, DATA_KEY_FILE))) {
    refuse(
      'DATA_KEY is not set, and the data folder has none: set the one with which the server wrote to the bucket.',
    )
  }
  return createDataKey([keptDataKey(dataDir)])
}

/**
 * The codes of errors that a person can act on; others keep their stack, because they are our
 * faults.
 */
const ACTIONABLE = /^(EACCES|EPERM|ENOENT|ENOSPC|EROFS|ENOTDIR)$/

process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error instanceof OperatorError || ACTIONABLE.test(error.code ?? '')) refuse(error.message)
  console.error(error)
  process.exit(1)
})
