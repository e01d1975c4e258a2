/** Tests that what was shipped comes back, to any instant, and that nothing else passes for it. */
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { backUp, restore } from '../../../adapters/backup/backup.ts'
import { uploadBackup } from '../../../adapters/backup/bucket-backups.ts'
import { endOf, readHistory } from '../../../adapters/backup/history.ts'
import { readWithoutKey } from '../../../adapters/backup/keys/lost-key.ts'
import { proveBucket } from '../../../adapters/backup/prove-bucket.ts'
import { rebuild } from '../../../adapters/backup/rebuild.ts'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import type { OpenStore } from '../../../adapters/store/store.ts'
import { createDataKey } from '../../../adapters/system/data-key.ts'
import { entry } from '../../../domain/ledger.ts'
import { cents } from '../../../shared/money.ts'
import { testDataKey } from '../../support/data-key.ts'
import { bringBackTo, bucketAt, type Shipping } from '../../support/shipping.ts'
import { endShipping, useShippingPlace } from '../../support/shipping-place.ts'
import {
  ana,
  charge,
  endOne,
  everything,
  openOn,
  rosa,
  setUp,
  topUp,
} from '../../support/store/store-parts.ts'
import { TEST_TABLES } from '../../support/store/toy-table.ts'
import { waitFor } from '../../support/wait-for.ts'

const place = useShippingPlace('restore')
const { dir, parts, ship } = place

let made = 0
/** Brings back what is in the bucket into a new folder and returns its name. */
async function bringBack(at?: number): Promise<string> {
  made += 1
  const name = `restored-${made}`
  await bringBackTo(dir(name), { ...parts(), ...(at !== undefined && { at }) })
  return name
}

async function contentsOf(name: string): Promise<unknown> {
  const { store } = await openOn(nodeDisk(dir(name)))
  const all = await everything(store)
  await store.close()
  return all
}

/** Makes a day of changes and returns what there is after each. */
async function aDay(shipping: Shipping, from: number): Promise<{ at: number; state: unknown }[]> {
  const states: { at: number; state: unknown }[] = []
  for (let n = from; n < from + 12; n += 1) {
    await shipping.store.commit((tx) =>
      n % 4 === 3 ? endOne(tx, n) : n % 2 === 0 ? topUp(tx, n) : charge(tx, n),
    )
    const at = await shipping.store.read((view) => view.now)
    states.push({ at, state: await everything(shipping.store) })
    const now = () => shipping.store.read((view) => view.now)
    while ((await now()) <= at) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return states
}

describe('what was shipped', () => {
  it('comes back to the cent from the pieces alone, and from a whole copy with the pieces behind it', async () => {
    const first = await ship('a')
    await first.store.commit(setUp)
    await aDay(first, 1)
    await first.caughtUp()
    const before = await everything(first.store)
    expect(await contentsOf(await bringBack())).toEqual(before)
  })

  it('comes back from the newest whole copy, with the pieces behind it', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await aDay(server, 1)
    const copy = await backUp({ from: dir('a'), into: dir('backups'), at: new Date(), tables: TEST_TABLES })
    await uploadBackup({ ...parts(), ...copy })
    await aDay(server, 20)
    await server.caughtUp()
    const before = await everything(server.store)
    const into = mkdtempSync(join(place.folder, 'download-'))
    expect((await rebuild({ ...parts(), into, tell: () => undefined })).backup).toMatch(/^soulseer-/)
    expect(await contentsOf(await bringBack())).toEqual(before)
  })

  it('comes back from its pieces where a file of the whole copy was changed, which is named', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.caughtUp()
    const copy = await backUp({ from: dir('a'), into: dir('copies'), at: new Date(), tables: TEST_TABLES })
    await uploadBackup({ ...parts(), ...copy })
    await endShipping(server)
    const journal = [...place.s3.objects.keys()].find(
      (name) => name.endsWith('.jsonl') && name.includes('soulseer-'),
    )
    place.s3.objects.delete(journal ?? '')
    const missing = /journal-000000000001\.jsonl is missing in the bucket/
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems.join()).toMatch(
      missing,
    )
    await bringBack()
    place.s3.objects.set(journal ?? '', Buffer.from('changed'))
    const told: string[] = []
    const into = mkdtempSync(join(place.folder, 'download-'))
    const { backup } = await rebuild({ ...parts(), into, tell: (sentence) => told.push(sentence) })
    expect(backup).toBeUndefined()
    expect(told.join()).toMatch(
      /is passed over: .*journal-000000000001\.jsonl in the bucket is not what was uploaded/,
    )
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems.join()).toMatch(
      /not what was uploaded/,
    )
  })

  it('comes back from a whole copy that ends where a claim begins', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await endShipping(server)
    const copy = await backUp({ from: dir('a'), into: dir('copies'), at: new Date(), tables: TEST_TABLES })
    await uploadBackup({ ...parts(), ...copy })
    const again = await ship('a')
    await again.store.commit((tx) => topUp(tx, 1))
    await endShipping(again)
    const into = mkdtempSync(join(place.folder, 'download-'))
    expect((await rebuild({ ...parts(), into, tell: () => undefined })).backup).toBeDefined()
  })

  it('comes back as it was at any instant, and goes on from there', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    const states = await aDay(server, 1)
    await endShipping(server)
    const { at, state } = states[4] ?? { at: 0, state: undefined }
    const name = await bringBack(at)
    expect(await contentsOf(name)).toEqual(state)
    const again = await ship(name)
    await again.store.commit((tx) => topUp(tx, 100))
    await again.caughtUp()
    expect(again.refused).toEqual([])
    const after = await everything(again.store)
    await endShipping(again)
    expect(await contentsOf(await bringBack())).toEqual(after)
  })

  it('is proved without writing, with the newest instant', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await aDay(server, 1)
    await server.caughtUp()
    const before = readdirSync(place.folder)
    const proof = await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })
    expect(proof).toMatchObject({ problems: [], claims: 1, leftOut: [], end: { seq: 14 } })
    expect(readdirSync(place.folder)).toEqual(before)
  })
})

describe('a bucket that someone else wrote to', () => {
  /** Ships some pieces and returns the names of their objects, oldest first. */
  async function shipped(): Promise<string[]> {
    const server = await ship('a', { pieceBytes: 300 })
    await server.store.commit(setUp)
    await aDay(server, 1)
    await endShipping(server)
    return [...place.s3.objects.keys()].filter((name) => name.endsWith('.piece')).sort()
  }
  const named = (path: string) => path.slice(path.indexOf('journal/')).replaceAll('.', '\\.')
  const refusal = async (words: RegExp) => {
    await expect(bringBack()).rejects.toThrow(words)
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems.join()).toMatch(
      words,
    )
  }
  const bytesOf = (name: string) => place.s3.objects.get(name) ?? Buffer.alloc(0)

  it('is refused by name where a piece is forged, even with the right checksums', async () => {
    const [, piece = ''] = await shipped()
    const other = createDataKey([Buffer.alloc(32, 8)])
    const { makePiece, openPiece } = await import('../../../adapters/backup/piece.ts')
    const name = piece.slice(piece.indexOf('journal/'))
    const claim = name.split('/')[1] ?? ''
    place.s3.objects.set(piece, makePiece(other, claim, openPiece(testDataKey, name, bytesOf(piece))))
    await refusal(new RegExp(`${named(piece)} in the bucket is not signed with this DATA_KEY`))
  })

  it('is refused by name where a record was changed', async () => {
    const [, piece = ''] = await shipped()
    place.s3.objects.set(
      piece,
      Buffer.from(bytesOf(piece).toString().replace('"stripe",-500', '"stripe",-900')),
    )
    const changed = Buffer.from(bytesOf(piece))
    changed[changed.length - 30] = (changed[changed.length - 30] ?? 0) ^ 1
    place.s3.objects.set(piece, changed)
    await refusal(new RegExp(`${named(piece)} in the bucket is not as it was shipped`))
  })

  it('is refused by name where pieces were exchanged', async () => {
    const [, one = '', two = ''] = await shipped()
    const kept = bytesOf(one)
    place.s3.objects.set(one, bytesOf(two))
    place.s3.objects.set(two, kept)
    await refusal(new RegExp(`${named(one)} in the bucket is not the piece of that name`))
  })

  it('is refused by name where a piece is missing, the last one too', async () => {
    const names = await shipped()
    const middle = names[2] ?? ''
    const kept = bytesOf(middle)
    place.s3.objects.delete(middle)
    await refusal(new RegExp(`${named(middle)} is missing`))
    place.s3.objects.set(middle, kept)
    place.s3.objects.delete(names.at(-1) ?? '')
    await refusal(new RegExp(`${named(names.at(-1) ?? '')} is missing`))
  })

  it('is refused by name where an older manifest was put back', async () => {
    const server = await ship('a', { pieceBytes: 1 })
    await server.store.commit(setUp)
    await server.caughtUp()
    const manifest = [...place.s3.objects.keys()].find(
      (name) => name.includes('journal/') && name.endsWith('manifest.json'),
    )
    const old = bytesOf(manifest ?? '')
    for (let n = 1; n <= 20; n += 1) await server.store.commit((tx) => topUp(tx, n))
    await endShipping(server)
    place.s3.objects.set(manifest ?? '', old)
    await refusal(
      /manifest\.json in the bucket ends with record 2, but 20 pieces follow it: an older manifest/,
    )
    const into = mkdtempSync(join(place.folder, 'download-'))
    const despite = { ...parts(), into, tell: () => undefined, despiteManifest: true }
    expect((await rebuild(despite)).end.seq).toBe(22)
    const history = await readHistory({ ...parts(), despiteManifest: true }, 0)
    expect((await endOf(parts(), history))?.seq).toBe(22)
  })

  it('is refused by name where a claim is forged, and no server stops for it', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.caughtUp()
    const claim = [...place.s3.objects.keys()].find((name) => name.includes('claims/')) ?? ''
    const forged = claim.replace(/\d{6}-.{8}/, '999999-00000000')
    place.s3.objects.set(forged, bytesOf(claim))
    await server.store.commit((tx) => topUp(tx, 1))
    await server.caughtUp()
    expect(server.refused).toEqual([])
    expect(server.log.warnings.join()).toContain(
      '999999-00000000.json in the bucket is not the claim of that name',
    )
    await endShipping(server)
    await refusal(/999999-00000000\.json in the bucket is not the claim of that name/)
    const again = await ship('a')
    await again.store.commit((tx) => topUp(tx, 2))
    await again.caughtUp()
    expect([...place.s3.objects.keys()].join()).toContain('claims/000002-')
    await endShipping(again)
  })
})

describe('a bucket from which the last pieces were taken with their manifest', () => {
  /** Ships, copies, goes on, and takes away all that was shipped after the first records. */
  async function shortened(): Promise<{ copied: unknown; server: Shipping }> {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.caughtUp()
    const kept = new Set([...place.s3.objects.keys()].filter((name) => !name.endsWith('manifest.json')))
    for (let n = 1; n <= 5; n += 1) await server.store.commit((tx) => topUp(tx, n))
    const copied = await everything(server.store)
    const copy = await backUp({ from: dir('a'), into: dir('copies'), at: new Date(), tables: TEST_TABLES })
    await uploadBackup({ ...parts(), ...copy })
    await server.store.commit((tx) => topUp(tx, 6))
    await endShipping(server)
    for (const name of place.s3.objects.keys()) {
      if (name.includes('/journal/') && !kept.has(name)) place.s3.objects.delete(name)
    }
    return { copied, server }
  }

  it('gives back all that the newest whole copy has, and says so; the check names it', async () => {
    const { copied } = await shortened()
    const told: string[] = []
    const into = mkdtempSync(join(place.folder, 'download-'))
    const { backup } = await rebuild({ ...parts(), into, tell: (sentence) => told.push(sentence) })
    expect(backup).toMatch(/^soulseer-/)
    expect(told.join()).toMatch(/The pieces end with record 2 .* this copy with 7 .*pieces were taken away/)
    const later = Date.now() + 3_600_000
    const proof = await proveBucket({ ...parts(), now: later, tables: TEST_TABLES })
    expect(proof.problems.join()).toMatch(/The pieces end with record 2, before the copy soulseer-/)
    expect(await contentsOf(await bringBack())).toEqual(copied)
  })

  it('has them again after the next start of the server that has them', async () => {
    await shortened()
    const again = await ship('a')
    await again.store.commit((tx) => topUp(tx, 7))
    const all = await everything(again.store)
    await endShipping(again)
    expect(again.refused).toEqual([])
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems).toEqual([])
    expect(await contentsOf(await bringBack())).toEqual(all)
  })
})

describe('what a restore to a wrong instant left out', () => {
  it('comes back by the name of the claim that it replaced', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    const states = await aDay(server, 1)
    const all = await everything(server.store)
    await endShipping(server)
    const { replaced } = await bringBackTo(dir('b'), { ...parts(), at: states[3]?.at ?? 0 })
    expect(await contentsOf('b')).toEqual(states[3]?.state)
    expect(replaced).toMatch(/^000001-/)
    await bringBackTo(dir('c'), parts())
    expect(await contentsOf('c')).toEqual(states[3]?.state)
    await bringBackTo(dir('d'), { ...parts(), upToClaim: replaced })
    expect(await contentsOf('d')).toEqual(all)
    const again = await ship('d')
    await again.store.commit((tx) => topUp(tx, 100))
    await endShipping(again)
    expect(again.refused).toEqual([])
    expect((await proveBucket({ ...parts(), now: Date.now(), tables: TEST_TABLES })).problems).toEqual([])
    await expect(bringBackTo(dir('e'), { ...parts(), upToClaim: '000009-00000000' })).rejects.toThrow(
      /There is no claim 000009-00000000 in the bucket/,
    )
  })
})

describe('copies of one folder', () => {
  it('share the segments that never change again, and none with another course', async () => {
    const first = await ship('a')
    await first.store.commit(setUp)
    for (let n = 1; n <= 30; n += 1) await first.store.commit((tx) => topUp(tx, n))
    await endShipping(first) // while files are replaced, a copy may need a second try, which shares nothing
    const copy = (from: string, second: number) =>
      backUp({
        from: dir(from),
        into: dir('copies'),
        at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
        tables: TEST_TABLES,
      })
    const inode = (of: string) => statSync(join(of, 'journal-000000000001.jsonl')).ino
    const one = await copy('a', 1)
    const two = await copy('a', 2)
    expect(inode(two.folder)).toBe(inode(one.folder))
    expect(inode(two.folder)).not.toBe(inode(dir('a')))
    const { store } = await openOn(nodeDisk(dir('b')))
    await store.commit(setUp)
    for (let n = 1; n <= 30; n += 1) await store.commit((tx) => topUp(tx, n, 700))
    await store.close()
    const three = await copy('b', 3)
    expect(readFileSync(join(three.folder, 'journal-000000000001.jsonl'))).toEqual(
      readFileSync(join(dir('b'), 'journal-000000000001.jsonl')),
    )
  })
})

describe('the keys of people', () => {
  it('are in the bucket before the records that need them, and open them after a restore', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await server.store.commit((tx) => tx.putUser({ ...rosa, name: 'Rosa Maria' }))
    await server.caughtUp()
    const names = [...place.s3.objects.keys()].join()
    expect(names).toContain('keys')
    expect([...place.s3.objects.values()].join('')).not.toContain('Rosa Maria')
    const before = await everything(server.store)
    await endShipping(server)
    expect(await contentsOf(await bringBack())).toEqual(before)
  })

  it('lost with DATA_KEY, cost no cent: names are as of the last whole copy', async () => {
    const server = await ship('a')
    await server.store.commit(setUp)
    await waitFor(() => expect(readFileSync(join(dir('a'), 'users.json'), 'utf8')).toContain('rosa@'))
    const copy = await backUp({ from: dir('a'), into: dir('copies'), at: new Date(), tables: TEST_TABLES })
    await uploadBackup({ ...parts(), ...copy })
    await aDay(server, 1)
    await server.store.commit((tx) => {
      tx.putUser({ ...rosa, name: 'Rosa Maria', rateCents: cents(300) })
      tx.putUser({ ...ana, id: 'bo', name: 'Bo', email: 'bo@example.com' })
      tx.post(entry('topup:bo', 'stripe', cents(900), [{ account: 'wallet:bo', cents: cents(900) }]))
    })
    const money = (store: OpenStore) =>
      store.read((view) => ({
        held: [...view.clients()].map(({ id, balanceCents }) => [id, balanceCents]),
        earned: view.earningsOf(rosa.id),
        rate: [...view.readers()].map(({ rateCents }) => rateCents),
      }))
    const before = await money(server.store)
    await endShipping(server)

    const into = mkdtempSync(join(place.folder, 'download-'))
    const lost = { bucket: bucketAt(place.s3), key: undefined, into, tell: () => undefined }
    const { folder: rebuilt } = await rebuild(lost)
    const dataKey = createDataKey([Buffer.alloc(32, 9)])
    expect(await readWithoutKey({ folder: rebuilt, dataKey, tables: TEST_TABLES })).toBe(1)
    await restore({ from: rebuilt, to: dir('b'), at: new Date(), isMoved: true, tables: TEST_TABLES })
    const { store } = await openOn(nodeDisk(dir('b')), undefined, 4096, { dataKey })
    expect(await money(store)).toEqual(before)
    const users = await store.read((view) => [...view.users()].map(({ name, email }) => [name, email]))
    expect(users.sort()).toEqual([
      ['Ana', 'ana@example.com'],
      ['Deleted account', 'unreadable-bo'],
      ['Rosa', 'rosa@example.com'],
    ])
    await store.close()
  })
})
