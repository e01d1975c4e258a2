/**
 * Starts the backups that need no command: a proved copy every hour where there is no bucket;
 * with one, a whole proved copy in it every night and a look through all of it every week. Each
 * runs in a process of its own with the lowest priority.
 */
import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import type { Clock, Log } from '../../engine/ports.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/time.ts'
import type { Disk } from '../store/disk/disk.ts'
import { readWhole, replaceFile } from '../store/disk/files.ts'

export type Job = 'copy' | 'bucketCopy' | 'check'

interface ScheduleParts {
  readonly jobs: readonly Job[]
  readonly run: (job: Job, signal: AbortSignal) => Promise<void>
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  readonly onFailed: (job: Job) => void
}

export interface Schedule {
  start(): Promise<void>
  /** Returns how long ago the job was last done, in milliseconds; undefined where it never was. */
  ageMs(job: Job): number | undefined
  /** Ends what runs, and starts nothing more. */
  stop(): void
}

const NIGHT_AT_MS = 9 * HOUR_MS // of the day in UTC: after midnight from California to Europe's morning
const TICK_MS = 5 * MINUTE_MS
const RETRY_MS = HOUR_MS
const FILE = 'backups.json'

/** The instant at which each job was last done; `since`, that at which the folder first saw a schedule. */
type Done = Partial<Record<Job, number>> & { since?: number }

export function createSchedule({ jobs, run, disk, clock, log, onFailed }: ScheduleParts): Schedule {
  const done: Done = {}
  const failedAt = new Map<Job, number>()
  const ending = new AbortController()
  let cancel: (() => void) | undefined

  async function tick(): Promise<void> {
    const now = clock.now()
    const mayTry = (job: Job) => now - (failedAt.get(job) ?? 0) >= RETRY_MS
    const job = jobs.find((each) => isDue(each, done[each] ?? done.since ?? now, now) && mayTry(each))
    if (job) await carryOut(job)
    if (!ending.signal.aborted) cancel = clock.at(clock.now() + TICK_MS, () => void tick())
  }

  async function carryOut(job: Job): Promise<void> {
    try {
      await run(job, ending.signal)
      failedAt.delete(job)
      done[job] = clock.now()
      await save()
    } catch (error) {
      if (ending.signal.aborted) return
      failedAt.set(job, clock.now())
      onFailed(job)
      log.error({ job, err: error }, WORDS[job])
    }
  }

  const save = () => replaceFile(disk, FILE, [`${JSON.stringify(done)}\n`])

  return {
    async start() {
      Object.assign(done, await readDone(disk))
      if (done.since === undefined) {
        done.since = clock.now()
        await save().catch((error: unknown) => log.warn({ err: error }, `${FILE} could not be written`))
      }
      void tick()
    },
    ageMs: (job) => {
      const at = done[job]
      return at === undefined ? undefined : Math.max(0, clock.now() - at)
    },
    stop() {
      ending.abort()
      cancel?.()
    },
  }
}

const WORDS: Record<Job, string> = {
  copy: 'no copy of the data could be made; it is tried again in an hour',
  bucketCopy: 'no whole copy of the data could be brought to the bucket; it is tried again in an hour',
  check: 'the bucket does not prove to hold all that was shipped: see docs/OPERATIONS.md',
}

/** Returns true where a job that was last done at `last` should be done again. */
export function isDue(job: Job, last: number, now: number): boolean {
  switch (job) {
    case 'copy':
      return now - last >= HOUR_MS
    case 'bucketCopy': {
      const lastNight = Math.floor((now - NIGHT_AT_MS) / DAY_MS) * DAY_MS + NIGHT_AT_MS
      return last < lastNight
    }
    case 'check':
      return now - last >= 7 * DAY_MS
  }
}

async function readDone(disk: Disk): Promise<Done> {
  try {
    const value: unknown = JSON.parse((await readWhole(disk, FILE))?.toString('utf8') ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

const LOWEST = constants.priority.PRIORITY_LOW
const TAIL_CHARS = 2_000

/**
 * Runs a program of ours with the lowest priority, and resolves when it has ended with 0. Rejects
 * with the last that it said.
 */
export function runNicely(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      env,
      signal,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-TAIL_CHARS)
    })
    child.once('spawn', () => {
      if (child.pid !== undefined) setPriority(child.pid, LOWEST)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(said.trim() || `it ended with ${code}`))
    })
  })
}
