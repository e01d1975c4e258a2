/** Tests the store over every state that a crash can leave on the disk. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Disk } from '../../../adapters/store/disk/disk.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { sample, sampleOfRange, sampleSize } from '../../support/sample.ts'
import {
  type CrashState,
  crashStates,
  diskOf,
  type RecordingDisk,
  recordingDisk,
} from '../../support/store/crash-disk.ts'
import {
  CHANGES,
  type ChangeName,
  everything,
  openOn,
  settled,
  setUp,
  topUp,
} from '../../support/store/store-parts.ts'
import { UNSAFE_SAVERS } from '../../support/store/unsafe-savers.ts'

const SEGMENT_BYTES = 1024 // so small that the changes do not fit into one
const NAMES = Object.keys(CHANGES) as ChangeName[]
const JSON_FILES = [
  'users.json',
  'earnings.json',
  'open-sessions.json',
  'sessions.json',
  'notes.json',
  'unmatched-payments.json',
]
const everyByte = (length: number) => sampleOfRange(length, 12, `cut of ${length}`)
const aFewBytes = (length: number) => [1, length >> 1, length - 1]

interface Run {
  readonly disk: RecordingDisk
  /** Everything in the store after each number of changes. */
  readonly after: unknown[]
  /** The step at which the set-up was over. */
  readonly from: number
}

/**
 * Makes the changes one after the other and lets the JSON files be written after `filesAfter` of
 * them.
 */
async function run(changes: readonly ChangeName[], filesAfter: number, disk = recordingDisk()): Promise<Run> {
  const clock = fakeClock()
  const { store, fatal } = await openOn(disk, clock, SEGMENT_BYTES)
  await store.commit(setUp)
  await clock.advance(200)
  await settled()
  const from = disk.steps.length
  const after = [await everything(store)]
  for (const [n, name] of changes.entries()) {
    if (n === filesAfter) await clock.advance(200)
    disk.tell('asked')
    await store.commit((tx) => CHANGES[name](tx, n + 1))
    disk.tell('answered')
    after.push(await everything(store))
  }
  if (filesAfter === changes.length) await clock.advance(200)
  await settled()
  expect(fatal).toEqual([])
  return { disk, after, from }
}

/**
 * Makes the same changes, all requested at once: they share writes, and the files are written while
 * they wait.
 */
async function runAtOnce(changes: readonly ChangeName[]): Promise<Run> {
  const { after } = await run(changes, -1)
  const disk = recordingDisk()
  const clock = fakeClock(fakeClock().now() + 200)
  const { store, fatal } = await openOn(disk, clock, SEGMENT_BYTES)
  await store.commit(setUp)
  await settled()
  const from = disk.steps.length
  const filesWritten = clock.advance(200)
  const asked = changes.map(async (name, n) => {
    disk.tell('asked')
    await store.commit((tx) => CHANGES[name](tx, n + 1))
    disk.tell('answered')
  })
  await Promise.all([...asked, filesWritten])
  await settled()
  expect(fatal).toEqual([])
  return { disk, after, from }
}

/**
 * Checks that the real recovery finds at least the confirmed changes and at most the requested
 * ones, and continues from there.
 */
async function check(state: CrashState, after: readonly unknown[]): Promise<void> {
  for (const name of JSON_FILES) expect(parses(state.files.get(name)), `${state.story}: ${name}`).toBe(true)
  const disk = diskOf(state.files)
  const first = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  const found = await everything(first.store)
  const count = after.findIndex((expected) => isDeepStrictEqual(found, expected))
  if (count < state.answered || count > state.asked) {
    throw new Error(`${state.story}: ${state.answered} of ${state.asked} were answered, found ${count}`)
  }
  await first.store.commit((tx) => (tx.user('ana') ? topUp(tx, 99) : setUp(tx)))
  const then = await everything(first.store)
  await first.store.close()
  expect(first.fatal, state.story).toEqual([])
  const second = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  expect(await everything(second.store), state.story).toEqual(then)
  expect(second.log.warnings, state.story).toEqual([])
  await second.store.close()
}

function parses(bytes: Buffer | undefined): boolean {
  try {
    return bytes === undefined || Array.isArray(JSON.parse(bytes.toString('utf8')))
  } catch {
    return false
  }
}

async function checkAll(
  { disk, after, from }: Run,
  cuts: (length: number) => Iterable<number>,
  seen?: Set<string>,
): Promise<number> {
  let count = 0
  for (const state of crashStates(disk.steps, cuts, from, seen)) {
    await check(state, after)
    count++
  }
  return count
}

describe('every folder that a crash can leave opens with all that was confirmed and nothing that was not requested', () => {
  test.each(NAMES)('one change (%s), cut at every byte', async (name) => {
    expect(await checkAll(await run([name], 0), everyByte)).toBeGreaterThan(sampleSize(15, 150))
  })

  // A crash in the middle of three changes is a crash after one or two of them.
  test.each(NAMES)(
    'every three changes that begin with %s, the files written at any place',
    async (first) => {
      const seen = new Set<string>()
      for (const { changes, filesAfter } of threeChanges(first, 4)) {
        await checkAll(await run(changes, filesAfter), aFewBytes, seen)
      }
      expect(seen.size).toBeGreaterThan(sampleSize(50, 500))
    },
  )

  test.each(NAMES)('three changes at once that begin with %s, in one write', async (first) => {
    for (const second of sample(NAMES, 1, `at once ${first}`)) {
      expect(await checkAll(await runAtOnce([first, second, 'charge']), aFewBytes)).toBeGreaterThan(15)
    }
  })

  test('three changes at once, the write cut at every byte', async () => {
    await checkAll(await runAtOnce(['topUp', 'charge', 'note']), everyByte)
  }, 180_000)

  test('the very first start', async () => {
    const disk = recordingDisk()
    const { store } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
    const empty = await everything(store)
    disk.tell('asked')
    await store.commit(setUp)
    disk.tell('answered')
    await checkAll({ disk, after: [empty, await everything(store)], from: 0 }, aFewBytes)
  }, 60_000)
})

interface Course {
  readonly changes: readonly ChangeName[]
  /** After how many of the changes the JSON files are written. */
  readonly filesAfter: number
}

/** Returns every course of three changes that begins with `first`, or `count` of them as the day's sample. */
function threeChanges(first: ChangeName, count: number): readonly Course[] {
  const all = NAMES.flatMap((second) =>
    NAMES.flatMap((third) =>
      [0, 1, 2, 3].map((filesAfter) => ({ changes: [first, second, third], filesAfter })),
    ),
  )
  return sample(all, count, `three changes ${first}`)
}

describe('the rig notices', () => {
  test.each(['through', 'sync', 'sync-folder'] as const)(
    'a store that forgets "%s", on most courses: those above are four for each first change',
    async (forgotten) => {
      const outcomes = []
      for (const { changes, filesAfter } of threeChanges('topUp', 8)) {
        const forgetful = await run(changes, filesAfter, recordingDisk([forgotten]))
        outcomes.push(
          await checkAll(forgetful, aFewBytes).then(
            () => 'passed',
            (error: Error) => error.message,
          ),
        )
      }
      const noticed = outcomes.filter((outcome) => /answered, found|journal|json/.test(outcome))
      expect(noticed.length, outcomes.join('\n')).toBeGreaterThan(outcomes.length / 2)
    },
  )

  test('a store that confirms before its record is on the disk', async () => {
    const { disk, after, from } = await run(['topUp', 'charge'], -1)
    const told = disk.steps.filter((step) => step.type === 'told')
    const steps = [
      ...disk.steps.slice(0, from),
      ...told,
      ...disk.steps.slice(from).filter((step) => step.type !== 'told'),
    ]
    await expect(checkAll({ disk: { ...disk, steps }, after, from }, aFewBytes)).rejects.toThrow(
      'answered, found',
    )
  })

  test.each(Object.entries(UNSAFE_SAVERS))('%s', async (_, save) => {
    const disk = recordingDisk()
    const versions = [0, 1, 2].map(
      (n) => new Map(['users', 'sessions', 'earnings'].map((file) => [file, whole(n)])),
    )
    for (const version of versions) {
      if (version !== versions[0]) disk.tell('asked')
      await save(disk, version)
      if (version === versions[0]) await (disk as Disk).syncFolder()
      else disk.tell('answered')
    }
    const from = disk.steps.findIndex((step) => step.type === 'told')
    const bad = [...crashStates(disk.steps, aFewBytes, from)].filter((state) => !isOneVersion(state))
    expect(bad.length).toBeGreaterThan(0)
  })
})

const whole = (n: number) => JSON.stringify([{ version: n }])

/**
 * Checks that all three files are readable and agree on a version that was confirmed or requested.
 */
function isOneVersion(state: CrashState): boolean {
  const texts = ['users', 'sessions', 'earnings'].map((name) => state.files.get(name)?.toString('utf8'))
  const versions = [0, 1, 2].filter((n) => texts.every((text) => text === whole(n)))
  return versions.some((n) => n >= state.answered && n <= state.asked)
}
