/** Tests the rules of commits, reads and files. */
import { describe, expect, test, vi } from 'vitest'
import { BrokenInvariant } from '../../../domain/errors.ts'
import type { Entry } from '../../../domain/ledger.ts'
import { end } from '../../../domain/session.ts'
import type { Tx } from '../../../engine/ports.ts'
import { type Cents, cents } from '../../../shared/money.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import {
  ana,
  charge,
  endOne,
  everything,
  liveSession,
  openOn,
  rosa,
  settled,
  setUp,
  topUp,
} from '../../support/store/store-parts.ts'

const bela = { ...ana, id: 'bela', name: 'Bela', email: 'bela@example.com' }
const half = 0.5 as Cents

function posting(...legs: [string, number][]): Entry {
  return { key: 'k', legs: legs.map(([account, n]) => ({ account: account as 'house', cents: n as Cents })) }
}

describe('a rule that no caller may break stops the store, with memory as it was', () => {
  test.each<[string, (tx: Tx) => unknown, RegExp]>([
    [
      'a balance set by hand',
      (tx) => tx.putUser({ ...ana, balanceCents: cents(5000) }),
      /only change by an entry/,
    ],
    [
      'a new client with money',
      (tx) => tx.putUser({ ...bela, balanceCents: cents(1) }),
      /only change by an entry/,
    ],
    ['one e-mail for two', (tx) => tx.putUser({ ...bela, email: ana.email }), /belongs to another user/],
    [
      'a client who turns into a reader',
      (tx) => tx.putUser({ ...rosa, id: 'ana', email: ana.email }),
      /cannot change roles/,
    ],
    ['an overdrawn wallet', (tx) => tx.post(posting(['wallet:ana', -1494], ['house', 1494])), /\[L3\].*-1/],
    ['earnings below zero', (tx) => tx.post(posting(['earnings:rosa', -8], ['house', 8])), /\[L3\]/],
    ['legs that do not sum to zero', (tx) => tx.post(posting(['wallet:ana', -2], ['house', 1])), /\[L1\]/],
    ['half a cent', (tx) => tx.post(posting(['wallet:ana', -half], ['house', half])), /\[L2\]/],
    [
      'the wallet of an unknown client',
      (tx) => tx.post(posting(['wallet:nobody', 1], ['house', -1])),
      /is no client/,
    ],
    [
      'the earnings of a client',
      (tx) => tx.post(posting(['earnings:ana', 1], ['house', -1])),
      /is no reader/,
    ],
    ['a second open session of one person', (tx) => tx.putSession(liveSession('t', 1)), /\[S8\]/],
    [
      'a session that changes its people',
      (tx) => tx.putSession({ ...liveSession('s', 1), readerId: 'x' }),
      /its people/,
    ],
    [
      'an end without a session',
      (tx) => tx.putSession(end(liveSession('t', 1), 'missed', 2)),
      /without having been open/,
    ],
    ['a number that is none', (tx) => tx.putUser({ ...rosa, createdAt: Number.NaN }), /NaN cannot be stored/],
    [
      'a field that is undefined',
      (tx) => tx.putUser({ ...rosa, name: undefined as never }),
      /undefined cannot be stored/,
    ],
    ['a value too deep', (tx) => tx.putUser({ ...rosa, name: deep(40) as never }), /nested more than/],
    ['a date', (tx) => tx.putUser({ ...rosa, name: new Date(0) as never }), /only plain objects/],
  ])('%s', async (_, decide, reason) => {
    const { store, fatal } = await openOn(memoryDisk())
    await store.commit(setUp)
    await store.commit((tx) => charge(tx, 1))
    const both = (tx: Tx): void => {
      topUp(tx, 1)
      decide(tx)
    }
    await expect(store.commit(both)).rejects.toThrow(reason)
    expect(fatal).toEqual([expect.any(BrokenInvariant)])
    await expect(store.commit(setUp)).rejects.toThrow()
  })

  function deep(levels: number): unknown {
    return levels === 0 ? 'x' : [deep(levels - 1)]
  }
})

describe('a decision', () => {
  test('that throws changes nothing, and the store goes on', async () => {
    const { store, fatal } = await openOn(memoryDisk())
    await store.commit(setUp)
    const before = await everything(store)
    const refused = store.commit((tx): number => {
      charge(tx, 1)
      endOne(tx, 1)
      tx.putUser({ ...rosa, name: 'Other', email: 'other@example.com' })
      throw new RangeError('no')
    })
    await expect(refused).rejects.toThrow(RangeError)
    expect(await everything(store)).toEqual(before)
    await store.commit((tx) => charge(tx, 2))
    expect(fatal).toEqual([])
    await store.close()
  })

  test('sees its own writes, and its one instant', async () => {
    const clock = fakeClock()
    const { store } = await openOn(memoryDisk(), clock)
    await store.commit((tx) => {
      setUp(tx)
      expect(tx.user('ana')).toMatchObject({ balanceCents: 1000 })
      expect(tx.userByEmail('rosa@example.com')?.id).toBe('rosa')
      expect(tx.now).toBe(clock.now())
    })
    await store.close()
  })

  test('made inside another, or kept for later, is refused', async () => {
    const { store, fatal } = await openOn(memoryDisk())
    let kept: Tx | undefined
    await store.commit((tx) => {
      kept = tx
      return 1
    })
    expect(() => kept?.putUser(ana)).toThrow(/outside a commit/)
    const nested = store.commit(() => {
      void store.commit(setUp).catch(() => undefined)
      return 2
    })
    await nested.catch(() => undefined)
    expect(fatal).toHaveLength(1)
  })
})

test('no commit resolves before its record is on the disk, and commits that come together share a write', async () => {
  const disk = memoryDisk()
  let letGo = (): void => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let writes = 0
  const slow: typeof disk = {
    ...disk,
    open: async (name, mode) => {
      const file = await disk.open(name, mode)
      if (mode !== 'through' || name.startsWith('keys')) return file
      const write: typeof file.write = async (bytes, position) => {
        writes++
        if (writes > 2) await held
        return file.write(bytes, position)
      }
      return { ...file, write }
    },
  }
  const { store } = await openOn(slow, fakeClock(), 256 * 1024)
  expect(writes).toBe(2) // the segment's head and the mark of this opening
  const answered: string[] = []
  const first = store.commit(setUp).then(() => answered.push('first'))
  await settled()
  const more = [1, 2, 3].map((n) => store.commit((tx) => topUp(tx, n)).then(() => answered.push(`more ${n}`)))
  const seen = store.read((view) => view.user('ana')).then(() => answered.push('read'))
  await settled()
  expect(answered).toEqual([])
  letGo()
  await Promise.all([first, ...more, seen])
  expect(answered).toEqual(['first', 'more 1', 'more 2', 'more 3', 'read'])
  expect(writes).toBe(4)
})

test('a process that has lost the folder to another writes nothing more into it', async () => {
  const disk = memoryDisk()
  const stale = await openOn(disk)
  await stale.store.commit(setUp)
  await disk.die()
  const { store } = await openOn(disk)
  await expect(stale.store.commit((tx) => topUp(tx, 1))).rejects.toThrow(/another process has written/)
  expect(stale.fatal).toHaveLength(1)
  await store.commit((tx) => topUp(tx, 2))
  const held = await everything(store)
  await store.close()
  const { store: again } = await openOn(disk)
  expect(await everything(again)).toEqual(held)
  await again.close()
})

test('a folder that is open cannot be opened again', async () => {
  const disk = memoryDisk()
  const { store } = await openOn(disk)
  await expect(openOn(disk)).rejects.toThrow(/Another process/)
  await store.close()
  await (await openOn(disk)).store.close()
})

describe('the JSON files', () => {
  const FILES = ['users.json', 'earnings.json', 'sessions.json']

  test('are there from the first start, empty', async () => {
    const disk = memoryDisk()
    await openOn(disk)
    for (const name of FILES) expect(disk.text(name)).toBe('[]\n')
  })

  test('follow a change within a second, a record a line', async () => {
    const disk = memoryDisk()
    const clock = fakeClock()
    const { store } = await openOn(disk, clock)
    await store.commit(setUp)
    await store.commit((tx) => charge(tx, 1))
    await store.commit((tx) => endOne(tx, 1))
    await clock.advance(1000)
    await settled()
    expect(disk.text('earnings.json')).toBe('[\n{"readerId":"rosa","totalCents":7}\n]\n')
    for (const name of FILES) {
      const records: unknown[] = JSON.parse(disk.text(name))
      expect(disk.text(name).trim().split('\n').length).toBe(records.length + 2)
    }
    expect(JSON.parse(disk.text('users.json'))).toContainEqual(
      expect.objectContaining({ id: 'ana', balanceCents: 993 }),
    )
    expect(JSON.parse(disk.text('sessions.json'))).toMatchObject([
      { id: 's', status: 'ended', chargedCents: 7 },
    ])
    await store.close()
  })

  test('that did not change are not written again', async () => {
    const disk = memoryDisk()
    const clock = fakeClock()
    const { store } = await openOn(disk, clock)
    await store.commit(setUp)
    await clock.advance(1000)
    const rename = vi.spyOn(disk, 'rename')
    await store.commit((tx) => topUp(tx, 1))
    await clock.advance(1000)
    await settled()
    expect(rename.mock.calls.map(([, to]) => to).sort()).toEqual(['checkpoint.json', 'users.json'])
    await store.close()
  })
})

describe('past sessions', () => {
  test('come newest first, page by page, while some wait for the file and some are in it', async () => {
    const disk = memoryDisk()
    const clock = fakeClock()
    const { store } = await openOn(disk, clock)
    await store.commit(setUp)
    const ids = Array.from({ length: 25 }, (_, n) => `s${n}`)
    for (const [n, id] of ids.entries()) {
      if (n === 20) await clock.advance(1000)
      await store.commit((tx) => {
        tx.putSession(liveSession(id, tx.now))
        // Ends out of order, as no engine would: only the instants count.
        tx.putSession(end(liveSession(id, tx.now), 'client_ended', tx.now + ((n * 7) % 25)))
      })
    }
    const expected = (await everyListPage('rosa', 100)).map((session) => session.endedAt)
    expect(expected).toEqual([...expected].sort((a, b) => b - a))
    expect(expected).toHaveLength(25)
    expect((await everyListPage('ana', 4)).map((session) => session.id)).toEqual(
      (await everyListPage('ana', 100)).map((session) => session.id),
    )
    expect(await everyListPage('nobody', 4)).toEqual([])
    const { nextCursor = '' } = await store.pastSessions('ana', { limit: 4 })
    for (const invented of ['not ours', '1-2', '1-99', nextCursor.replace(/-.*/, '-24')]) {
      await expect(store.pastSessions('ana', { cursor: invented, limit: 4 })).rejects.toMatchObject({
        code: 'invalid_input',
      })
    }
    await expect(store.pastSessions('nobody', { cursor: nextCursor, limit: 4 })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    for (const id of ids) expect(await store.pastSession(id)).toMatchObject({ id })
    expect(await store.pastSession('s99')).toBeUndefined()
    await store.close()

    async function everyListPage(person: string, limit: number) {
      const sessions = []
      let cursor: string | undefined
      do {
        const page = await store.pastSessions(person, { cursor, limit })
        expect(page.sessions.length).toBeLessThanOrEqual(limit)
        sessions.push(...page.sessions)
        cursor = page.nextCursor
      } while (cursor !== undefined)
      return sessions
    }
  })

  test('are found in a large file that only grows, and again after a restart', async () => {
    const disk = memoryDisk()
    const clock = fakeClock()
    const { store } = await openOn(disk, clock, 256 * 1024)
    await store.commit(setUp)
    const add = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, n) =>
          store.commit((tx) => {
            const session = liveSession(`s${from + n}`, tx.now)
            tx.putSession(session)
            tx.putSession(end(session, 'client_ended', tx.now))
          }),
        ),
      )
    await add(0, 4000)
    await clock.advance(1000)
    await settled()
    expect(disk.bytes('sessions.json').length).toBeGreaterThan(1 << 20)
    const rename = vi.spyOn(disk, 'rename')
    await add(4000, 4010)
    await clock.advance(10_000)
    await settled()
    expect(rename.mock.calls.map(([, to]) => to)).not.toContain('sessions.json')
    expect(JSON.parse(disk.text('sessions.json'))).toHaveLength(4010)
    expect(await store.pastSession('s7')).toMatchObject({ id: 's7' })
    await store.close()

    disk.put('sessions.index', undefined)
    const { store: again, log } = await openOn(disk, clock)
    expect(log.warnings).toEqual([])
    expect(await again.pastSession('s4009')).toMatchObject({ id: 's4009' })
    expect((await again.pastSessions('ana', { limit: 3 })).sessions.map((session) => session.id)).toEqual([
      's4009',
      's4008',
      's4007',
    ])
    await again.close()
  })

  test('that are damaged in the file are not shown', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk)
    await store.commit(setUp)
    await store.commit((tx) => endOne(tx, 1))
    await store.close()
    const { store: again } = await openOn(disk)
    disk.put('sessions.json', Buffer.from(disk.text('sessions.json').replace('"ana"', '"eve"')))
    await expect(again.pastSession('s1')).rejects.toThrow(/sessions.json is damaged at offset/)
    await again.close()
  })
})
