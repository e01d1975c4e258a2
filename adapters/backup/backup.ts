/**
 * Copies a data folder while the server runs, proves each copy before it counts, and restores
 * copies.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import { type Audit, audit } from '../store/audit.ts'
import { checkpointFilesOf } from '../store/checkpoint-files.ts'
import { BALLAST_FILE } from '../store/disk/ballast.ts'
import { readingDisk } from '../store/disk/disk.ts'
import { codeOf } from '../store/disk/error-code.ts'
import { holdFolder } from '../store/disk/lock.ts'
import { segmentsAmong } from '../store/journal/segments.ts'
import { LAST_LOOK_FILE } from '../store/last-look.ts'
import { MANIFEST_FILE } from '../store/manifest.ts'
import { KEYS_FILE, keysText, type LoadedKeys, loadKeys, mergedKeys } from '../store/people/keys-file.ts'
import { SESSIONS_FILE } from '../store/session-lines.ts'
import { INDEX_FILE } from '../store/sessions-file.ts'
import { STRAYS_FILE } from '../store/stray-payments.ts'
import { DATA_KEY_FILE, SESSION_SECRET_FILE } from '../system/kept-secret.ts'
import type { Point } from './piece.ts'

interface BackupParts {
  readonly from: string
  readonly at: Date
  /** Declared tables; by default those of the program. */
  readonly tables?: readonly AnyTable[]
}

export interface Backup {
  readonly folder: string
  /** Number of changes in it. */
  readonly records: number
  /** The last of them. */
  readonly end: Point
}

// the files may be replaced during the copy; the journal alone would do, but a copy should need no
// repair
const TRIES = 5
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/**
 * Copies the folder `from` into a new one under `into`, named for the instant `at`, and proves it
 * to the cent. Throws when no try gave a copy whose books hold; then nothing is left behind.
 */
export async function backUp({
  from,
  into,
  at,
  tables = TABLES,
}: BackupParts & { into: string }): Promise<Backup> {
  const name = `soulseer-${at.toISOString().replace(/[:.]/g, '-')}`
  const folder = join(into, name)
  const unfinished = `${folder}.unfinished`
  await fs.mkdir(into, { recursive: true, mode: FOLDER_MODE })
  let problems: readonly string[] = []
  for (let tried = 0; tried < TRIES; tried += 1) {
    await fs.rm(unfinished, { recursive: true, force: true })
    // After a restore, segments may have the names of other ones: then nothing is shared.
    const earlier = tried === 0 ? await newestCopy(into) : undefined
    await copyData({ from, to: unfinished, tables, earlier })
    const proof = await audit(readingDisk(unfinished), undefined, tables)
    problems = proof.problems
    if (problems.length > 0) continue
    await fs.rename(unfinished, folder)
    return { folder, records: proof.records, end: endOf(proof) }
  }
  await fs.rm(unfinished, { recursive: true, force: true })
  throw new Error(`the copy does not hold: ${problems.join('; ')}`)
}

function endOf({ records: seq, chain, at }: Audit): Point {
  return { seq, chain, at }
}

/**
 * Copies the journal last: what it holds beyond the other files is what a start replays. The keys are
 * read before it, since one may be dropped meanwhile, and after it, since it may need a new one.
 */
async function copyData(parts: {
  from: string
  to: string
  tables: readonly AnyTable[]
  earlier: string | undefined
}): Promise<void> {
  const { from, to, tables, earlier } = parts
  await fs.mkdir(to, { mode: FOLDER_MODE })
  const disk = readingDisk(from)
  const before = await loadKeys(disk)
  for (const name of [
    MANIFEST_FILE,
    ...checkpointFilesOf(tables).map(({ fileName }) => fileName),
    SESSIONS_FILE,
    INDEX_FILE,
    STRAYS_FILE,
    LAST_LOOK_FILE,
    SESSION_SECRET_FILE,
    DATA_KEY_FILE,
  ]) {
    await copyIfThere(join(from, name), join(to, name))
  }
  const segments = segmentsAmong(await fs.readdir(from))
  if (segments.length === 0) throw new Error(`there are no data in ${from}`)
  const finished = earlier ? finishedSegments(await fs.readdir(earlier)) : []
  for (const { name } of segments) {
    // A segment that another follows never changes: copies share it among them, not with the server.
    const isShared = earlier !== undefined && finished.includes(name)
    const isLinked = isShared && (await link(join(earlier, name), join(to, name)))
    if (!isLinked) await copyIfThere(join(from, name), join(to, name))
  }
  await writeKeys(to, before, await loadKeys(disk))
  await sync(to)
}

/** Writes a keys.json with what was there before and after. */
async function writeKeys(to: string, before: LoadedKeys, after: LoadedKeys): Promise<void> {
  if (!before.isThere && !after.isThere) return
  const { head, keys } = mergedKeys(before, after)
  const path = join(to, KEYS_FILE)
  await fs.writeFile(path, keysText(head, keys), { mode: FILE_MODE })
  await sync(path)
}

async function newestCopy(into: string): Promise<string | undefined> {
  const name = copiesAmong(await fs.readdir(into)).at(-1)
  return name === undefined ? undefined : join(into, name)
}

/** Returns false where the file system knows no links. */
async function link(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to)
    return true
  } catch {
    return false
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await fs.copyFile(from, to, fs.constants.COPYFILE_FICLONE)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  await fs.chmod(to, FILE_MODE)
  await sync(to)
}

async function sync(path: string): Promise<void> {
  const file = await fs.open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Puts the copy `from` in the place of the folder `to`, whose own files are kept in a folder beside
 * them; with `isMoved`, the copy's files are moved. Throws when a server uses `to`, or when the
 * copy's books do not hold; then nothing is changed.
 */
export async function restore(
  parts: BackupParts & { readonly to: string; readonly isMoved?: boolean },
): Promise<Backup> {
  const { from, to, at, tables, isMoved = false } = parts
  const proof = await audit(readingDisk(from), undefined, tables)
  if (proof.problems.length > 0) throw new Error(`the copy does not hold: ${proof.problems.join('; ')}`)
  await fs.mkdir(to, { recursive: true, mode: FOLDER_MODE })
  const letGo = await holdFolder(to)
  try {
    const kept = join(to, `before-restore-${at.toISOString().replace(/[:.]/g, '-')}`)
    await setAside(to, kept)
    await (isMoved ? moveFiles(from, to) : copyFiles(from, to))
    await keepKey(kept, to)
    return { folder: to, records: proof.records, end: endOf(proof) }
  } finally {
    await letGo()
  }
}

async function moveFiles(from: string, to: string): Promise<void> {
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    if (entry.isFile()) await fs.rename(join(from, entry.name), join(to, entry.name))
  }
  await sync(to)
}

async function setAside(folder: string, kept: string): Promise<void> {
  const files = (await fs.readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isFile() && entry.name !== BALLAST_FILE,
  )
  if (files.length === 0) return
  await fs.mkdir(kept, { mode: FOLDER_MODE })
  for (const { name } of files) await fs.rename(join(folder, name), join(kept, name))
}

/** Brings back the key of this folder where the copy has none: the bucket never has it. */
async function keepKey(kept: string, to: string): Promise<void> {
  if (!(await fs.readdir(to)).includes(DATA_KEY_FILE)) {
    await copyIfThere(join(kept, DATA_KEY_FILE), join(to, DATA_KEY_FILE))
  }
}

async function copyFiles(from: string, to: string): Promise<void> {
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    if (entry.isFile()) await copyIfThere(join(from, entry.name), join(to, entry.name))
  }
  await sync(to)
}

const HOURLY_KEPT = 48
const DAILY_KEPT = 30

/**
 * Returns the backups in a folder that are no longer needed: beyond the last 48, all but the first
 * of each of 30 days.
 */
export function outdated(names: readonly string[]): string[] {
  const backups = copiesAmong(names)
  const older = backups.slice(0, -HOURLY_KEPT)
  const firstOfDay = new Map<string, string>()
  for (const name of older) {
    const day = name.slice(0, 'soulseer-2026-01-01'.length)
    if (!firstOfDay.has(day)) firstOfDay.set(day, name)
  }
  const kept = new Set([...firstOfDay.values()].slice(-DAILY_KEPT))
  return older.filter((name) => !kept.has(name))
}

/** Returns the segments of a copy that another follows: a later copy shares them. */
export function finishedSegments(names: readonly string[]): string[] {
  return segmentsAmong(names)
    .slice(0, -1)
    .map(({ name }) => name)
}

/** Returns the names of finished backups, oldest first. */
export function copiesAmong(names: readonly string[]): string[] {
  return names.filter((name) => /^soulseer-\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name)).sort()
}
