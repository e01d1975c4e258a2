/** Tests the archive of ended sessions. */
import { expect, test } from 'vitest'
import { createSessionArchive } from '../../../adapters/store/archive.ts'
import { createArchiveIndex, entryOf } from '../../../adapters/store/archive-index.ts'
import { EMPTY_MARK, type SessionsFile } from '../../../adapters/store/sessions-file.ts'
import type { EndedSession } from '../../../domain/session.ts'
import { ana, endedSession } from '../../support/store/store-parts.ts'

const MANY = 1000

/** Creates a file that keeps its content in memory, and calls `whenAdded` after each part of it. */
function keptFile(whenAdded: () => Promise<void>): SessionsFile {
  const index = createArchiveIndex()
  const kept: EndedSession[] = []
  let mark = EMPTY_MARK
  return {
    index,
    get mark() {
      return mark
    },
    exact: true,
    rewriteBeside: () => Promise.reject(new Error('nobody left')),
    read: async (ordinals) => ordinals.flatMap((ordinal) => kept[ordinal] ?? []),
    append: async (sessions, seq, added) => {
      for (const session of sessions) index.add(entryOf(session, { offset: 0, bytes: 0, crc: 0 }))
      kept.push(...sessions)
      mark = { ...mark, seq, count: kept.length }
      added()
      await whenAdded()
    },
  }
}

test('while a thousand ended sessions move into the file, each is found once and in its place', async () => {
  const sessions = Array.from({ length: MANY }, (_, n) => endedSession(`s${n}`, n))
  const newestFirst = sessions.map((session) => session.id).reverse()
  const waiting: number[] = []
  const file = keptFile(async () => {
    waiting.push(archive.waiting)
    const { sessions: page } = await archive.list(ana.id, { limit: MANY + 1 })
    expect(page.map((session) => session.id)).toEqual(newestFirst)
    for (const id of ['s0', 's199', 's200', 's600', 's999']) expect((await archive.find(id))?.id).toBe(id)
  })
  const archive = createSessionArchive(file)
  for (const session of sessions) archive.add(session)

  await archive.settle(900, 7)

  expect(waiting.length).toBeGreaterThan(2)
  expect(waiting).toEqual([...waiting].sort((a, b) => b - a))
  expect(archive.waiting).toBe(MANY - 900)
  expect(file.mark).toMatchObject({ seq: 7, count: 900 })
})

test('what is taken back while others move into the file is gone, and they are not', async () => {
  const file = keptFile(async () => takeBack?.())
  const archive = createSessionArchive(file)
  for (let n = 0; n < 300; n++) archive.add(endedSession(`s${n}`, n))
  let takeBack: (() => void) | undefined = archive.add(endedSession('late', 300))
  const once = takeBack
  takeBack = () => {
    once()
    takeBack = undefined
  }

  await archive.settle(300, 1)

  expect(await archive.find('late')).toBeUndefined()
  expect(archive.waiting).toBe(0)
  expect((await archive.list(ana.id, { limit: 1000 })).sessions).toHaveLength(300)
})
