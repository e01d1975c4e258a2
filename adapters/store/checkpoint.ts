/**
 * Keeps the JSON files a moment behind the journal: all of them from one instant of memory, written
 * beside the old ones and then put in their place.
 */
import type { Clock, Log } from '../../engine/ports.ts'
import { besideName, type CheckpointFile, writeBeside } from './checkpoint-files.ts'
import type { Disk } from './disk/disk.ts'
import { discard, SyncFailed, syncFolder } from './disk/files.ts'
import type { PaymentMode } from './journal/record.ts'
import { type Manifest, type SessionsMark, writeManifest } from './manifest.ts'
import type { Leaving, PersonKeys } from './people/person-keys.ts'
import type { Fits } from './recover.ts'
import type { Rewritten } from './sessions-file.ts'

/** Contents of memory after record `seq`. */
export interface Snapshot {
  readonly seq: number
  /** Records for each file, and how often they had changed by then. */
  readonly files: readonly {
    readonly file: CheckpointFile
    readonly records: readonly object[]
    readonly changes: number
  }[]
  /** Number of ended sessions that were not in sessions.json yet. */
  readonly ended: number
  /** People who had left by then, and whose keys and names are still on the disk. */
  readonly leaving: readonly Leaving[]
}

export interface Checkpoints {
  /** Takes note of a change: the files follow soon. */
  changed(): void
  /** Brings the files up to date now; a failure is logged and retried later. */
  write(): Promise<void>
  /** Cancels what is planned and waits for what is under way. */
  stop(): Promise<void>
}

export interface CheckpointParts {
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  readonly epoch: number
  readonly mode: PaymentMode | undefined
  /** Mark of what is in each file's place; undefined where that is not ours. */
  readonly fits: Fits
  /** Marks to keep, of files that are left as they are. */
  readonly unknown: Manifest['views']
  readonly files: readonly CheckpointFile[]
  readonly snapshot: () => Snapshot
  /** Resolves once everything that a snapshot saw is on disk; rejects when it was undone. */
  readonly durable: () => Promise<void>
  /**
   * Moves `count` ended sessions, which ended up to record `seq`, into sessions.json; resolves with
   * what that then holds.
   */
  readonly settle: (count: number, seq: number) => Promise<SessionsMark>
  /** Writes sessions.json beside itself without the names of these people. */
  readonly rewrite: (personIds: readonly string[]) => Promise<Rewritten>
  readonly people: Pick<PersonKeys, 'isThere' | 'drop' | 'haveLeft' | 'tidy'>
  readonly onFatal: (error: unknown) => void
}

const DELAY_MS = 200
const RETRY_MS = 2_000 // a disk that is full is not empty a moment later
const SHARE_OF_TIME = 10 // writing large files takes at most one part in ten of the time
const MANY_RECORDS = 1_000 // where no file has more, they follow within a second, whatever it costs

export function createCheckpoints(parts: CheckpointParts): Checkpoints {
  const { disk, clock, log, files, onFatal } = parts
  const writeFiles = fileWriter(parts)
  let planned: (() => void) | undefined
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let delayMs = DELAY_MS

  async function writeOrLog(): Promise<void> {
    const startedAt = clock.now()
    again = false
    try {
      const records = await writeFiles()
      const restMs = records > MANY_RECORDS ? (clock.now() - startedAt) * (SHARE_OF_TIME - 1) : 0
      delayMs = Math.max(DELAY_MS, restMs)
    } catch (error) {
      if (error instanceof SyncFailed) return onFatal(error)
      log.warn({ err: error }, 'the JSON files could not be brought up to date; the journal has everything')
      await Promise.all(files.map((file) => discard(disk, besideName(file))))
      again = true
      delayMs = RETRY_MS
    }
  }

  function write(): Promise<void> {
    running ??= writeOrLog().finally(() => {
      running = undefined
      if (again) changed()
    })
    return running
  }

  function changed(): void {
    if (running) again = true
    else if (!stopped) planned ??= clock.at(clock.now() + delayMs, wake)
  }

  function wake(): void {
    planned = undefined
    void write()
  }

  return {
    changed,
    write,
    stop: async () => {
      stopped = true
      planned?.()
      await running
    },
  }
}

/**
 * Creates the function that writes what has changed since its last call, one call at a time, and
 * resolves with the number of records of the largest file.
 */
function fileWriter(parts: CheckpointParts): () => Promise<number> {
  const { disk, epoch, mode, snapshot, durable, settle, rewrite, people, fits, unknown } = parts
  /** Every mark that a file may have, should the machine stop now. */
  const possible = new Map(Array.from(fits, ([name, mark]) => [name, mark ? [mark] : []]))
  const written = new Map<string, number>()

  return async () => {
    const taken = snapshot()
    const { leaving } = taken
    await durable()
    await people.tidy()
    const sessions = await settle(taken.ended, taken.seq)
    const rewritten = leaving.length > 0 ? await rewrite(leaving.map(({ personId }) => personId)) : undefined
    const fresh: CheckpointFile[] = []
    for (const { file, records, changes } of taken.files) {
      const marks = possible.get(file.name) ?? []
      if (marks.length === 1 && written.get(file.name) === changes) {
        possible.set(
          file.name,
          marks.map((mark) => ({ ...mark, seq: taken.seq })),
        )
        continue
      }
      const { bytes, crc } = await writeBeside(disk, file, records)
      possible.set(file.name, [...marks.slice(-1), { seq: taken.seq, bytes, crc }])
      fresh.push(file)
    }
    const manifest = () => ({
      epoch,
      mode,
      views: { ...unknown, ...Object.fromEntries(possible) },
      keys: people.isThere || undefined,
    })
    const underWay = rewritten && { sessionsNext: rewritten.mark, leaving }
    await writeManifest(disk, { ...manifest(), sessions, ...underWay })
    for (const file of fresh) await disk.rename(besideName(file), file.fileName)
    await syncFolder(disk)
    for (const { name } of fresh) possible.set(name, (possible.get(name) ?? []).slice(-1))
    if (rewritten) {
      await rewritten.putInPlace()
      await people.drop(leaving)
      await writeManifest(disk, { ...manifest(), sessions: rewritten.mark })
      people.haveLeft(leaving)
    }
    for (const { file, changes } of taken.files) written.set(file.name, changes)
    return Math.max(...taken.files.map(({ records }) => records.length))
  }
}
