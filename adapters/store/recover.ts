/**
 * Recovers a folder at start-up: the state, where the journal continues, and which files have to be
 * rewritten.
 */
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import type { Log } from '../../engine/ports.ts'
import { createSessionArchive, type SessionArchive } from './archive.ts'
import { type CheckpointFile, checkpointFilesOf, loadFile } from './checkpoint-files.ts'
import type { Disk } from './disk/disk.ts'
import { discard, readWhole, syncFile, syncFolder, writeAll, writeNew } from './disk/files.ts'
import type { JournalEnd } from './journal/journal.ts'
import type { JournalRecord, PaymentMode } from './journal/record.ts'
import { type Scanned, scanSegment, UnsafeData } from './journal/scan.ts'
import { segmentsAmong } from './journal/segments.ts'
import {
  EMPTY_MANIFEST,
  MANIFEST_FILE,
  type Manifest,
  type Mark,
  readManifest,
  type SessionsMark,
} from './manifest.ts'
import { emptyMemory, type Memory } from './memory.ts'
import { KEYS_FILE, NEW_KEYS_FILE } from './people/keys-file.ts'
import { keyIdOf, type Leaving, type PersonKeys, type Unsealer } from './people/person-keys.ts'
import { type Contained, refuseUnknownTables, replay } from './replay.ts'
import { SESSIONS_FILE } from './session-lines.ts'
import { newSessionsFile, openSessionsFile, type SessionsFile } from './sessions-file.ts'

export interface Recovered {
  readonly memory: Memory
  readonly archive: SessionArchive
  readonly sessionsFile: SessionsFile
  readonly end: JournalEnd
  /** Number of processes that have opened the folder for writing so far. */
  readonly epoch: number
  /** The mode in which payments were taken last; undefined where none is on record. */
  readonly mode: PaymentMode | undefined
  /** The mark that each file fits; undefined for one that has to be rewritten from the journal. */
  readonly fits: Fits
  /** The marks of files that belong to tables of newer builds, kept for those. */
  readonly unknown: Manifest['views']
}

/** By the name of the file. */
export type Fits = ReadonlyMap<string, Mark | undefined>

/**
 * Recovers the folder. Throws {@link UnsafeData} when it is not as this program left it, and then
 * changes nothing in it.
 */
export async function recover(parts: {
  disk: Disk
  log: Log
  people: PersonKeys
  expectData?: boolean | undefined
  areKeysLost?: boolean | undefined
  tables?: readonly AnyTable[] | undefined
}): Promise<Recovered> {
  const { disk, log, people, expectData, areKeysLost = false, tables = TABLES } = parts
  const files = checkpointFilesOf(tables)
  const names = await disk.list()
  const manifest = await readManifest(disk)
  if (segmentsAmong(names).length === 0) await refuseLostJournal({ disk, files, manifest }, expectData)
  if (manifest?.keys && !people.isThere) throw lostKeys(disk.name)
  const found = await loadFiles({ disk, files, manifest }, tables)
  const reader = watchKeys(people)
  const lost = lostFiles(found, files)
  if (lost.length > 0) {
    const { last } = await readJournal(disk, names, found, () => undefined)
    refuseNewerFiles(found, last?.seq ?? 0)
    await setAside({ disk, log, names, manifest }, lost)
  }
  const { last, epoch, mode } = await readJournal(
    disk,
    names,
    found,
    replayInto(found, reader),
    async (seq) => {
      if (found.sessionsLost && found.archive.waiting > MANY)
        await found.archive.settle(found.archive.waiting, seq)
    },
  )
  refuseNewerFiles(found, last?.seq ?? 0)
  if (!areKeysLost) reader.refuseMissing()
  for (const leaving of [...(manifest?.leaving ?? []), ...reader.gone]) people.leave(leaving)
  if (last?.torn) await cutOff(disk, log, last)
  await Promise.all(names.filter((name) => name.endsWith('.tmp')).map((name) => discard(disk, name)))
  return {
    ...found,
    end: endOf(last),
    epoch: Math.max(epoch, manifest?.epoch ?? 0),
    mode: mode ?? manifest?.mode,
    unknown: unknownIn(manifest, files),
  }
}

// ---------------------------------------------------------------- the files beside the journal

// rebuilt by the million, sessions would not fit into memory, so they go to the file on the way
const MANY = 1000

function replayInto(found: Found, people: Unsealer): (record: JournalRecord) => void {
  const contained = containedIn(found)
  return (record) => replay(found.memory, record, contained, people, found.archive.add)
}

interface Found {
  readonly memory: Memory
  readonly archive: SessionArchive
  readonly sessionsFile: SessionsFile
  readonly fits: Fits
  /** True where sessions.json has to be rewritten. */
  readonly sessionsLost: boolean
}

interface Folder {
  readonly disk: Disk
  readonly files: readonly CheckpointFile[]
  readonly manifest: Manifest | undefined
}

/** Refuses a folder without a journal that may be the wrong one, rather than new. */
async function refuseLostJournal({ disk, files, manifest }: Folder, expectData = false): Promise<void> {
  if (expectData) {
    throw new UnsafeData(
      `There are no data in ${disk.name}, but EXPECT_DATA=yes says there must be. Is the disk mounted?`,
    )
  }
  const names = [...files.map(({ fileName }) => fileName), SESSIONS_FILE]
  const texts = await Promise.all(names.map((name) => readWhole(disk, name)))
  const holding = names.find((_, index) => !['', '[]'].includes(texts[index]?.toString('utf8').trim() ?? ''))
  const speaking = manifest?.sessions && manifest.sessions.seq > 0 ? MANIFEST_FILE : undefined
  if (holding === undefined && speaking === undefined) return
  throw new UnsafeData(
    `${holding ?? speaking} in ${disk.name} shows that there were data, but the journal is missing. Restore the ` +
      'journal-*.jsonl files from a backup, or move the other files away to start with no data.',
  )
}

async function loadFiles(
  { disk, files, manifest = EMPTY_MANIFEST }: Folder,
  tables: readonly AnyTable[],
): Promise<Found> {
  const memory = emptyMemory(tables)
  const fits = new Map<string, Mark | undefined>()
  for (const file of files) {
    const loaded = await loadFile(disk, file, manifest)
    for (const line of loaded?.lines ?? []) file.restore(memory, line)
    fits.set(file.name, loaded?.mark)
  }
  const opened = await openMarkedSessions(disk, manifest)
  const sessionsFile = opened ?? newSessionsFile(disk)
  return { memory, archive: createSessionArchive(sessionsFile), sessionsFile, fits, sessionsLost: !opened }
}

/** Opens sessions.json, whichever of two a crash left in its place. */
async function openMarkedSessions(disk: Disk, manifest: Manifest): Promise<SessionsFile | undefined> {
  const { sessions, sessionsNext } = manifest
  if (!sessions) return undefined
  if (!sessionsNext) return openSessionsFile(disk, sessions)
  // The two can differ in the middle alone.
  const open = (mark: SessionsMark) => openSessionsFile(disk, mark, Number.POSITIVE_INFINITY)
  return (await open(sessionsNext)) ?? open(sessions)
}

function containedIn({ fits, sessionsFile }: Found): Contained {
  const contained = new Map(Array.from(fits, ([name, mark]) => [name, mark?.seq ?? 0]))
  return contained.set('sessions', sessionsFile.mark.seq)
}

function unknownIn(manifest: Manifest | undefined, files: readonly CheckpointFile[]): Manifest['views'] {
  const known = new Set(files.map(({ name }) => name))
  return Object.fromEntries(Object.entries(manifest?.views ?? {}).filter(([name]) => !known.has(name)))
}

function refuseNewerFiles(found: Found, lastSeq: number): void {
  for (const [part, seq] of containedIn(found)) {
    if (seq <= lastSeq) continue
    throw new UnsafeData(
      `${MANIFEST_FILE} says that the file of ${part} contains record ${seq}, but the journal ends with ${lastSeq}: its ` +
        'end is lost. Nothing was changed. Keep a copy of the folder, then restore the newest journal-*.jsonl.',
    )
  }
}

function lostFiles({ fits, sessionsLost }: Found, files: readonly CheckpointFile[]): string[] {
  const lost = files.filter(({ name }) => !fits.get(name)).map(({ fileName }) => fileName)
  return sessionsLost ? [...lost, SESSIONS_FILE] : lost
}

/** Keeps what is not ours in a file's place under another name before the file is rewritten. */
async function setAside(
  from: { disk: Disk; log: Log; names: readonly string[]; manifest: Manifest | undefined },
  lost: readonly string[],
): Promise<void> {
  const { disk, log, names, manifest } = from
  for (const file of lost) {
    const kept = names.includes(file) ? `unknown-${manifest?.epoch ?? 0}-${file}` : undefined
    if (kept) await disk.rename(file, kept)
    if (kept || manifest)
      log.warn({ file, kept }, 'not as this program wrote it: it is rewritten from the journal')
  }
  await syncFolder(disk)
}

// ---------------------------------------------------------------- the keys

/**
 * Returns what reads sealed texts, and notices whose key is missing although the journal does not
 * say that the person has left.
 */
function watchKeys(people: PersonKeys) {
  const missing = new Map<string, string>()
  const gone: Leaving[] = []
  return {
    gone,
    unseal: (context: string, sealed: string) => {
      const text = people.unseal(context, sealed)
      const id = keyIdOf(sealed)
      if (text === undefined && !missing.has(id)) missing.set(id, context)
      return text
    },
    leave: (leaving: Leaving) => void gone.push(leaving),
    refuseMissing: () => {
      const dropped = new Set(gone.flatMap(({ keyIds }) => keyIds))
      const lost = [...missing].filter(([keyId]) => !dropped.has(keyId) && !people.isClosed(keyId))
      const [first] = lost
      if (!first) return
      throw new UnsafeData(
        `${KEYS_FILE} lacks ${lost.length} ${lost.length === 1 ? 'key' : 'keys'} that the journal needs, such as ` +
          `${first[0]} of "${first[1]}". Restore ${KEYS_FILE} and ${NEW_KEYS_FILE} from the newest ` +
          'backup, or the JSON files and checkpoint.json, which hold the same in clear.',
      )
    },
  }
}

function lostKeys(folder: string): UnsafeData {
  return new UnsafeData(
    `${KEYS_FILE} is missing in ${folder}. Nothing was changed. Without it, names and addresses can be read from the ` +
      'JSON files alone, not from the journal: restore it from the newest backup. Where every copy is lost, see ' +
      'docs/OPERATIONS.md, "The data key".',
  )
}

// ---------------------------------------------------------------- the journal

type Last = Scanned & { readonly name: string; readonly capacity: number }

/**
 * Passes the records that any of the files lacks, and those about them, to `onRecord`; changes
 * nothing itself.
 */
async function readJournal(
  disk: Disk,
  names: readonly string[],
  found: Found,
  onRecord: (record: JournalRecord) => void,
  afterSegment: (seq: number) => Promise<void> = async () => undefined,
): Promise<{ last: Last | undefined; epoch: number; mode: PaymentMode | undefined }> {
  const from = Math.min(...containedIn(found).values())
  const segments = neededSegments(names, from)
  let last: Last | undefined
  let epoch = 0
  let mode: PaymentMode | undefined
  for (const name of segments) {
    const bytes = (await readWhole(disk, name)) ?? Buffer.alloc(0)
    const scanned = scanSegment({ name, bytes, isLast: name === segments.at(-1), from }, last, (record) => {
      refuseUnknownTables(record, found.memory, name)
      onRecord(record)
      epoch = record.epoch ?? epoch
      mode = record.mode ?? mode
    })
    last = { ...scanned, name, capacity: bytes.length }
    await afterSegment(last.seq)
  }
  return { last, epoch, mode }
}

/** Returns the segments from the one that holds the record after `contained`. */
function neededSegments(names: readonly string[], contained: number): string[] {
  const segments = segmentsAmong(names)
  const from = segments.findLastIndex((segment) => segment.firstSeq <= contained + 1)
  const [oldest] = segments
  if (from < 0 && oldest) {
    throw new UnsafeData(
      `A file has to be rewritten from record ${contained + 1} on, but the journal begins with ${oldest.name}. ` +
        'Restore the older journal-*.jsonl files, or the JSON files and checkpoint.json, from a backup.',
    )
  }
  return segments.slice(Math.max(from, 0)).map((segment) => segment.name)
}

/** Keeps what a crash left of an unfinished write in a file of its own, and empties its place. */
async function cutOff(disk: Disk, log: Log, last: Last): Promise<void> {
  const file = await disk.open(last.name, 'update')
  try {
    const debris = withoutTail(await file.read(last.end, last.capacity - last.end))
    const kept = `torn-${last.name}-${last.end}.bak`
    await writeNew(disk, kept, [debris])
    await syncFolder(disk)
    await writeAll(file, Buffer.alloc(debris.length), last.end)
    await syncFile(file)
    log.warn(
      { file: last.name, offset: last.end, kept },
      'the last write was cut off by a crash: it was set aside',
    )
  } finally {
    await file.close()
  }
}

function withoutTail(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return bytes.subarray(0, end)
}

function endOf(last: Last | undefined): JournalEnd {
  if (!last) return { seq: 0, chain: 0, place: undefined }
  const { name, segment, end, capacity, seq, chain } = last
  return { seq, chain, place: { name, segment, position: end, capacity } }
}
