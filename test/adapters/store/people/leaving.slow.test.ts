/** Tests a person's coming and leaving over every state that a crash can leave on the disk. */
import { isDeepStrictEqual } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { audit } from '../../../../adapters/store/audit.ts'
import type * as personKeys from '../../../../adapters/store/people/person-keys.ts'
import type { PersonKeys } from '../../../../adapters/store/people/person-keys.ts'
import type * as sessionsFile from '../../../../adapters/store/sessions-file.ts'
import { DELETED_NAME } from '../../../../domain/user.ts'
import type { Tx } from '../../../../engine/ports.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { IS_LONG, sampleOfRange } from '../../../support/sample.ts'
import { type CrashState, crashStates, diskOf, recordingDisk } from '../../../support/store/crash-disk.ts'
import { guest, leave, leftOfGuest, meet, register } from '../../../support/store/guest.ts'
import type { MemoryDisk } from '../../../support/store/memory-disk.ts'
import { everything, openOn, settled, setUp } from '../../../support/store/store-parts.ts'
import { TEST_TABLES } from '../../../support/store/toy-table.ts'

const LONGEST_MS = IS_LONG ? 2_400_000 : 300_000 // beside other programs each of some thousand starts takes its time

const SEGMENT_BYTES = 2048
const COURSE: readonly ((tx: Tx) => void)[] = [register, meet, leave]
const HAS_LEFT = COURSE.length

/** A bug that the store is given on purpose. */
const planted: { keys?: Partial<PersonKeys>; keepsNames?: boolean } = {}
afterEach(() => {
  delete planted.keys
  delete planted.keepsNames
})

vi.mock('../../../../adapters/store/people/person-keys.ts', async (importReal) => {
  const real = await importReal<typeof personKeys>()
  const loadPersonKeys: typeof real.loadPersonKeys = async (...parts) => {
    const keys = await real.loadPersonKeys(...parts)
    return Object.defineProperties({} as PersonKeys, {
      ...Object.getOwnPropertyDescriptors(keys),
      ...Object.getOwnPropertyDescriptors(planted.keys ?? {}),
    })
  }
  return { ...real, loadPersonKeys }
})

vi.mock('../../../../adapters/store/sessions-file.ts', async (importReal) => {
  const real = await importReal<typeof sessionsFile>()
  const keeping = (file: sessionsFile.SessionsFile): sessionsFile.SessionsFile =>
    Object.defineProperties({} as sessionsFile.SessionsFile, {
      ...Object.getOwnPropertyDescriptors(file),
      ...(planted.keepsNames && {
        rewriteBeside: { value: async () => ({ mark: file.mark, putInPlace: async () => undefined }) },
      }),
    })
  const openSessionsFile: typeof real.openSessionsFile = async (...parts) => {
    const file = await real.openSessionsFile(...parts)
    return file && keeping(file)
  }
  return {
    ...real,
    openSessionsFile,
    newSessionsFile: (disk) => keeping(real.newSessionsFile(disk)),
  } satisfies typeof real
})

/** Makes the changes one after the other; the JSON files are written after `filesAfter` of them. */
async function run(filesAfter: readonly number[]) {
  const disk = recordingDisk()
  const clock = fakeClock()
  const { store, fatal } = await openOn(disk, clock, SEGMENT_BYTES)
  await store.commit(setUp)
  await clock.advance(200)
  await settled()
  const from = disk.steps.length
  const after = [heldIn(await everything(store))]
  for (const [n, change] of COURSE.entries()) {
    disk.tell('asked')
    await store.commit(change)
    disk.tell('answered')
    after.push(heldIn(await everything(store)))
    if (filesAfter.includes(n)) await clock.advance(200)
    await settled()
  }
  expect(fatal).toEqual([])
  return { disk, after, from }
}

interface Held {
  readonly users: readonly { readonly closedAt?: number }[]
  readonly past: readonly { readonly readerName: string }[]
}

/** Returns what was held, with the names of past sessions as they will be once she has left. */
function heldIn(all: unknown): unknown {
  const held = all as Held
  if (held.users.every(({ closedAt }) => closedAt === undefined)) return held
  const past = held.past.map((session) =>
    session.readerName === guest.name ? { ...session, readerName: DELETED_NAME } : session,
  )
  return { ...held, past }
}

async function check(state: CrashState, after: readonly unknown[]): Promise<void> {
  const disk = diskOf(state.files)
  const { store, fatal } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  const found = heldIn(await everything(store))
  const count = after.findIndex((expected) => isDeepStrictEqual(found, expected))
  if (count < state.answered || count > state.asked) {
    throw new Error(`${state.story}: ${state.answered} of ${state.asked} were answered, found ${count}`)
  }
  await store.close()
  expect(fatal, state.story).toEqual([])
  if (count === HAS_LEFT) mustBeGone(disk, state.story)
  const { store: again } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
  expect(await everything(again), state.story).toEqual(after[count])
  await again.close()
  expect((await audit(disk, undefined, TEST_TABLES)).problems, state.story).toEqual([])
}

function mustBeGone(disk: MemoryDisk, story: string): void {
  const left = leftOfGuest(disk)
  if (left.length > 0) throw new Error(`${story}: there is still ${left.join(', ')}`)
}

async function checkAll(filesAfter: readonly number[], cuts: (length: number) => Iterable<number>) {
  const { disk, after, from } = await run(filesAfter)
  let count = 0
  for (const state of crashStates(disk.steps, cuts, from)) {
    await check(state, after)
    count += 1
  }
  return count
}

const aFewBytes = (length: number) => [1, length >> 1, length - 1]
const manyBytes = (length: number) => sampleOfRange(length, 6, `leaving ${length}`)

describe('whenever the machine stops, she is there with all she said, or nothing of her is left', () => {
  test.each([
    ['no file was written meanwhile', []],
    ['all files were written in the end', [2]],
    ['all files were written before she left, and in the end', [1, 2]],
    ['all files were written after each change', [0, 1, 2]],
  ])('%s', async (_, filesAfter) => {
    expect(await checkAll(filesAfter, aFewBytes)).toBeGreaterThan(15)
  })

  test(
    'with every write cut at many bytes',
    async () => {
      expect(await checkAll([0, 2], manyBytes)).toBeGreaterThan(20)
    },
    LONGEST_MS,
  )
})

describe('the test notices', () => {
  test('a journal that does not wait for the keys', async () => {
    planted.keys = { saved: () => undefined }
    await expect(checkAll([0, 2], aFewBytes)).rejects.toThrow(/lacks \d key/)
  })

  test('a key that is not dropped', async () => {
    planted.keys = { drop: async () => undefined }
    await expect(checkAll([0, 2], aFewBytes)).rejects.toThrow(/her key in keys/)
  })

  test('a start that forgets who was about to leave', async () => {
    planted.keys = { leave: () => undefined }
    await expect(checkAll([0, 2], aFewBytes)).rejects.toThrow(
      /Gwendolyn Quill in sessions.json|her key in keys/,
    )
  })

  test('a name that stays in sessions.json', async () => {
    planted.keepsNames = true
    await expect(checkAll([0, 2], aFewBytes)).rejects.toThrow(/Gwendolyn Quill/)
  })

  test('a person who has no key of her own', async () => {
    planted.keys = {
      seal: (_person, _context, text) => `none.${text}`,
      unseal: (_, sealed) => sealed.slice(5),
    }
    await expect(checkAll([0, 2], aFewBytes)).rejects.toThrow(/gwen.quill@example.org in journal/)
  })
})
