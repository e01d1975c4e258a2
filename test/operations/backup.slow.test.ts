/** Tests backups of a busy server, and their restoration. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backUp, outdated, restore } from '../../adapters/backup/backup.ts'
import { TEST_DATA_KEY } from '../support/data-key.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { type People, type Person, peopleAt } from '../support/people.ts'
import { startS3 } from '../support/s3-server.ts'

let server: RunningServer
let people: People
let client: Person
let reader: Person
const into = mkdtempSync(join(tmpdir(), 'soulseer-backups-'))

beforeAll(async () => {
  server = await startServer({ DATA_KEY: TEST_DATA_KEY })
  people = peopleAt(server.origin)
  client = await people.client('Ana', 5_000)
  reader = await people.reader('Mara', 250)
})
afterAll(async () => {
  people.leave()
  await server.stop()
  rmSync(into, { recursive: true })
})

const data = () => join(server.dataDir, 'data')
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second))
const history = async () =>
  (await client.send<{ sessions: { id: string }[] }>('GET', '/sessions')).body.sessions

/** Sessions that come and go, so that no copy is made of a folder at rest. */
async function beBusy(sessions: number): Promise<void> {
  for (let n = 0; n < sessions; n += 1) {
    await reader.send('POST', '/availability', { available: true })
    const { id } = await people.accepted(client, reader, 'chat')
    await client.send('POST', `/session/${id}/end`)
  }
}

describe('a backup', () => {
  it('of a busy server holds to the cent, every time', async () => {
    const busy = beBusy(60)
    for (let n = 0; n < 8; n += 1) {
      const { folder, records } = await backUp({ from: data(), into, at: at(n) })
      expect(records).toBeGreaterThan(0)
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      for (const name of readdirSync(folder))
        expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
    }
    await busy
    expect(readdirSync(into).filter((name) => name.endsWith('.unfinished'))).toEqual([])
  })

  it('comes back after the folder is ruined: every person, every cent, every session, and the log-ins too', async () => {
    const before = { sessions: await history(), me: (await client.send('GET', '/me')).body }
    const { folder } = await backUp({ from: data(), into, at: at(30) })
    await beBusy(3)
    await expect(restore({ from: folder, to: data(), at: at(31) })).rejects.toThrow(/Another process/)
    await server.end('SIGKILL')
    for (const name of readdirSync(data())) {
      if (/json|jsonl|index/.test(name)) writeFileSync(join(data(), name), 'ruined')
    }
    await expect(server.startAgain()).rejects.toThrow()
    await restore({ from: folder, to: data(), at: at(32) })
    await server.startAgain()
    expect({ sessions: await history(), me: (await client.send('GET', '/me')).body }).toEqual(before)
    const kept = readdirSync(data()).find((name) => name.startsWith('before-restore-'))
    expect(readFileSync(join(data(), kept ?? '', 'users.json'), 'utf8')).toBe('ruined')
  })

  it('that was damaged since is not put back', async () => {
    const { folder } = await backUp({ from: data(), into, at: at(40) })
    const journal = readdirSync(folder).find((name) => name.startsWith('journal')) ?? ''
    const bytes = readFileSync(join(folder, journal))
    bytes[300] = (bytes[300] ?? 0) ^ 1
    writeFileSync(join(folder, journal), bytes)
    await server.end('SIGTERM')
    await expect(restore({ from: folder, to: data(), at: at(41) })).rejects.toThrow(/does not hold/)
    await server.startAgain()
    expect((await client.send('GET', '/me')).status).toBe(200)
  })

  it('goes to a bucket by the operator’s own commands, and comes back from it after the folder is lost', async () => {
    const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret', region: 'auto' }
    const store = await startS3(keys)
    const env = {
      PATH: process.env.PATH,
      DATA_DIR: data(),
      BACKUP_BUCKET_URL: `${store.url}/soulseer`,
      BACKUP_REGION: keys.region,
      BACKUP_ACCESS_KEY_ID: keys.accessKeyId,
      BACKUP_SECRET_ACCESS_KEY: keys.secretAccessKey,
      DATA_KEY: TEST_DATA_KEY,
    }
    const command = (name: string, ...args: string[]) =>
      promisify(execFile)(process.execPath, [resolve(`dist/scripts/${name}.js`), ...args], {
        env,
        cwd: server.dataDir,
      })
    try {
      await beBusy(2)
      const before = await history()
      expect((await command('backup')).stdout).toContain('They are in the bucket too')
      const list = (await command('restore', '--from-bucket', '--list')).stdout.trim()
      expect(list).toMatch(/^soulseer-[\dTZ-]+$/)
      await server.end('SIGKILL')
      rmSync(data(), { recursive: true })
      expect((await command('restore', '--from-bucket')).stdout).toContain('changes are back')
      await server.startAgain()
      expect(await history()).toEqual(before)
      await expect(command('restore', '--from-bucket')).rejects.toThrow(/Another process/)
      store.trouble = { kind: 'cut', after: 1, forGood: true }
      await expect(command('backup')).rejects.toThrow(/NOT in the bucket: .*could not be reached/)
    } finally {
      await store.stop()
    }
  })

  it('is kept for two days of hours and thirty days', () => {
    const hours = Array.from({ length: 24 * 60 }, (_, hour) => {
      const time = new Date(Date.UTC(2026, 0, 1, hour)).toISOString().replace(/[:.]/g, '-')
      return `soulseer-${time}`
    })
    const gone = new Set(outdated([...hours, 'a stranger', 'soulseer-2026-01-01T00-00-00-000Z.unfinished']))
    const kept = hours.filter((name) => !gone.has(name))
    expect(kept.slice(-48)).toEqual(hours.slice(-48))
    expect(kept).toHaveLength(48 + 30)
    expect(gone.has('a stranger')).toBe(false)
  })
})
