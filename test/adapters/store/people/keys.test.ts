/** Tests the keys of single people: where they are, under which data key, and what is lost with them. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { audit } from '../../../../adapters/store/audit.ts'
import { UnsafeData } from '../../../../adapters/store/journal/scan.ts'
import { createDataKey } from '../../../../adapters/system/data-key.ts'
import { end } from '../../../../domain/session.ts'
import { DELETED_NAME, erased, erasedEmail } from '../../../../domain/user.ts'
import { NO_CENTS } from '../../../../shared/money.ts'
import { testDataKey } from '../../../support/data-key.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { failingDisk } from '../../../support/store/failing-disk.ts'
import { guest, leave, leftOfGuest, meet, register, TEXTS_OF_GUEST } from '../../../support/store/guest.ts'
import { type MemoryDisk, memoryDisk } from '../../../support/store/memory-disk.ts'
import { ana, everything, openOn, rosa, setUp } from '../../../support/store/store-parts.ts'
import { NOTES, TEST_TABLES } from '../../../support/store/toy-table.ts'

const NEW = Buffer.alloc(32, 8)
const newKey = createDataKey([NEW])
const bothKeys = createDataKey([NEW, Buffer.alloc(32, 7)])

const open = (disk: MemoryDisk, dataKey = testDataKey) => openOn(disk, fakeClock(), 64 * 1024, { dataKey })

/** Returns a folder that was left in order, with a guest who had a session. */
async function folder(): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const { store } = await open(disk)
  for (const change of [setUp, register, meet]) await store.commit(change)
  await store.close()
  return disk
}

const journalOf = (disk: MemoryDisk) =>
  disk.names().flatMap((name) => (name.startsWith('journal-') ? disk.text(name).replaceAll('\0', '') : []))

/** Returns a copy of the journal, with the keys or without. */
function journalAlone(disk: MemoryDisk, keys = true): MemoryDisk {
  const copy = memoryDisk()
  for (const name of disk.names()) {
    if (name.startsWith('journal-') || (keys && name.startsWith('keys'))) {
      copy.put(name, Buffer.from(disk.bytes(name)))
    }
  }
  return copy
}

/** Returns every file with its bytes, to see that nothing was changed. */
const contents = (disk: MemoryDisk) => disk.names().map((name) => [name, disk.text(name)])

async function nameOfGuest(disk: MemoryDisk, dataKey = testDataKey): Promise<string | undefined> {
  const { store } = await open(disk, dataKey)
  const name = await store.read((view) => view.user(guest.id)?.name)
  await store.close()
  return name
}

describe('what is personal', () => {
  test('is in no line of the journal, and in users.json and sessions.json in clear', async () => {
    const disk = await folder()
    const journal = journalOf(disk).join()
    for (const text of TEXTS_OF_GUEST) expect(journal, text).not.toContain(text)
    for (const { name, email } of [ana, rosa]) expect(journal).not.toMatch(new RegExp(`"${name}"|${email}`))
    expect(disk.text('users.json')).toContain(guest.email)
    expect(disk.text('sessions.json')).toContain(guest.name)
  })

  test('is read back from the journal and the keys alone', async () => {
    const disk = await folder()
    const { store } = await open(disk)
    const held = await everything(store)
    await store.close()
    const { store: again } = await open(journalAlone(disk))
    expect(await everything(again)).toEqual(held)
  })

  test('needs no key for the books', async () => {
    const disk = journalAlone(await folder(), false)
    const { problems, users, endedSessions } = await audit(disk, undefined, TEST_TABLES)
    expect(problems.filter((problem) => !problem.endsWith('the next start rewrites it'))).toEqual([])
    expect({ users, endedSessions }).toEqual({ users: 3, endedSessions: 1 })
  })
})

describe('a person who leaves', () => {
  test('is in no file, and the books hold, from copies of the journal too', async () => {
    const disk = await folder()
    const { store } = await open(disk)
    await store.commit(leave)
    await store.close()
    expect(leftOfGuest(disk)).toEqual([])
    expect(JSON.parse(disk.text('sessions.json'))).toMatchObject([
      { readerName: DELETED_NAME, clientName: 'Ana' },
    ])
    const copy = journalAlone(disk)
    for (const each of [disk, copy]) {
      const { problems } = await audit(each, undefined, TEST_TABLES)
      expect(problems.filter((problem) => !problem.endsWith('the next start rewrites it'))).toEqual([])
    }
    expect(await nameOfGuest(copy)).toBe(DELETED_NAME)
    expect(leftOfGuest(copy)).toEqual([])
    expect(JSON.parse(copy.text('sessions.json'))).toMatchObject([{ readerName: DELETED_NAME }])
  })

  test('leaves a name behind in journals of builds before, and nowhere else', async () => {
    const disk = memoryDisk()
    const segment = Buffer.alloc(4096)
    segment.write(readFileSync(new URL('../journal/journal-format-1.jsonl', import.meta.url), 'utf8'))
    disk.put('journal-000000000001.jsonl', segment)
    const { store } = await open(disk)
    await store.commit((tx) => {
      const session = tx.openSessionOf(ana.id)
      const user = tx.user(ana.id)
      if (!session || !user) throw new Error('there is no session')
      tx.putSession(end(session, 'client_ended', tx.now))
      tx.putUser(erased(user, erasedEmail(ana.id), tx.now, NO_CENTS))
      tx.forgetPerson(ana.id)
    })
    await store.close()
    const holding = disk.names().filter((name) => /"Ana"|ana@example.com/.test(disk.text(name)))
    expect(holding).toEqual(['journal-000000000001.jsonl'])
  })

  test('has a new key for what is written afterwards, until it is dropped too', async () => {
    const disk = await folder()
    const { store } = await open(disk)
    const farewell = { id: 'bye', authorId: guest.id, topic: 'tea', text: guest.email, tags: [] }
    await store.commit((tx) => {
      leave(tx)
      tx.table(NOTES).put(farewell)
    })
    await store.close()
    const copy = journalAlone(disk)
    const { store: again } = await open(copy)
    expect(await again.read((view) => view.table(NOTES).get('bye'))).toEqual(farewell)
    await again.commit((tx) => tx.forgetPerson(guest.id))
    await again.close()
    expect(leftOfGuest(copy)).toEqual([])
  })

  test('keeps the key where the commit is taken back', async () => {
    const disk = await folder()
    const { store } = await open(disk)
    const failing = store.commit((tx): string => {
      leave(tx)
      throw new Error('changed her mind')
    })
    await expect(failing).rejects.toThrow('changed her mind')
    await store.close()
    expect(await nameOfGuest(journalAlone(disk))).toBe(guest.name)
  })
})

describe('the data key', () => {
  test('of another folder is refused by name, and nothing is changed', async () => {
    const disk = await folder()
    const before = contents(disk)
    const starting = open(disk, newKey)
    await expect(starting).rejects.toBeInstanceOf(UnsafeData)
    const [old] = testDataKey.fingerprints
    await expect(starting).rejects.toThrow(new RegExp(`wrapped under the data key ${old}.*DATA_KEY=NEW,OLD`))
    expect(contents(disk)).toEqual(before)
  })

  test('is known to a folder in which nobody is yet', async () => {
    const disk = memoryDisk()
    await (await open(disk)).store.close()
    await expect(open(disk, newKey)).rejects.toThrow('wrapped under the data key')
  })

  test('can have a new one before it, and is dropped after rewrap, not sooner', async () => {
    const disk = await folder()
    expect(await nameOfGuest(disk, bothKeys)).toBe(guest.name)
    await expect(open(disk, newKey)).rejects.toThrow('wrapped under the data key')
    const { store } = await open(disk, bothKeys)
    expect(await store.rewrap()).toBe(3)
    await store.commit((tx) => tx.putUser({ ...guest, id: 'other', email: 'other@example.com' }))
    await store.close()
    expect(await nameOfGuest(journalAlone(disk), newKey)).toBe(guest.name)
    await expect(open(disk, testDataKey)).rejects.toThrow('wrapped under the data key')
  })

  test('may be changed over any failure of the disk: all keys are there, under both', async () => {
    for (let nth = 1; ; nth += 1) {
      const disk = await folder()
      const { store } = await open(disk, bothKeys)
      await store.close()
      const failing = failingDisk(disk, nth, 'EIO')
      const opened = await openOn(failing, fakeClock(), 64 * 1024, { dataKey: bothKeys }).catch(
        () => undefined,
      )
      await opened?.store.rewrap().catch(() => undefined)
      await disk.die()
      expect(await nameOfGuest(journalAlone(disk), bothKeys), `call ${nth}`).toBe(guest.name)
      if (failing.failed === undefined) return
    }
  })
})

describe('keys.json', () => {
  test('that is missing is refused by name, and taken back when it is restored', async () => {
    const disk = await folder()
    const kept = Buffer.from(disk.bytes('keys.json'))
    await disk.remove('keys.json')
    await expect(open(disk)).rejects.toThrow(/keys.json is missing/)
    disk.put('keys.json', kept)
    expect(await nameOfGuest(disk)).toBe(guest.name)
  })

  test('that is lost for good can be given up: the JSON files hold the same', async () => {
    const disk = await folder()
    disk.put('keys.json', Buffer.from('[]\n'))
    await disk.remove('keys-new.jsonl').catch(() => undefined)
    expect(await nameOfGuest(disk, newKey)).toBe(guest.name)
    const lost = open(journalAlone(disk), newKey)
    await expect(lost).rejects.toThrow(
      /keys.json lacks 3 keys that the journal needs, such as .* of "users ana"/,
    )
  })

  test('that was changed anywhere is refused, and nothing is changed', async () => {
    const disk = await folder()
    const whole = Buffer.from(disk.bytes('keys.json'))
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      disk.put('keys.json', changed)
      const before = contents(disk)
      await expect(open(disk), `byte ${at}`).rejects.toBeInstanceOf(UnsafeData)
      expect(contents(disk)).toEqual(before)
    }
    for (const cut of [0, 1, whole.length >> 1, whole.length - 1]) {
      disk.put('keys.json', whole.subarray(0, cut))
      await expect(open(disk), `cut at ${cut}`).rejects.toBeInstanceOf(UnsafeData)
    }
  })

  test('is an array with a key a line, and new keys are beside it until they are many', async () => {
    const disk = memoryDisk()
    const clock = fakeClock()
    const { store } = await openOn(disk, clock, 1 << 20)
    await store.commit(setUp)
    expect(JSON.parse(disk.text('keys.json'))).toHaveLength(2)
    const lines = () =>
      disk
        .text('keys-new.jsonl')
        .split('\n')
        .filter((line) => line !== '')
    expect(lines().map((line) => JSON.parse(line).personId)).toEqual(['ana', 'rosa'])
    for (let n = 0; n < 500; n += 1) {
      await store.commit((tx) => tx.putUser({ ...guest, id: `g${n}`, email: `g${n}@example.com` }))
    }
    await clock.advance(1_000)
    expect(lines()).toEqual([])
    expect(JSON.parse(disk.text('keys.json'))).toHaveLength(504)
    await store.close()
  })

  test('keeps what was added before a write of keys that a crash cut off, which is put aside', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, fakeClock(), 1 << 20)
    for (const change of [setUp, register]) await store.commit(change)
    const torn = journalAlone(disk)
    const whole = Buffer.from(torn.bytes('keys-new.jsonl'))
    torn.put('keys-new.jsonl', Buffer.concat([whole, Buffer.from('\n{"id":"AAAA","pers')]))
    const { store: again, log } = await openOn(torn, fakeClock(), 1 << 20)
    expect(log.warnings.join()).toContain('torn-keys-new.jsonl.bak')
    expect(await again.read((view) => view.user(guest.id)?.name)).toBe(guest.name)
    await again.close()
    expect(torn.text('torn-keys-new.jsonl.bak')).toBe('{"id":"AAAA","pers')
    expect(await nameOfGuest(journalAlone(torn))).toBe(guest.name)
  })

  test('goes with a file of new keys in which an earlier write is damaged: that is refused', async () => {
    const disk = memoryDisk()
    const { store } = await openOn(disk, fakeClock(), 1 << 20)
    for (const change of [setUp, register]) await store.commit(change)
    const spoiled = journalAlone(disk)
    spoiled.put('keys-new.jsonl', Buffer.from(disk.text('keys-new.jsonl').replace('"rosa"', '"ross"')))
    const before = contents(spoiled)
    await expect(open(spoiled)).rejects.toThrow(/keys-new.jsonl is not as this program wrote it/)
    expect(contents(spoiled)).toEqual(before)
  })
})
