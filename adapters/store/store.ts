/**
 * Opens the store: data in memory, a journal that makes it durable, and JSON files that anyone can
 * read. See docs/STORE.md.
 */
import { setImmediate } from 'node:timers/promises'
import { BrokenInvariant, Refusal } from '../../domain/errors.ts'
import type { AnyTable } from '../../domain/table.ts'
import { TABLES } from '../../domain/tables.ts'
import type { Clock, Log, Purpose, Store, Tx } from '../../engine/ports.ts'
import type { DataKeys } from '../system/data-key.ts'
import type { DiskSpace } from '../system/disk-space.ts'
import { createAdmission } from './admission.ts'
import { createCheckpoints, type Snapshot } from './checkpoint.ts'
import { type CheckpointFile, checkpointFilesOf } from './checkpoint-files.ts'
import { type Ballast, createBallast } from './disk/ballast.ts'
import type { Disk } from './disk/disk.ts'
import { isFull } from './disk/files.ts'
import { createJournal, type Journal } from './journal/journal.ts'
import { FORMAT, type PaymentMode } from './journal/record.ts'
import type { Reached } from './journal/scan.ts'
import type { Memory } from './memory.ts'
import { checkPaymentMode } from './payment-mode.ts'
import { loadPersonKeys, type PersonKeys } from './people/person-keys.ts'
import { type Recovered, recover } from './recover.ts'
import { moveStrayPayments } from './stray-payments.ts'
import { createTransactions } from './transaction.ts'

export interface StoreParts {
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  /** Wraps the keys of single people. */
  readonly dataKey: DataKeys
  /**
   * Called once when nothing can be promised any more: the process must stop. From then on every
   * call to the store rejects.
   */
  readonly onFatal: (error: unknown) => void
  /** Refuses to start on an empty folder: there must be data. */
  readonly expectData?: boolean
  /** The mode in which payments are taken; by default the folder's own. */
  readonly mode?: PaymentMode
  /** Declared tables; by default those of the program. */
  readonly tables?: readonly AnyTable[]
  /** Size of the first journal segment, for tests. */
  readonly segmentBytes?: number
  /** Watches the room on the disk; `UNWATCHED` where it is not watched. */
  readonly space: Pick<DiskSpace, 'isFilling' | 'hasRoomFor'>
  /** Room that is kept for when the disk is full; none by default. */
  readonly ballastBytes?: number
  /**
   * Bytes that one account may have written in a day for what can wait; without it there is no
   * limit.
   */
  readonly dailyBytes?: number | undefined
  /** Leaves what is sealed under lost keys as the JSON files have it, instead of refusing to start. */
  readonly areKeysLost?: boolean
  /** Called when more records are on the disk, with the last of them and their bytes. */
  readonly onWritten?: (end: Reached, bytes: number) => void
}

/** The store of a folder that this process holds. */
export type OpenStore = Store & {
  /** Returns true while there is so little room that only what cannot wait is written. */
  isShort(): boolean
  /** Lets nothing be committed or read from now on: every later call rejects with `why`. */
  halt(why: Error): void
  /** Wraps every person's key under the first data key alone; resolves with how many there are. */
  rewrap(): Promise<number>
  /** Brings the files up to date and releases the folder; later calls are refused. */
  close(): Promise<void>
}

/**
 * Opens the folder for this process alone and replays its journal. Throws when another process has
 * it, and {@link UnsafeData} when the folder is not as this program left it.
 */
export async function openStore(parts: StoreParts): Promise<OpenStore> {
  const unlock = await parts.disk.lock()
  try {
    return await openLocked(parts, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

async function openLocked(parts: StoreParts, unlock: () => Promise<void>): Promise<OpenStore> {
  const { disk, clock, log, space, ballastBytes = 0, tables = TABLES } = parts
  const files = checkpointFilesOf(tables)
  const ballast = createBallast({ disk, clock, log, bytes: ballastBytes, space })
  const people = await loadPersonKeys(disk, parts.dataKey, log)
  const recovered = await recoverWithRoom({ ...parts, people }, ballast)
  const { memory, archive, sessionsFile, end, epoch, mode: kept, fits, unknown } = recovered
  checkPaymentMode(memory, disk.name, kept, parts.mode)
  const mode = parts.mode ?? kept
  let stopped: { why: unknown } | undefined
  const fail = (error: unknown) => {
    if (stopped) return
    stopped = { why: error }
    parts.onFatal(error)
  }
  const { saved: savedKeys } = people
  const journal = createJournal({ ...parts, end, onFatal: fail, savedKeys, makeRoom: ballast.spend })
  const transactions = createTransactions(memory, archive, people)
  const checkpoints = createCheckpoints({
    disk,
    clock,
    log,
    epoch: epoch + 1,
    mode,
    fits,
    unknown,
    files,
    snapshot: () => snapshotOf({ memory, files, ended: archive.waiting, people, seq: journal.seq }),
    durable: () => journal.durable(undefined),
    settle: async (count, seq) => {
      await archive.settle(count, seq)
      return sessionsFile.mark
    },
    rewrite: sessionsFile.rewriteBeside,
    people,
    onFatal: fail,
  })

  function answer<T>(make: () => T): Promise<T> {
    if (stopped) return Promise.reject(stopped.why)
    try {
      return journal.durable(make())
    } catch (error) {
      if (error instanceof BrokenInvariant) fail(error)
      return Promise.reject(error)
    }
  }

  const isShort = () => space.isFilling() || ballast.isSpent
  const admit = createAdmission(isShort, parts.dailyBytes)

  function decide<T>(decision: (tx: Tx) => T, purpose: Purpose | undefined): T {
    const now = clock.now()
    const outcome = transactions.run(now, decision)
    if (outcome.fields !== '') {
      if (purpose === undefined) admit(outcome, now)
      journal.append(now, outcome, outcome.undo)
      checkpoints.changed()
    }
    return outcome.answer
  }

  const commit: Store['commit'] = (decision, purpose) => answer(() => decide(decision, purpose))
  await markEpoch({ journal, epoch: epoch + 1, mode, clock }, (error) => {
    if (stopped || end.seq === 0) throw error
    log.error({ err: error }, 'the disk is full: reading works, changes are refused until there is room')
  })
  if (sessionsFile.exact && files.every(({ name }) => fits.get(name))) checkpoints.changed()
  else await checkpoints.write()
  await ballast.keep()
  await moveStrayPayments(disk, { commit }, log)
  return {
    isShort,
    halt: (why) => {
      stopped ??= { why }
    },
    rewrap: people.rewrap,
    commit,
    read: (look) => answer(() => transactions.look(clock.now(), look)),
    ...readsOfPast(archive, () => answer(() => undefined)),
    close: async () => {
      const failed = stopped !== undefined
      stopped ??= { why: new Refusal('stopping', 'The server is restarting. Please try again in a moment.') }
      await checkpoints.stop()
      if (!failed) await checkpoints.write()
      await journal.close()
      await people.close()
      await ballast.stop()
      await unlock()
    },
  }
}

/**
 * Writes a mark where an earlier process that is still alive would write next, so that it finds the
 * folder taken.
 */
async function markEpoch(
  parts: { journal: Journal; epoch: number; mode: PaymentMode | undefined; clock: Clock },
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { journal, epoch, mode, clock } = parts
  const ofPayments = mode === undefined ? '' : `,"mode":"${mode}"`
  const content = { fields: `,"epoch":${epoch}${ofPayments}`, format: FORMAT }
  journal.append(clock.now(), content, () => undefined)
  await journal.durable(undefined).catch(onFailure)
}

/** Creates the reads of ended sessions, which wait until the store is open. */
function readsOfPast(
  archive: Recovered['archive'],
  whenDurable: () => Promise<void>,
): Pick<Store, 'pastSession' | 'pastSessions'> {
  return {
    pastSession: async (id) => {
      await whenDurable()
      return archive.find(id)
    },
    pastSessions: async (userId, range) => {
      await whenDurable()
      // Other work has a turn between two pages of a long reading.
      if (range.cursor !== undefined) await setImmediate()
      return archive.list(userId, range)
    },
  }
}

/**
 * Recovers the folder, and frees the ballast where that needs room: an unfinished write is put
 * aside first.
 */
async function recoverWithRoom(
  parts: StoreParts & { people: PersonKeys },
  ballast: Ballast,
): Promise<Recovered> {
  try {
    return await recover(parts)
  } catch (error) {
    if (!isFull(error) || !(await ballast.spend())) throw error
    return recover(parts)
  }
}

function snapshotOf(parts: {
  memory: Memory
  files: readonly CheckpointFile[]
  ended: number
  people: PersonKeys
  seq: number
}): Snapshot {
  const { memory, files, ended, people, seq } = parts
  return {
    seq,
    ended,
    leaving: people.leaving,
    files: files.map((file) => ({ file, records: file.records(memory), changes: file.changes(memory) })),
  }
}
