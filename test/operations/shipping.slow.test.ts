/** Tests that the built server ships without a command, and comes back on another machine by one command. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBucketEnd } from '../../adapters/backup/bucket-end.ts'
import { lastRecordIn } from '../../adapters/backup/journal-reader.ts'
import { readingDisk } from '../../adapters/store/disk/disk.ts'
import { TEST_DATA_KEY, testDataKey } from '../support/data-key.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { type People, type Person, peopleAt } from '../support/people.ts'
import { type S3Server, startS3 } from '../support/s3-server.ts'
import { IS_LONG } from '../support/sample.ts'
import { BUCKET_KEYS, bucketAt } from '../support/shipping.ts'
import { waitFor } from '../support/wait-for.ts'

let s3: S3Server
let server: RunningServer
let people: People
let client: Person
const folder = mkdtempSync(join(tmpdir(), 'soulseer-moved-'))
const TOKEN = 'a token for the tests alone'

const settings = () => ({
  BACKUP_BUCKET_URL: `${s3.url}/soulseer/nightly`,
  BACKUP_REGION: BUCKET_KEYS.region,
  BACKUP_ACCESS_KEY_ID: BUCKET_KEYS.accessKeyId,
  BACKUP_SECRET_ACCESS_KEY: BUCKET_KEYS.secretAccessKey,
  DATA_KEY: TEST_DATA_KEY,
  SESSION_SECRET: 'kept outside the folder, as in production',
  METRICS_TOKEN: TOKEN,
  LOG_LEVEL: 'silent',
})

beforeAll(async () => {
  s3 = await startS3(BUCKET_KEYS)
  server = await startServer(settings())
  people = peopleAt(server.origin)
  client = await people.client('Ana', 5_000)
})
afterAll(async () => {
  people.leave()
  await server.stop()
  await s3.stop()
  rmSync(folder, { recursive: true })
})

const data = () => join(server.dataDir, 'data')
const command = (name: string, dataDir: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [resolve(`dist/scripts/${name}.js`), ...args], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...settings() },
    cwd: server.dataDir,
  })
const balance = async () => (await client.send<{ user: { balanceCents: number } }>('GET', '/me')).body.user

async function figures(): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` }
  return (await fetch(`${server.origin}/metrics`, { headers })).text()
}

async function shipped(): Promise<void> {
  const { seq } = await lastRecordIn(readingDisk(data()))
  await waitFor(
    async () => expect((await findBucketEnd(bucketAt(s3), testDataKey)).end.seq).toBeGreaterThanOrEqual(seq),
    200,
  )
}

describe('a server with a bucket', () => {
  it('ships by itself, shows how old the last shipped record is, and proves it on command', async () => {
    await shipped()
    expect(await figures()).toMatch(/^soulseer_shipped_age_seconds \d/m)
    expect(await figures()).toMatch(/^soulseer_off_disk 1$/m)
    const { stdout } = await command('restore', data(), '--from-bucket', '--check')
    expect(stdout).toMatch(/records, restorable up to 20/)
    expect(stdout).toContain('every cent is accounted for')
  })

  it('comes back from the bucket alone after the disk is lost, and refuses to start on nothing', async () => {
    await shipped()
    const before = await balance()
    await server.end('SIGKILL')
    rmSync(data(), { recursive: true })
    await expect(server.startAgain()).rejects.toThrow(/ended with 1/)
    const { stdout } = await command('restore', data(), '--from-bucket')
    expect(stdout).toMatch(/changes are back/)
    expect(stdout).toMatch(/The newest instant in the bucket is 20/)
    await server.startAgain()
    expect(await balance()).toEqual(before)
  })

  it('brings its whole copy there too, and is restored from it with what followed', async () => {
    expect((await command('backup', data())).stdout).toContain('They are in the bucket too')
    await people.client('Bo', 1_000)
    await shipped()
    await server.end('SIGKILL')
    rmSync(data(), { recursive: true })
    const { stdout } = await command('restore', data(), '--from-bucket')
    expect(stdout).toMatch(/Begun with the copy soulseer-/)
    await server.startAgain()
    const names = () => server.files().users.map(({ name }) => name)
    await waitFor(() => expect(names()).toContain('Bo'))
    expect((await command('restore', data(), '--from-bucket', '--list')).stdout).toMatch(/^soulseer-\S+\n$/)
  })

  it('that was frozen while another took over ends by itself when it goes on, and cannot start again', async () => {
    await shipped()
    const goOn = server.freeze()
    const moved = join(folder, 'data')
    await command('restore', moved, '--from-bucket')
    const other = await startServer({ ...settings(), DATA_DIR: moved })
    try {
      goOn()
      // One that writes learns of it as it ships; one that is idle looks once a minute, at once if that is over.
      if (!IS_LONG) await client.send('PATCH', '/me', { name: 'Ana Reyes' }).catch(() => undefined)
      const isUp = () =>
        fetch(server.origin).then(
          () => true,
          () => false,
        )
      await expect.poll(isUp, { timeout: 120_000, interval: 200 }).toBe(false)
      await expect(server.startAgain()).rejects.toThrow(/ended with 1/)
      expect((await fetch(`${other.origin}/healthz`)).status).toBe(200)
    } finally {
      await other.stop()
    }
    await command('restore', data(), '--take-over')
    await server.startAgain()
    expect((await balance()).balanceCents).toBe(5_000)
  })

  it('brings all money back without its data key, and serves it under a new one', async () => {
    await shipped()
    const moved = join(folder, 'without')
    const other = { DATA_KEY: Buffer.alloc(32, 9).toString('base64'), DATA_DIR: moved }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [resolve('dist/scripts/restore.js'), '--from-bucket', '--without-data-key'],
      { env: { PATH: process.env.PATH, ...settings(), ...other }, cwd: server.dataDir },
    )
    expect(stdout).toMatch(/NOT PROVED: who wrote the pieces[\s\S]*CLOSED for good/)
    const again = await startServer({
      ...settings(),
      ...other,
      BACKUP_BUCKET_URL: `${s3.url}/soulseer/another-folder`,
    })
    try {
      const users: { name: string; balanceCents: number }[] = JSON.parse(
        readFileSync(join(moved, 'users.json'), 'utf8'),
      )
      const held = Object.fromEntries(users.map(({ name, balanceCents }) => [name, balanceCents]))
      expect(held).toEqual({ Ana: 5_000, 'Deleted account': 1_000 })
    } finally {
      await again.stop()
    }
  })

  // The processes have the lowest priority: beside other tests they would take minutes.
  it.runIf(IS_LONG)(
    'copies every night and proves every week by itself, and counts what is wrong',
    async () => {
      await shipped()
      const startDue = async (done: object) => {
        await server.end('SIGTERM')
        writeFileSync(join(data(), 'backups.json'), JSON.stringify({ since: 0, ...done }))
        await server.startAgain()
      }
      const figure = async (name: string) =>
        Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await figures())?.[1])
      const wait = { timeout: 600_000, interval: 500 }
      const copies = () =>
        [...s3.objects.keys()].filter((name) => /soulseer-[^/]+\/manifest\.json$/.test(name))
      const before = copies().length
      await startDue({ check: Date.now() })
      await expect.poll(() => figure('soulseer_bucket_copy_age_seconds'), wait).toBeGreaterThanOrEqual(0)
      expect(copies()).toHaveLength(before + 1)
      await startDue({ bucketCopy: Date.now() })
      await expect.poll(() => figure('soulseer_bucket_check_age_seconds'), wait).toBeGreaterThanOrEqual(0)
      const piece = [...s3.objects.keys()].find((name) => name.endsWith('.piece')) ?? ''
      const kept = s3.objects.get(piece) ?? Buffer.alloc(0)
      s3.objects.delete(piece)
      await startDue({ bucketCopy: Date.now() })
      await expect.poll(() => figure('soulseer_backup_failures'), wait).toBe(1)
      s3.objects.set(piece, kept)
    },
  )
})
