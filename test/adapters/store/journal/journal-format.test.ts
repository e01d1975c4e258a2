/** Tests that builds read each other's journals, or refuse to. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { audit } from '../../../../adapters/store/audit.ts'
import { UnsafeData } from '../../../../adapters/store/journal/scan.ts'
import type { Client } from '../../../../domain/client.ts'
import type { TopUp } from '../../../../domain/top-up.ts'
import { isClient } from '../../../../domain/user.ts'
import type { Tx } from '../../../../engine/ports.ts'
import { cents } from '../../../../shared/money.ts'
import { forgeJournal } from '../../../support/store/forge.ts'
import { type MemoryDisk, memoryDisk } from '../../../support/store/memory-disk.ts'
import { ana, charge, everything, openOn, setUp } from '../../../support/store/store-parts.ts'

const JOURNAL = 'journal-000000000001.jsonl'
const KEYS = ['keys-new.jsonl', 'keys.json']
const SEGMENT_BYTES = 64 * 1024

/** Returns a journal as the builds before format 2 wrote it, alone in its folder. */
function folderOfFormat1(): MemoryDisk {
  const disk = memoryDisk()
  const segment = Buffer.alloc(4096)
  segment.write(readFileSync(new URL('journal-format-1.jsonl', import.meta.url), 'utf8'))
  disk.put(JOURNAL, segment)
  return disk
}

const topUpOf = (n: number): TopUp => ({
  id: `t${n}`,
  attemptKey: 'k'.repeat(100),
  amountCents: cents(500),
  status: 'pending',
  createdAt: n,
})

function anaIn(tx: Tx): Client {
  const user = tx.user(ana.id)
  if (!user || !isClient(user)) throw new Error('no such client')
  return user
}

/** Changes one of Ana's top-ups, by its place. */
function changeOne(tx: Tx, place: number): void {
  const client = anaIn(tx)
  const topUps = client.topUps.map((topUp, n) => (n === place ? { ...topUp, needsPerson: true } : topUp))
  tx.putUser({ ...client, topUps })
}

/**
 * Returns a folder with 30 top-ups of which an old one and the last one changed; left as by a
 * process that was killed.
 */
async function longHistory() {
  const disk = memoryDisk()
  const { store } = await openOn(disk, undefined, SEGMENT_BYTES)
  await store.commit((tx) => {
    setUp(tx)
    tx.putUser({ ...anaIn(tx), topUps: Array.from({ length: 30 }, (_, n) => topUpOf(n)) })
  })
  await store.commit((tx) => charge(tx, 1))
  await store.commit((tx) => changeOne(tx, 29))
  await store.commit((tx) => changeOne(tx, 3))
  return { disk, store }
}

/** Returns the same journal in a folder of its own, with the keys that it needs. */
function journalOf(disk: MemoryDisk): MemoryDisk {
  const copy = memoryDisk()
  for (const name of [JOURNAL, ...KEYS]) copy.put(name, Buffer.from(disk.bytes(name)))
  return copy
}

const linesOf = (disk: MemoryDisk) => disk.text(JOURNAL).replaceAll('\0', '').trim().split('\n')

test('a journal of format 1 is read as the builds that wrote it read it', async () => {
  const disk = folderOfFormat1()
  const { store, log } = await openOn(disk)
  const { users, open } = await store.read((view) => ({
    users: [...view.users()],
    open: [...view.openSessions()],
  }))
  expect(users[0]).toEqual({
    ...ana,
    balanceCents: 500,
    topUps: [
      { id: 't1', attemptKey: 'k1', amountCents: 500, status: 'pending', createdAt: 1 },
      { id: 't2', attemptKey: 'k2', amountCents: 500, status: 'succeeded', createdAt: 2 },
    ],
  })
  expect(open).toEqual([
    expect.objectContaining({
      status: 'live',
      charges: [
        { minute: 1, billedMs: 60_000, cents: 7, at: 20 },
        { minute: 2, billedMs: 90_000, cents: 7, at: 30 },
      ],
      pauses: [{ from: 10, cause: 'client_connection', to: 2_000 }],
      settledAt: 2_000,
    }),
  ])
  expect(open[0]).not.toHaveProperty('pausedAt')
  expect(log.warnings).toEqual([])
  await store.close()
})

test('a record that changes an element of a long list has format 2, one that names people 4, and older builds refuse both', async () => {
  const { disk, store } = await longHistory()
  const lines = linesOf(disk)
  expect(lines.map((line) => /^\{"v":(\d+)/.exec(line)?.[1])).toEqual(['1', '1', '4', '4', '1', '2'])
  expect(lines.at(-1)).toContain('"users":{"ana":{"topUps@3":{"needsPerson":true}}}')
  await store.close()
})

test('a record of format 2 is read back, from the journal alone too, and the books hold', async () => {
  const { disk, store } = await longHistory()
  const held = await everything(store)
  const { store: again } = await openOn(journalOf(disk), undefined, SEGMENT_BYTES)
  expect(await everything(again)).toEqual(held)
  await again.close()
  await store.close()
  expect((await audit(disk)).problems).toEqual([])
})

test('after an orderly stop an older build has no record to repeat, so it starts', async () => {
  const { disk, store } = await longHistory()
  await store.close()
  const { seq } = JSON.parse(linesOf(disk).at(-1) ?? '')
  const { v, views, sessions } = JSON.parse(disk.text('checkpoint.json'))
  const newest = Object.values<{ seq: number }[]>(views).map((marks) => marks.at(-1))
  const contained = [...newest, sessions].map((mark) => mark?.seq)
  expect({ v, contained: [...new Set(contained)] }).toEqual({ v: 1, contained: [seq] })
})

describe('a record whose checksum is right is refused as damage, with its number, when', () => {
  const CHANGE = '"topUps@3":{"needsPerson":true}'

  test.each([
    ['it changes an element that is not there', CHANGE, '"topUps@30":{"needsPerson":true}'],
    ['it changes an element of what is no list', CHANGE, '"name@3":{"needsPerson":true}'],
    ['it takes an element away', CHANGE, '"topUps@3":null'],
    ['it names no place', CHANGE, '"topUps@3-5":{"needsPerson":true}'],
    ['it adds behind the end', CHANGE, '"topUps@31":[{"id":"t31"}]'],
    ['it is no patch', `{${CHANGE}}`, '[3]'],
    ['its format is newer', '{"v":2', '{"v":5'],
  ])('%s', async (what, from, to) => {
    const { disk: killed } = await longHistory()
    const disk = journalOf(killed)
    forgeJournal(disk, (lines) => lines.map((line) => line.replace(from, to)))
    const told = what.includes('newer')
      ? /has format 5; this program reads format 1, 2, 3, and 4/
      : /is damaged at offset \d+, in record 5/
    const starting = openOn(disk, undefined, SEGMENT_BYTES)
    await expect(starting).rejects.toThrow(told)
    await expect(starting).rejects.toBeInstanceOf(UnsafeData)
    expect((await audit(disk)).problems.join()).toMatch(told)
    expect(disk.names().sort()).toEqual([JOURNAL, ...KEYS])
  })
})
