/** Tests the proof of every balance from the journal. */
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Audit, audit } from '../../../adapters/store/audit.ts'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { creditTo, entry, takeBackFrom } from '../../../domain/ledger.ts'
import type { TopUp } from '../../../domain/top-up.ts'
import type { Tx } from '../../../engine/ports.ts'
import { cents } from '../../../shared/money.ts'
import { bundled } from '../../support/children.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { forgeJournal, forgeSessions, forgeView } from '../../support/store/forge.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { ana, charge, endOne, openOn, setUp, topUp } from '../../support/store/store-parts.ts'
import { note, TEST_TABLES } from '../../support/store/toy-table.ts'

async function busyFolder(notes: readonly number[] = [1, 2, 3]): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), 64 * 1024)
  await store.commit(setUp)
  for (const n of [1, 2, 3]) await store.commit((tx) => charge(tx, n))
  await store.commit((tx) => endOne(tx, 1))
  await store.commit((tx) => topUp(tx, 7))
  for (const n of notes) await store.commit((tx) => note(tx, n))
  await store.commit((tx) => charge(tx, 9))
  await store.close()
  return disk
}

test('the books of a store that was used hold, and every cent is somewhere', async () => {
  const { problems, notes, totals, records, endedSessions } = await audit(
    await busyFolder(),
    undefined,
    TEST_TABLES,
  )
  expect({ problems, notes }).toEqual({ problems: [], notes: [] })
  expect(totals).toMatchObject({ wallets: 1500 - 28, earnings: 28, house: 0, stripe: 1500 })
  expect({ records, endedSessions }).toEqual({ records: 11, endedSessions: 1 })
})

test('what the operator gave is no money that came in', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), 64 * 1024)
  await store.commit(setUp)
  await store.commit((tx) => {
    const to = [{ account: `wallet:${ana.id}` as const, cents: cents(500) }]
    tx.post(entry('goodwill:1', 'goodwill', cents(500), to))
  })
  await store.close()
  const { problems, totals } = await audit(disk)
  expect(problems).toEqual([])
  expect(totals).toMatchObject({ wallets: 1500, stripe: 1000, goodwill: 500 })
})

describe('the books report', () => {
  const inRecord = (from: string | RegExp, to: string) => (lines: string[]) =>
    lines.map((line) => line.replace(from, to))

  test.each<[string, (disk: MemoryDisk) => void, RegExp]>([
    [
      'a balance that is a cent too high',
      (disk) => forgeJournal(disk, inRecord('"wallet:ana",-7,993', '"wallet:ana",-7,994')),
      /wallet:ana holds 993 by its entries, but record 3 says 994/,
    ],
    [
      'a cent that came from nowhere',
      (disk) => forgeJournal(disk, inRecord('"earnings:rosa",7,7', '"earnings:rosa",8,8')),
      /legs of charge:s:1 in record 3 sum to 1/,
    ],
    [
      'a charge that was booked twice',
      (disk) => forgeJournal(disk, inRecord('charge:s:2', 'charge:s:1')),
      /charge:s:1 is booked twice, the second time in record 4/,
    ],
    [
      'a session whose total is not the sum of its charges',
      (disk) => forgeJournal(disk, inRecord(/("ended":.*)"chargedCents":21/, '$1"chargedCents":22')),
      /session s: its charges sum to 21, not 22/,
    ],
    [
      'a session whose total is not what its entries took',
      (disk) => forgeJournal(disk, inRecord(/("ended":.*"chargedCents":)21(.*"cents":)7/, '$122$28')),
      /session s: its entries took 21, not 22/,
    ],
    [
      'a balance changed in users.json',
      (disk) => forgeView(disk, 'users', 'users.json', disk.text('users.json').replace('1472', '9472')),
      /users.json disagrees with the journal: ana/,
    ],
    [
      'a user left out of users.json',
      (disk) =>
        forgeView(disk, 'users', 'users.json', disk.text('users.json').replace(/^\{"id":"ana".*,$/m, '')),
      /users.json disagrees with the journal: ana/,
    ],
    [
      'an earning changed in earnings.json',
      (disk) => forgeView(disk, 'earnings', 'earnings.json', disk.text('earnings.json').replace('28', '82')),
      /earnings.json disagrees with the journal: rosa/,
    ],
    [
      'a session changed in sessions.json',
      (disk) => forgeSessions(disk, '"chargedCents":21', '"chargedCents":12'),
      /sessions.json disagrees with the journal at session 1/,
    ],
    [
      'a record changed in the file of a table',
      (disk) =>
        forgeView(
          disk,
          'notes',
          'notes.json',
          disk.text('notes.json').replace(/("id":"n3".*?)topic 1/, '$1topic 0'),
        ),
      /notes.json disagrees with the journal: n3/,
    ],
    [
      'a record left out of the file of a table',
      (disk) => forgeView(disk, 'notes', 'notes.json', '[]\n'),
      /notes.json disagrees with the journal: n2-again/,
    ],
    [
      'a change in a table that only grows',
      (disk) =>
        forgeJournal(disk, inRecord(/("pi_3":\{"paymentIntentId":")pi_3/, '"pi_1":{"paymentIntentId":"pi_1')),
      /record 10 changes pi_1 in unmatched-payments.json, which only grows/,
    ],
    [
      'a file that was edited',
      (disk) => disk.put('users.json', Buffer.from('[]')),
      /users.json is missing or not as written/,
    ],
    [
      'a broken chain',
      (disk) => {
        const name = 'journal-000000000001.jsonl'
        disk.put(
          name,
          Buffer.from(disk.bytes(name).toString('latin1').replace('"seq":4', '"seq":5'), 'latin1'),
        )
      },
      /damaged at offset \d+, in record 4/,
    ],
  ])('%s', async (_, forge, told) => {
    const disk = await busyFolder()
    forge(disk)
    expect((await audit(disk, undefined, TEST_TABLES)).problems.join('\n')).toMatch(told)
  })
})

describe('the books hold each payment against what moved for it', () => {
  const paid: TopUp = {
    id: 't1',
    attemptKey: 'click',
    amountCents: cents(1_000),
    status: 'succeeded',
    createdAt: 1,
    paymentIntentId: 'pi_1',
  }
  const refund = { id: 'r1', cents: cents(700), at: 2, by: 'Olu', why: 'she asked' }

  /** Returns the problems of a folder in which Ana paid $10.00 and the rest happened. */
  async function problemsAfter(change: (tx: Tx) => void): Promise<readonly string[]> {
    const disk = memoryDisk()
    const { store } = await openOn(disk, fakeClock(), 64 * 1024)
    await store.commit((tx) => {
      tx.putUser({ ...ana, topUps: [paid] })
      tx.post(creditTo('topup:pi_1', 'stripe', cents(1_000), ana))
    })
    await store.commit(change)
    await store.close()
    return (await audit(disk)).problems
  }
  const record = (tx: Tx, more: Partial<TopUp>) => {
    const client = tx.user('ana')
    if (client?.role === 'client') tx.putUser({ ...client, topUps: [{ ...paid, ...more }] })
  }
  const takeOut = (tx: Tx, amount: number) =>
    tx.post(takeBackFrom('reversal:pi_1:1', cents(amount), { id: 'ana', balanceCents: cents(1_000) }))

  test('one that went back in part, as it is written down', async () => {
    const problems = await problemsAfter((tx) => {
      takeOut(tx, 700)
      record(tx, { reversedCents: cents(700), reversals: 1, refunds: [{ ...refund, status: 'asked' }] })
    })
    expect(problems).toEqual([])
  })

  test('a refund that failed and never came back', async () => {
    const problems = await problemsAfter((tx) => {
      takeOut(tx, 700)
      record(tx, { reversedCents: cents(700), reversals: 1, refunds: [{ ...refund, status: 'failed' }] })
    })
    expect(problems).toEqual([
      expect.stringMatching(/payment pi_1: 700 cents of it are out, and 0 should be/),
    ])
  })

  test('a refund that left the balance without being written down', async () => {
    const problems = await problemsAfter((tx) => takeOut(tx, 700))
    expect(problems).toEqual([
      expect.stringMatching(/payment pi_1: its entries come to 300 cents, but its record says 1000/),
    ])
  })
})

test('npm run books exits with 0 or 1 and prints a statement', async () => {
  const script = await bundled('../../scripts/books.ts')
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-books-'))
  const source = await busyFolder([])
  const disk = nodeDisk(folder)
  for (const name of source.names()) await copy(source, name, disk)
  const books = (...args: string[]) => promisify(execFile)(process.execPath, [script, folder, ...args])

  expect((await books()).stdout).toContain('every cent is accounted for')
  const { stdout } = await books('--user', 'ana')
  expect(stdout).toMatch(/\$10\.00 +\$10\.00 +topup:0\n/)
  expect(stdout).toContain('Now: $14.72')
  expect((await books('--user', ' Ana@Example.com')).stdout).toBe(stdout)
  await expect(books('--user', 'nobody@example.com')).rejects.toMatchObject({ code: 2 })

  source.put('earnings.json', Buffer.from('[1]\n'))
  await copy(source, 'earnings.json', disk)
  await expect(books()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('DISAGREES: earnings.json'),
  })
})

async function copy(from: MemoryDisk, name: string, to: ReturnType<typeof nodeDisk>): Promise<void> {
  const file = await to.open(name, 'create')
  await file.write(from.bytes(name), 0)
  await file.close()
}

test('the books of a folder without its oldest segment are proved from there on', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk, fakeClock(), 1024)
  await store.commit(setUp)
  for (const n of [1, 2, 3, 4, 5, 6]) await store.commit((tx) => charge(tx, n))
  await store.close()
  const [oldest = ''] = disk
    .names()
    .filter((name) => name.startsWith('journal-'))
    .sort()
  disk.put(oldest, undefined)
  const { problems, notes }: Audit = await audit(disk)
  expect(problems).toEqual([])
  expect(notes.join()).toContain('the beginning of the journal is missing')
})
