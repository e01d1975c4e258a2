/** Tests the store over files that were damaged. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { sealed } from '../../../adapters/store/journal/record.ts'
import { UnsafeData } from '../../../adapters/store/journal/scan.ts'
import { loadPersonKeys } from '../../../adapters/store/people/person-keys.ts'
import { recover } from '../../../adapters/store/recover.ts'
import { openStore } from '../../../adapters/store/store.ts'
import { createTransactions } from '../../../adapters/store/transaction.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import { testDataKey } from '../../support/data-key.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { sampleOfRange } from '../../support/sample.ts'
import { diskOf } from '../../support/store/crash-disk.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import {
  charge,
  endOne,
  everything,
  keptLog,
  openOn,
  settled,
  setUp,
  topUp,
} from '../../support/store/store-parts.ts'
import { note, recordsIn, TEST_TABLES } from '../../support/store/toy-table.ts'

const SEGMENT_BYTES = 1300
const CHANGES = [note, charge, charge, endOne, note, topUp, charge, topUp]
const JOURNAL = /^journal-/

type Folder = ReadonlyMap<string, Buffer>

interface Sample {
  readonly folder: Folder
  /** The content of the store after each change; the last is the present one. */
  readonly held: unknown[]
}

/**
 * Returns a small folder with two journal segments; `closed` in order, else as a process leaves it
 * that is killed.
 */
async function sample(closed: boolean): Promise<Sample> {
  const disk = memoryDisk()
  const clock = fakeClock()
  const { store } = await openOn(disk, clock, SEGMENT_BYTES)
  await store.commit(setUp)
  await clock.advance(200)
  await settled()
  const held = [await everything(store)]
  for (const [n, change] of CHANGES.entries()) {
    await store.commit((tx) => change(tx, n))
    held.push(await everything(store))
  }
  if (closed) await store.close()
  const names = disk.names().filter((name) => !name.endsWith('.tmp'))
  return { folder: new Map(names.map((name) => [name, disk.bytes(name)])), held }
}

/**
 * Opens the folder and returns the number of changes that it held, with the warnings, or a refusal.
 */
async function open(
  folder: Folder,
  held: readonly unknown[],
): Promise<{ count: number; warned: boolean } | 'refused'> {
  try {
    const { store, log } = await openOn(diskOf(folder), fakeClock(), SEGMENT_BYTES)
    const found = await everything(store)
    await store.close()
    return {
      count: held.findIndex((each) => isDeepStrictEqual(each, found)),
      warned: log.warnings.length > 0,
    }
  } catch (error) {
    if (error instanceof UnsafeData) return 'refused'
    throw error
  }
}

/** Does the same by the recovery alone: quicker, where there is much to try. */
async function recovered(
  folder: Folder,
  held: readonly unknown[],
): Promise<{ count: number; warned: boolean } | 'refused'> {
  const log = keptLog()
  try {
    const disk = diskOf(folder)
    const people = await loadPersonKeys(disk, testDataKey, log)
    const { memory, archive } = await recover({ disk, log, people, tables: TEST_TABLES })
    const sessions = await archive.list('ana', { limit: 100 })
    const found = {
      users: [...memory.users.values()],
      open: [...memory.open.values()],
      past: sessions.sessions,
      tables: createTransactions(memory, archive, people).look(0, recordsIn),
    }
    const same = (each: unknown) => isDeepStrictEqual({ ...(each as typeof found), ...found }, each)
    const earned = memory.earnings.get('rosa') ?? 0
    const count = held.findIndex((each) => same(each) && (each as { earned: number }).earned === earned)
    return { count, warned: log.warnings.length > 0 }
  } catch (error) {
    if (error instanceof UnsafeData) return 'refused'
    throw error
  }
}

/**
 * Checks that the folder is refused, or holds everything, or lacks only the journal's last changes,
 * with a warning.
 */
async function isHonest(folder: Folder, { held }: Sample, what: string, look = open): Promise<void> {
  const outcome = await look(folder, held)
  if (outcome === 'refused' || outcome.count === held.length - 1) return
  if (outcome.count >= 0 && outcome.warned) return
  throw new Error(`${what}: ${outcome.count} changes, ${outcome.warned ? 'warned' : 'not a word'}`)
}

function changed(folder: Folder, name: string, bytes: Buffer): Folder {
  return new Map(folder).set(name, bytes)
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

describe.each([
  ['closed', true],
  ['left by a process that was killed', false],
] as const)('a folder %s', (_, closed) => {
  test('every bit flipped in turn is noticed or does no harm', async () => {
    const made = await sample(closed)
    for (const [name, bytes] of made.folder) {
      const length = JOURNAL.test(name) ? bytes.lastIndexOf(10) + 8 : bytes.length
      for (const bit of sampleOfRange(length * 8, 250, name)) {
        await isHonest(
          changed(made.folder, name, flipped(bytes, bit)),
          made,
          `${name}, bit ${bit}`,
          recovered,
        )
      }
    }
  })

  test('every file cut at every byte, and missing, is noticed or does no harm', async () => {
    const made = await sample(closed)
    for (const [name, bytes] of made.folder) {
      const length = JOURNAL.test(name) ? bytes.lastIndexOf(10) + 8 : bytes.length
      for (const at of sampleOfRange(length, 40, name)) {
        await isHonest(changed(made.folder, name, bytes.subarray(0, at)), made, `${name} cut at ${at}`)
      }
      const without = new Map(made.folder)
      without.delete(name)
      await isHonest(without, made, `${name} missing`)
    }
  })

  test('every two lines of the journal exchanged, repeated, joined or left out', async () => {
    const made = await sample(closed)
    for (const [name, bytes] of [...made.folder].filter(([name]) => JOURNAL.test(name))) {
      const lines = bytes
        .subarray(0, bytes.lastIndexOf(10) + 1)
        .toString('utf8')
        .split('\n')
        .slice(0, -1)
      for (const [i, line] of lines.entries()) {
        for (const [what, text] of Object.entries(disorders(lines, i, line))) {
          // A very last line that never existed shows in the files alone, and those of a killed
          // process lag behind.
          if (!closed && what === 'left out' && i === lines.length - 1) continue
          await isHonest(
            changed(made.folder, name, padded(text, bytes.length)),
            made,
            `${name}, line ${i} ${what}`,
          )
        }
      }
    }
  }, 60_000)

  test('byte-order marks, carriage returns, runs of zeros and of noise', async () => {
    const made = await sample(closed)
    for (const [name, bytes] of made.folder) {
      const text = bytes.toString('latin1')
      const spoiled = {
        'a byte-order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
        'carriage returns': Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'),
        'all zeros': Buffer.alloc(bytes.length),
        nothing: Buffer.alloc(0),
        'a run of zeros': Buffer.from(bytes).fill(
          0,
          bytes.length >> 2,
          Math.min(bytes.length, (bytes.length >> 2) + 40),
        ),
        'noise at the end': Buffer.concat([bytes, Buffer.alloc(5000, 'noise\n')]),
        'twice the same': Buffer.concat([bytes, bytes]),
      }
      for (const [what, bad] of Object.entries(spoiled)) {
        await isHonest(changed(made.folder, name, bad), made, `${name}: ${what}`)
      }
    }
  }, 60_000)
})

function disorders(lines: readonly string[], i: number, line: string): Record<string, string> {
  const others = lines.toSpliced(i, 1)
  return {
    'left out': whole(others),
    repeated: whole(lines.toSpliced(i, 0, line)),
    'joined to the next': whole(lines).replace(`${line}\n`, line),
    'moved to the end': whole([...others, line]),
    exchanged: whole(
      i + 1 < lines.length ? others.toSpliced(i + 1, 0, line) : others.toSpliced(i - 1, 0, line),
    ),
  }
}

const whole = (lines: readonly string[]) => `${lines.join('\n')}\n`

function padded(text: string, length: number): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))])
}

/** Returns the same lines with another format number and checksums that are right for it. */
function inFormat4(bytes: Buffer): Buffer {
  const lines = bytes
    .subarray(0, bytes.lastIndexOf(10) + 1)
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
  let chain: number = JSON.parse(lines[0] ?? '').chain
  const again = lines.map((line, index) => {
    const body = line.replace('"v":1', '"v":4').replace(/,"sum":"[0-9a-f]{8}"}$/, '')
    const { text, sum } = sealed(body, chain)
    if (index > 0) chain = sum
    return text
  })
  return padded(again.join(''), bytes.length)
}

describe('what a start finds, and what it does', () => {
  const journalOf = (folder: Folder): string[] =>
    [...folder.keys()].filter((name) => JOURNAL.test(name)).sort()
  const bytesOf = (folder: Folder, name: string | undefined): Buffer =>
    folder.get(name ?? '') ?? Buffer.alloc(0)

  test('a last line that was cut off is put aside with a warning that names the file and the offset', async () => {
    const { folder, held } = await sample(false)
    const name = journalOf(folder).at(-1) ?? ''
    const bytes = Buffer.from(bytesOf(folder, name))
    const end = bytes.lastIndexOf(10)
    const start = bytes.lastIndexOf(10, end - 1) + 1
    const cut = Buffer.from(bytes.subarray(start, start + 20))
    bytes.fill(0, start + 20)
    const disk = diskOf(changed(folder, name, bytes))
    const { store, log } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
    expect(await everything(store)).toEqual(held.at(-2))
    expect(log.warnings.join()).toContain(`"file":"${name}","offset":${start}`)
    expect(disk.bytes(`torn-${name}-${start}.bak`)).toEqual(cut)
    await store.close()
  })

  test.each([
    ['a damaged line with good ones after it', /journal-\d+\.jsonl is damaged at offset \d+, in record \d+/],
    ['a segment that is missing from the middle', /journal/],
    ['a newer format', /has format 4; this program reads format 1/],
    ['files that are newer than the journal', /the journal ends with \d+: its end is lost/],
    ['files without any journal', /the journal is missing/],
  ] as const)('%s is refused with the reason, and nothing is changed', async (what, reason) => {
    const { folder } = await sample(true)
    const disk = diskOf(spoil(what, folder))
    const before = disk.names().map((name) => [name, disk.text(name)])
    await expect(openOn(disk, fakeClock(), SEGMENT_BYTES)).rejects.toThrow(reason)
    expect(disk.names().map((name) => [name, disk.text(name)])).toEqual(before)
  })

  function spoil(what: string, folder: Folder): Folder {
    const [first, second] = journalOf(folder)
    const spoiled = new Map(folder)
    if (what.startsWith('a damaged line')) {
      spoiled.delete('users.json')
      spoiled.set(first ?? '', flipped(bytesOf(folder, first), 8 * 100))
    } else if (what.startsWith('a segment')) {
      spoiled.delete('users.json')
      spoiled.delete(second ?? '')
    } else if (what.startsWith('a newer format')) {
      for (const name of journalOf(folder)) spoiled.set(name, inFormat4(bytesOf(folder, name)))
    } else if (what.startsWith('files that are newer')) {
      const last = journalOf(folder).at(-1) ?? ''
      const bytes = Buffer.from(bytesOf(folder, last))
      spoiled.set(last, bytes.fill(0, bytes.lastIndexOf(10, bytes.lastIndexOf(10) - 1) + 1))
    } else {
      for (const name of journalOf(folder)) spoiled.delete(name)
    }
    return spoiled
  }

  test('the oldest segment may be gone as long as no file has to be rebuilt', async () => {
    const { folder, held } = await sample(true)
    const without = new Map(folder)
    without.delete(journalOf(folder)[0] ?? '')
    expect(await open(without, held)).toEqual({ count: held.length - 1, warned: false })
    without.delete('users.json')
    expect(await open(without, held)).toBe('refused')
  })

  test('all of the files lost or edited by hand are rebuilt from the journal, and the old ones are kept', async () => {
    const { folder, held } = await sample(true)
    const edited = new Map(
      [...folder].filter(
        ([name]) => JOURNAL.test(name) || name === 'checkpoint.json' || name.startsWith('keys'),
      ),
    )
    edited.set('users.json', Buffer.from('[{"id":"ana","balanceCents":999999}]'))
    const disk = diskOf(edited)
    const { store, log } = await openOn(disk, fakeClock(), SEGMENT_BYTES)
    expect(await everything(store)).toEqual(held.at(-1))
    expect(log.warnings).toHaveLength(7)
    for (const name of ['users.json', 'earnings.json', 'sessions.json', 'notes.json']) {
      expect(JSON.parse(disk.text(name)), name).toEqual(JSON.parse(folder.get(name)?.toString('utf8') ?? ''))
    }
    expect(disk.text('unknown-1-users.json')).toContain('999999')
    await store.close()
  })

  test('EXPECT_DATA refuses an empty folder', async () => {
    const disk = memoryDisk()
    const parts = {
      disk,
      dataKey: testDataKey,
      clock: fakeClock(),
      log: { info() {}, warn() {}, error() {} },
      onFatal() {},
      expectData: true,
      space: UNWATCHED,
    }
    await expect(openStore(parts)).rejects.toThrow(/EXPECT_DATA=yes/)
    expect(disk.names()).toEqual([])
  })
})
