/** Tests that nothing is left of someone who deleted the account: in the real process, and in copies. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backUp } from '../../adapters/backup/backup.ts'
import { audit } from '../../adapters/store/audit.ts'
import { readingDisk } from '../../adapters/store/disk/disk.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { next, type People, type Person, peopleAt } from '../support/people.ts'
import { liveTalk } from '../support/talk.ts'

const NAME = 'Quillon'
const TEXTS = [NAME, 'quillon@example.com', 'Leaves of jasmine', 'Tasseography']

let server: RunningServer
let people: People
let client: Person
let reader: Person
const into = mkdtempSync(join(tmpdir(), 'soulseer-forgotten-'))
const data = () => join(server.dataDir, 'data')

beforeAll(async () => {
  server = await startServer({ BILLING_INTERVAL_MS: '1000' })
  people = peopleAt(server.origin)
  client = await people.client('Ana', 5_000)
  reader = await people.reader(NAME, 250)
  await reader.send('PATCH', '/me', { speciality: 'Tasseography', bio: 'Leaves of jasmine, read at dawn.' })
  const talk = await liveTalk(people, client, reader)
  await next(talk.client.page, 'session:charged') // so that there is a receipt, which names the reader
  await client.send('POST', `/session/${talk.session.id}/end`)
})
afterAll(async () => {
  people.leave()
  await server.stop()
  rmSync(into, { recursive: true })
})

/** Returns what a file holds: nothing if it was renamed or removed since it was listed. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Returns where any of the texts still is, in every file of a folder and the folders in it. */
function placesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.isFile() ?? false)
    .flatMap((name) => {
      const bytes = bytesOf(join(folder, name))
      return TEXTS.filter((text) => bytes.includes(text)).map((text) => `${text} in ${name}`)
    })
    .sort()
}

it('leaves no byte of name, address or profile in any file, after a kill neither, and the books hold', async () => {
  await expect
    .poll(() => placesOf(data()))
    .toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Quillon in mailbox/),
        expect.stringMatching(/^quillon@example.com in mailbox/),
        `${NAME} in sessions.json`,
        `${NAME} in users.json`,
      ]),
    )
  expect(placesOf(data()).filter((place) => place.includes('journal'))).toEqual([])
  const before = await backUp({ from: data(), into, at: new Date(0) })

  const { body: earned } = await reader.send('GET', '/earnings')
  const leaving = { password: 'correct horse', giveUpCents: earned.totalCents }
  expect((await reader.send('POST', '/account/delete', leaving)).status).toBe(204)
  await server.end('SIGKILL')
  await server.startAgain()
  await expect.poll(() => placesOf(data())).toEqual([])
  const history = await client.send<{ sessions: object[] }>('GET', '/sessions')
  expect(history.body.sessions).toMatchObject([{ readerName: 'Deleted account', clientName: 'Ana' }])

  // A copy from before knows everything, until its keys and JSON files have lapsed.
  expect(placesOf(before.folder)).toContain(`${NAME} in users.json`)
  for (const name of readdirSync(before.folder)) {
    if (!name.startsWith('journal-')) rmSync(join(before.folder, name))
  }
  expect(placesOf(before.folder)).toEqual([])

  await server.end('SIGTERM')
  for (const folder of [data(), before.folder]) {
    const { problems, users } = await audit(readingDisk(folder))
    expect(problems.filter((problem) => !problem.endsWith('the next start rewrites it'))).toEqual([])
    expect(users).toBe(2)
  }
  await server.startAgain()
})
