/** Keeps a running server's data in more than one place, without anybody typing a command. */
import { fileURLToPath } from 'node:url'
import type { Clock, Log } from '../../engine/ports.ts'
import type { Disk } from '../store/disk/disk.ts'
import type { BucketSettings } from './bucket.ts'
import { createLastRecord } from './last-record.ts'
import { createSchedule, type Job, runNicely } from './schedule.ts'
import type { SigningKey } from './seal.ts'
import { createShipping, type Shipping } from './shipping.ts'

export interface BackupsParts {
  readonly settings: BucketSettings | undefined
  readonly key: SigningKey
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  /** A file outside the folder for the number of the last record; undefined for none. */
  readonly lastRecordFile: string | undefined
  /** The folder of the commands that do the work. */
  readonly programs: URL
  /** The environment in which they run. */
  readonly env: NodeJS.ProcessEnv
  readonly onFatal: (error: unknown) => void
}

export interface Backups extends Pick<Shipping, 'wrote' | 'look'> {
  start(halt: (why: Error) => void): Promise<void>
  readonly gauges: readonly { readonly name: string; readonly help: string; read(): number }[]
  stop(): Promise<void>
}

const COMMANDS: Record<Job, readonly [program: string, ...args: string[]]> = {
  copy: ['backup.js'],
  bucketCopy: ['backup.js'],
  check: ['restore.js', '--from-bucket', '--check'],
}

export function createBackups(parts: BackupsParts): Backups {
  const { settings, lastRecordFile, programs, env } = parts
  const shipping = createShipping(parts)
  const lastRecord = lastRecordFile
    ? createLastRecord({ ...parts, file: lastRecordFile, folder: parts.disk.name })
    : undefined
  const jobs: readonly Job[] = settings ? ['bucketCopy', 'check'] : ['copy']
  const failures = new Map<Job, number>()
  const schedule = createSchedule({
    ...parts,
    jobs,
    run: (job, signal) => {
      const [program, ...args] = COMMANDS[job]
      return runNicely(fileURLToPath(new URL(program, programs)), args, env, signal)
    },
    onFailed: (job) => failures.set(job, (failures.get(job) ?? 0) + 1),
  })

  const ageGauge = (job: Job, name: string, help: string) =>
    jobs.includes(job) ? [{ name, help, read: () => secondsOf(schedule.ageMs(job)) }] : []

  return {
    wrote(end, bytes) {
      shipping.wrote(end, bytes)
      lastRecord?.wrote(end)
    },
    async look() {
      await shipping.look()
      await lastRecord?.look()
    },
    async start(halt) {
      shipping.start(halt)
      await schedule.start()
    },
    gauges: [
      {
        name: 'soulseer_off_disk',
        help: '1 where the journal is shipped to a bucket, 0 where a lost disk loses everything',
        read: () => (settings ? 1 : 0),
      },
      {
        name: 'soulseer_shipped_age_seconds',
        help: 'Age of the last record in the bucket while newer ones wait, else 0',
        read: () => shipping.ageMs() / 1000,
      },
      {
        name: 'soulseer_shipped_record',
        help: 'Number of the last record in the bucket; 0 until one is known to be there',
        read: shipping.shippedRecord,
      },
      ...ageGauge(
        'copy',
        'soulseer_copy_age_seconds',
        'Since the last proved copy on this disk; -1 for none',
      ),
      ...ageGauge(
        'bucketCopy',
        'soulseer_bucket_copy_age_seconds',
        'Since the last whole copy in the bucket; -1 for none',
      ),
      ...ageGauge(
        'check',
        'soulseer_bucket_check_age_seconds',
        'Since the bucket was last proved; -1 for never',
      ),
      {
        name: 'soulseer_backup_failures',
        help: 'Copies and checks that failed since the start',
        read: () => [...failures.values()].reduce((sum, times) => sum + times, 0),
      },
    ],
    async stop() {
      schedule.stop()
      await shipping.stop()
      await lastRecord?.stop()
    },
  }
}

function secondsOf(ms: number | undefined): number {
  return ms === undefined ? -1 : Math.round(ms / 1000)
}
