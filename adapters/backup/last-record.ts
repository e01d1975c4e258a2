/**
 * Keeps the number of the last record outside the data folder, so that an old copy of the disk is
 * noticed even where there is no bucket.
 */
import fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { OperatorError } from '../../domain/errors.ts'
import type { Clock, Log } from '../../engine/ports.ts'
import type { ReadingDisk } from '../store/disk/disk.ts'
import { codeOf } from '../store/disk/error-code.ts'
import { isObject } from '../store/journal/record.ts'
import type { Reached } from '../store/journal/scan.ts'
import { checkReaches } from './fit.ts'
import type { Point } from './piece.ts'

export interface LastRecord {
  /** Throws an OperatorError where the folder's journal does not contain the record. */
  look(): Promise<void>
  wrote(end: Reached): void
  /** Writes what is the last record now, and ends. */
  stop(): Promise<void>
}

const PERIOD_MS = 5_000

export function createLastRecord(parts: {
  file: string
  disk: ReadingDisk
  folder: string
  clock: Clock
  log: Log
}): LastRecord {
  const { file, disk, folder, clock, log } = parts
  let end: Point | undefined
  let cancel: (() => void) | undefined
  let writing = Promise.resolve()
  let hasFailed = false

  async function write(): Promise<void> {
    if (!end) return
    const written = end
    try {
      await writeLastRecord(file, written)
      hasFailed = false
    } catch (error) {
      if (!hasFailed)
        log.error({ err: error, file }, 'the last record could not be written outside the folder')
      hasFailed = true
    }
  }

  function writeSoon(): void {
    cancel ??= clock.at(clock.now() + PERIOD_MS, () => {
      cancel = undefined
      writing = writing.then(write)
    })
  }

  return {
    async look() {
      const known = await readLastRecord(file)
      const remedy =
        'put the newer data back, or restore the newest copy (`npm run restore -- BACKUP`, or `-- --from-bucket`). Where ' +
        `these data are the newest that are left, remove ${file}`
      if (known) await checkReaches({ disk, folder, end: known, where: file, remedy, ifRight: '' })
    },
    wrote({ seq, chain }) {
      end = { seq, chain, at: clock.now() }
      writeSoon()
    },
    async stop() {
      cancel?.()
      await writing.then(write)
    },
  }
}

/** Replaces the file; it and its folder are made where they are missing. */
export async function writeLastRecord(file: string, end: Point): Promise<void> {
  await fs.mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const unfinished = `${file}.tmp`
  const handle = await fs.open(unfinished, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(end)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await fs.rename(unfinished, file)
}

/** Returns the record that the file names; undefined where there is no file. */
export async function readLastRecord(file: string): Promise<Point | undefined> {
  let value: unknown
  try {
    value = JSON.parse(await fs.readFile(file, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (!(error instanceof SyntaxError)) throw error
  }
  const { seq, chain, at } = isObject(value) ? value : {}
  if (typeof seq === 'number' && typeof chain === 'number' && typeof at === 'number')
    return { seq, chain, at }
  throw new OperatorError(
    `LAST_RECORD_FILE: ${file} does not hold the last record. Name another file, or remove this one when you have made ` +
      'sure that the data folder is the newest.',
  )
}
