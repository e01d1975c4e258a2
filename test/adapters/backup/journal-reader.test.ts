/** Tests how the journal is read into pieces while it is written. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createJournalReader, lastRecordIn, reachedAt } from '../../../adapters/backup/journal-reader.ts'
import type { Records } from '../../../adapters/backup/piece.ts'
import { segmentsAmong } from '../../../adapters/store/journal/segments.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { charge, openOn, renameReader, rosa, setUp, topUp } from '../../support/store/store-parts.ts'

const START = { seq: 0, chain: 0 }
let disk: MemoryDisk
let last: number
let lines: string[]

/** Returns the lines of the records as the files have them. */
function linesOf(from: MemoryDisk): string[] {
  return segmentsAmong(from.names()).flatMap(({ name }) =>
    from
      .text(name)
      .replaceAll('\0', '')
      .split('\n')
      .filter((line) => line.includes('"seq":'))
      .map((line) => `${line}\n`),
  )
}

beforeAll(async () => {
  disk = memoryDisk()
  const { store } = await openOn(disk)
  await store.commit(setUp)
  for (let n = 1; n <= 30; n += 1) await store.commit((tx) => (n % 3 === 0 ? topUp(tx, n) : charge(tx, n)))
  // longer than a chunk that is read at once, and than a segment
  await store.commit((tx) => tx.putUser({ ...rosa, bio: '❤'.repeat(40_000) }))
  for (let n = 1; n <= 5; n += 1) await store.commit((tx) => renameReader(tx, n))
  await store.close()
  lines = linesOf(disk)
  last = (await lastRecordIn(disk)).seq
})

async function readAll(most: number, upTo: number, from = START): Promise<Records[]> {
  const reader = createJournalReader(disk, from)
  const all: Records[] = []
  for (let next = await reader.next(upTo, most); next; next = await reader.next(upTo, most)) all.push(next)
  return all
}

const textOf = (pieces: readonly Records[]): string =>
  Buffer.concat(pieces.map(({ bytes }) => bytes)).toString()

describe('the journal, read in pieces', () => {
  it('spans segments, and ends where its last record does', () => {
    expect(segmentsAmong(disk.names()).length).toBeGreaterThan(3)
    expect(lines).toHaveLength(last)
  })

  it.each([1, 100, 500, 1_000, 5_000, 1 << 20])(
    'of %i bytes holds every record whole, once, in order',
    async (most) => {
      const pieces = await readAll(most, last)
      expect(textOf(pieces)).toBe(lines.join(''))
      for (const { first, last: end, bytes } of pieces) {
        expect(bytes.length <= most || first === end, `${first} to ${end}`).toBe(true)
      }
    },
  )

  it('takes a record that ends exactly at the limit, and none that is a byte over it', async () => {
    const [one = '', two = ''] = lines.map((line) => line)
    const both = Buffer.byteLength(one) + Buffer.byteLength(two)
    expect((await readAll(both, last))[0]).toMatchObject({ first: 1, last: 2 })
    expect((await readAll(both - 1, last))[0]).toMatchObject({ first: 1, last: 1 })
  })

  it('goes no further than what is known to be on the disk, and on from there', async () => {
    for (let known = 1; known < last; known += 1) {
      const before = await readAll(300, known)
      expect(before.at(-1)?.last).toBe(known)
      const reached = { seq: known, chain: before.at(-1)?.after ?? 0 }
      expect(await reachedAt(disk, known)).toEqual(reached)
      expect(textOf([...before, ...(await readAll(1 << 20, last, reached))])).toBe(lines.join(''))
    }
  })

  it('sees what is written after it has begun, in the same segment and in the next', async () => {
    const growing = memoryDisk()
    const reader = createJournalReader(growing, START)
    const { store } = await openOn(growing, undefined, 2048)
    const read: Records[] = []
    for (let n = 0; n < 40; n += 1) {
      await store.commit(n === 0 ? setUp : (tx) => topUp(tx, n))
      const upTo = (await lastRecordIn(growing)).seq
      const next = await reader.next(upTo, 1 << 20)
      if (next) read.push(next)
    }
    expect(textOf(read)).toBe(linesOf(growing).join(''))
    await store.close()
  })

  it('refuses a journal that took another course, was cut, or was changed', async () => {
    await expect(createJournalReader(disk, { seq: 5, chain: 1 }).next(last, 100)).rejects.toThrow(/Record 5/)
    await expect(readAll(1 << 20, last + 1)).rejects.toThrow(/ends with record/)
    const [{ name = '' } = {}] = segmentsAmong(disk.names())
    const whole = disk.bytes(name)
    const changed = Buffer.from(whole)
    changed[700] = (changed[700] ?? 0) ^ 1
    disk.put(name, changed)
    await expect(readAll(1 << 20, last)).rejects.toThrow(/is damaged in record/)
    disk.put(name, whole)
  })
})
