/** Tests how much room a copy is taken to need. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeRoomForCopy } from '../../../adapters/backup/room.ts'

const MEGABYTE = 1 << 20
const FIRST = 'journal-000000000001.jsonl'
const SECOND = 'journal-000000000200.jsonl'
const copyOf = (second: number) => `soulseer-2026-01-01T00-00-0${second}-000Z`

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  statfs: async () => ({ bavail: 3, bsize: MEGABYTE }),
}))

let from: string
const into = () => join(from, 'backups')

beforeEach(() => {
  from = mkdtempSync(join(tmpdir(), 'soulseer-room-'))
  writeFileSync(join(from, FIRST), Buffer.alloc(8 * MEGABYTE))
  writeFileSync(join(from, SECOND), Buffer.alloc(MEGABYTE))
  for (const n of [1, 2, 3]) {
    mkdirSync(join(into(), copyOf(n)), { recursive: true })
    for (const name of [FIRST, SECOND]) linkSync(join(from, name), join(into(), copyOf(n), name))
  }
})
afterEach(() => rmSync(from, { recursive: true }))

describe('the room for a copy', () => {
  it('is not counted for segments that it shares with the copy before', async () => {
    await makeRoomForCopy({ from, into: into(), keepFreeMb: 1 })
    expect(readdirSync(into())).toHaveLength(3)
  })

  it('is made by removing older copies, and where it does not suffice, no copy is made', async () => {
    await expect(makeRoomForCopy({ from, into: into(), keepFreeMb: 4 })).rejects.toThrow(
      /There is no room for a copy: it takes 5 MB/,
    )
    expect(readdirSync(into())).toEqual([copyOf(2), copyOf(3)])
  })
})
