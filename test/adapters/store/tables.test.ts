/**
 * Tests how the store handles declared tables, in builds that know the table and builds that do
 * not.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { backUp, restore } from '../../../adapters/backup/backup.ts'
import { audit } from '../../../adapters/store/audit.ts'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { UnsafeData } from '../../../adapters/store/journal/scan.ts'
import { BrokenInvariant } from '../../../domain/errors.ts'
import type { TableDeclaration } from '../../../domain/table.ts'
import { UNMATCHED_PAYMENTS } from '../../../domain/tables.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { crashStates, diskOf, recordingDisk } from '../../support/store/crash-disk.ts'
import { forgeManifest } from '../../support/store/forge.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { ana, everything, openOn, settled, setUp, topUp } from '../../support/store/store-parts.ts'
import { NOTES, type Note, note, TEST_TABLES } from '../../support/store/toy-table.ts'

const first: Note = { id: 'n1', authorId: 'ana', topic: 'tea', text: 'Nice', tags: [] }
const second: Note = { id: 'n2', authorId: 'rosa', topic: 'tea', tags: ['x'] }

async function withNotes(...notes: readonly Note[]) {
  const disk = memoryDisk()
  const opened = await openOn(disk)
  await opened.store.commit((tx) => {
    for (const each of notes) tx.table(NOTES).put(each)
  })
  return { disk, ...opened }
}

const linesOf = (disk: MemoryDisk) =>
  disk.text('journal-000000000001.jsonl').replaceAll('\0', '').trim().split('\n')

describe('a declared table', () => {
  it('keeps records under their ids, and finds them by owner and index', async () => {
    const { store } = await withNotes(first, second)
    const found = await store.read((view) => {
      const notes = view.table(NOTES)
      return [
        notes.get('n1'),
        notes.get('n3'),
        [...notes.by('topic', 'tea')],
        [...notes.by('authorId', 'rosa')],
      ]
    })
    expect(found).toEqual([first, undefined, [first, second], [second]])
  })

  it('follows changes and removals in its indexes, and over a restart', async () => {
    const { disk, store } = await withNotes(first, second)
    await store.commit((tx) => {
      tx.table(NOTES).put({ ...first, topic: 'milk' })
      tx.table(NOTES).remove('n2')
      tx.table(NOTES).remove('not there')
    })
    const held = await everything(store)
    await store.close()
    const { store: again } = await openOn(disk)
    expect(await everything(again)).toEqual(held)
    const left = await again.read((view) => [
      [...view.table(NOTES).all()],
      [...view.table(NOTES).by('topic', 'tea')],
    ])
    expect(left).toEqual([[{ ...first, topic: 'milk' }], []])
  })

  it('is as before where the decision throws', async () => {
    const { store } = await withNotes(first)
    const held = await everything(store)
    const failed = store.commit((tx): void => {
      note(tx, 1)
      tx.table(NOTES).remove('n1')
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    expect(await everything(store)).toEqual(held)
  })

  it.each<[string, (notes: { put(note: Note): void }) => void, RegExp]>([
    [
      'its check refuses',
      (notes) => notes.put({ ...first, text: 'x'.repeat(101) }),
      /n1 cannot be in notes: it is too long/,
    ],
    ['has no id', (notes) => notes.put({ ...first, id: '' }), /a record of notes has no id/],
  ])('takes no record that %s', async (_, put, reason) => {
    const { store, fatal } = await withNotes()
    await expect(store.commit((tx) => put(tx.table(NOTES)))).rejects.toThrow(reason)
    expect(fatal).toEqual([expect.any(BrokenInvariant)])
  })

  it('that only grows neither changes nor loses a record', async () => {
    const payment = { paymentIntentId: 'pi_1', amountCents: 1, currency: 'usd', why: 'no top-up', at: 1 }
    const changes = [
      (table: { put(record: typeof payment): void }) => table.put({ ...payment, amountCents: 2 }),
      (table: { remove(id: string): void }) => table.remove('pi_1'),
    ]
    for (const change of changes) {
      const { store } = await openOn(memoryDisk())
      await store.commit((tx) => tx.table(UNMATCHED_PAYMENTS).put(payment))
      await expect(store.commit((tx) => change(tx.table(UNMATCHED_PAYMENTS)))).rejects.toThrow(/only grows/)
    }
  })

  it('is searched by its indexes alone, and known to the store that was opened with it', async () => {
    const { store } = await withNotes(first)
    await expect(store.read((view) => [...view.table(NOTES).by('text', 'Nice')])).rejects.toThrow(
      /no index text/,
    )
    const { store: other } = await openOn(memoryDisk(), undefined, undefined, { tables: [] })
    await expect(other.read((view) => view.table(NOTES).get('n1'))).rejects.toThrow(/not among the tables/)
  })

  it('has a name and a file of its own', async () => {
    for (const clash of [
      { name: 'users' },
      { file: 'sessions.json' },
      { file: 'checkpoint.json' },
      { name: 'unmatchedPayments' },
    ]) {
      const table: TableDeclaration<Note> = { ...NOTES, ...clash }
      const opening = openOn(memoryDisk(), undefined, undefined, { tables: [UNMATCHED_PAYMENTS, table] })
      await expect(opening).rejects.toThrow(/two tables are called/)
    }
    for (const odd of [{ name: 'two words' }, { file: '../notes.json' }, { file: 'notes.tmp' }]) {
      const opening = openOn(memoryDisk(), undefined, undefined, { tables: [{ ...NOTES, ...odd }] })
      await expect(opening).rejects.toThrow(/no table can be called/)
    }
  })

  it('loses the personal fields of a user who is forgotten, and nothing else', async () => {
    const { disk, store } = await withNotes(first, second)
    await store.commit((tx) => tx.forgetPerson('ana'))
    const { text: _, ...bare } = first
    expect(await store.read((view) => [...view.table(NOTES).all()])).toEqual([bare, second])
    expect(linesOf(disk).at(-1)).toContain('"tables":{"notes":{"n1":{"text":null}}}')
    await store.close()
    expect(disk.text('notes.json')).not.toContain('Nice')
    expect((await audit(disk, undefined, TEST_TABLES)).problems).toEqual([])
  })

  it('counts against the day of the owner of what is written', async () => {
    const { store } = await openOn(memoryDisk(), undefined, undefined, { dailyBytes: 500 })
    const write = (n: number, authorId: string) =>
      store.commit((tx) => tx.table(NOTES).put({ ...first, id: `n${n}`, authorId, text: 'x'.repeat(100) }))
    await write(1, 'ana')
    await expect(write(2, 'ana').then(() => write(3, 'ana'))).rejects.toMatchObject({ code: 'rate_limited' })
    await write(4, 'rosa')
  })

  it('is backed up and restored', async () => {
    const into = mkdtempSync(join(tmpdir(), 'soulseer-tables-'))
    const from = join(into, 'data')
    const { store } = await openOn(nodeDisk(from))
    await store.commit(setUp)
    await store.commit((tx) => note(tx, 1))
    const held = await everything(store)
    const parts = { at: new Date(0), tables: TEST_TABLES }
    const { folder } = await backUp({ from, into: join(into, 'backups'), ...parts })
    await store.commit((tx) => note(tx, 2))
    await store.close()
    await restore({ from: folder, to: from, ...parts })
    const { store: again, log } = await openOn(nodeDisk(from))
    expect(await everything(again)).toEqual(held)
    expect(log.warnings).toEqual([])
    await again.close()
    expect(JSON.parse(readFileSync(join(from, 'notes.json'), 'utf8'))).toHaveLength(2)
  })
})

/**
 * Returns the folder as a build leaves it that knows no tables: it writes checkpoint.json without
 * them.
 */
const withoutTables = (disk: MemoryDisk) =>
  forgeManifest(disk, (manifest) => {
    delete manifest.views.notes
    delete manifest.views.unmatchedPayments
  })

/** Removes the older segments, which an operator may move elsewhere. */
function withoutBeginning(disk: MemoryDisk): void {
  const segments = disk
    .names()
    .filter((name) => name.startsWith('journal-'))
    .sort()
  for (const name of segments.slice(0, -1)) disk.put(name, undefined)
}

describe('builds that know other tables', () => {
  it('a record that changes a table and names people has format 4', async () => {
    const { disk, store } = await withNotes(first)
    await store.commit(setUp)
    expect(linesOf(disk).map((line) => /^\{"v":(\d+)/.exec(line)?.[1])).toEqual(['1', '1', '4', '4'])
    await store.close()
  })

  it('a build that does not know a table goes on after an orderly stop, and keeps it for the next', async () => {
    const { disk, store } = await withNotes(first, second)
    await store.commit(setUp)
    await store.close()
    const older = await openOn(disk, undefined, 1024, { tables: [] })
    for (let n = 1; n < 20; n++) await older.store.commit((tx) => topUp(tx, n))
    await older.store.close()
    withoutBeginning(disk)
    const { store: again, log } = await openOn(disk)
    expect(await again.read((view) => [...view.table(NOTES).all()])).toEqual([first, second])
    expect(log.warnings).toEqual([])
  })

  it('refuses by name, and changes nothing, where the other files lack a record of that table', async () => {
    const { disk } = await withNotes(first)
    const before = disk.names().map((name) => [name, disk.text(name)])
    const copy = memoryDisk()
    for (const name of disk.names()) copy.put(name, Buffer.from(disk.bytes(name)))
    const starting = openOn(copy, undefined, undefined, { tables: [] })
    await expect(starting).rejects.toThrow(
      /Record 2 in journal-0+1\.jsonl changes the table notes, which this program does not know/,
    )
    await expect(starting).rejects.toBeInstanceOf(UnsafeData)
    expect(copy.names().map((name) => [name, copy.text(name)])).toEqual(before)
  })

  it('a folder of a build without tables opens at once, even without the beginning of its journal', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, undefined, 1024)
    await store.commit(setUp)
    for (let n = 1; n < 20; n++) await store.commit((tx) => topUp(tx, n))
    await store.close()
    withoutTables(disk)
    for (const name of ['notes.json', 'unmatched-payments.json']) disk.put(name, undefined)
    withoutBeginning(disk)
    expect((await audit(disk, undefined, TEST_TABLES)).problems).toEqual([])
    const { store: again, log } = await openOn(disk)
    expect(log.warnings).toEqual([])
    await again.commit((tx) => tx.table(NOTES).put(first))
    await again.close()
    expect(JSON.parse(disk.text('notes.json'))).toEqual([first])
  })

  it('a table that an older build left out of checkpoint.json is rebuilt from the whole journal', async () => {
    const { disk, store } = await withNotes(first)
    await store.commit(setUp)
    await store.close()
    withoutTables(disk)
    const { store: again, log } = await openOn(disk)
    expect(await again.read((view) => [...view.table(NOTES).all()])).toEqual([first])
    expect(log.warnings.join()).toContain('"file":"notes.json"')
    await again.commit((tx) => topUp(tx, 1))
    await again.close()
    expect((await audit(disk, undefined, TEST_TABLES)).problems).toEqual([])
  })

  it('loses nothing to an older build that is put back after a crash, where that can start', async () => {
    const clock = fakeClock()
    const disk = recordingDisk()
    const { store: old } = await openOn(disk, clock, undefined, { tables: [] })
    await old.commit(setUp)
    await old.close()
    const from = disk.steps.length
    const { store } = await openOn(disk, clock)
    await store.commit((tx) => tx.table(NOTES).put(first))
    await store.commit((tx) => topUp(tx, 1))
    disk.tell('answered')
    await clock.advance(200)
    await settled()
    const counts = { started: 0, refused: 0 }
    for (const { files, answered, story } of crashStates(disk.steps, (length) => [length >> 1], from)) {
      if (answered === 0) continue
      const folder = diskOf(files)
      const older = await openOn(folder, undefined, undefined, { tables: [] }).catch(() => undefined)
      if (older) {
        await older.store.commit((tx) => topUp(tx, 2))
        await older.store.close()
        withoutTables(folder)
      }
      counts[older ? 'started' : 'refused'] += 1
      const { store: again } = await openOn(folder)
      expect(await again.read((view) => view.table(NOTES).get('n1')), story).toEqual(first)
      await again.close()
    }
    expect(counts.started).toBeGreaterThan(0)
    expect(counts.refused).toBeGreaterThan(10)
  })

  it('or refused, where the beginning of the journal is missing', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, undefined, 1024)
    await store.commit(setUp)
    for (let n = 1; n < 20; n++) await store.commit((tx) => note(tx, n))
    await store.close()
    withoutTables(disk)
    withoutBeginning(disk)
    await expect(openOn(disk)).rejects.toThrow(
      /has to be rewritten from record 1 on, but the journal begins with/,
    )
  })
})

it('a client keeps the records of others when the account is forgotten twice', async () => {
  const { store } = await withNotes(first, second)
  for (let times = 0; times < 2; times++) await store.commit((tx) => tx.forgetPerson(ana.id))
  expect(await store.read((view) => view.table(NOTES).get('n2'))).toEqual(second)
})
