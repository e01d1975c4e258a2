/** Tests backups in a bucket. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Backup, backUp, restore } from '../../adapters/backup/backup.ts'
import { type Bucket, openBucket } from '../../adapters/backup/bucket.ts'
import { backupsIn, downloadBackup, proveBackup, uploadBackup } from '../../adapters/backup/bucket-backups.ts'
import { DATA_KEY_FILE } from '../../adapters/system/kept-secret.ts'
import { seed } from '../../bench/load/seed.ts'
import { bucketIn, readConfig } from '../../config.ts'
import { testDataKey } from '../support/data-key.ts'
import { type S3Server, startS3 } from '../support/s3-server.ts'

const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-1',
}
const folder = mkdtempSync(join(tmpdir(), 'soulseer-bucket-'))
const dataDir = join(folder, 'data')
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second))

let store: S3Server
let bucket: Bucket
let backup: Backup

beforeAll(async () => {
  await seed({ dataDir, secret: 'a secret', users: 40, sessions: 1 })
  backup = await backUp({ from: dataDir, into: join(folder, 'backups'), at: at(0) })
  store = await startS3(KEYS)
  bucket = openBucket({ url: `${store.url}/soulseer/nightly`, ...KEYS })
})
beforeEach(() => {
  store.trouble = undefined
  store.objects.clear()
  store.asked.length = 0
})
afterAll(async () => {
  await store.stop()
  rmSync(folder, { recursive: true })
})

const filesOf = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'base64')]))

describe('a backup in a bucket', () => {
  it('comes back byte for byte but for the data key, which is never in a bucket, and is put in the place of a folder that was lost', async () => {
    await uploadBackup({ bucket, key: testDataKey, ...backup })
    expect(await backupsIn(bucket)).toEqual(['soulseer-2026-01-01T00-00-00-000Z'])
    const name = (await backupsIn(bucket)).join()
    const { folder: downloaded, end } = await downloadBackup({
      bucket,
      key: testDataKey,
      backup: name,
      into: folder,
    })
    expect(end).toEqual(backup.end)
    const { [DATA_KEY_FILE]: dataKey, ...others } = filesOf(backup.folder)
    expect(dataKey).toBeDefined()
    expect(filesOf(downloaded)).toEqual(others)
    for (const file of readdirSync(downloaded)) {
      expect((statSync(join(downloaded, file)).mode & 0o777).toString(8), file).toBe('600')
    }
    const restored = await restore({ from: downloaded, to: join(folder, 'restored'), at: at(1) })
    expect(restored.records).toBe(backup.records)
  })

  it('has its manifest last, so that half an upload is never taken for a backup', async () => {
    await uploadBackup({ bucket, key: testDataKey, ...backup })
    expect(store.asked.at(-1)).toMatch(/^PUT .*\/manifest\.json$/)
    expect(store.asked.slice(0, -1).join()).not.toContain('manifest')
    const whole = [...store.objects.keys()]
    store.objects.delete(whole.find((path) => path.endsWith('manifest.json')) ?? '')
    expect(store.objects.size).toBeGreaterThan(3)
    expect(await backupsIn(bucket)).toEqual([])
  })

  it('goes up through a connection that breaks once', async () => {
    store.trouble = { kind: 'cut', after: 2, forGood: false }
    await uploadBackup({ bucket, key: testDataKey, ...backup })
    expect(await backupsIn(bucket)).toHaveLength(1)
  })

  it('is given up where no response comes, though memory is freed while it waits', {
    timeout: 30_000,
  }, async () => {
    setFlagsFromString('--expose-gc')
    const freeing = setInterval(runInNewContext('gc'), 10)
    store.trouble = { kind: 'drawn', draw: () => 'silent' }
    const impatient = openBucket(
      { url: `${store.url}/soulseer/nightly`, ...KEYS },
      { tries: 1, longestMs: 300 },
    )
    await expect(backupsIn(impatient)).rejects.toThrow('the bucket could not be reached')
    clearInterval(freeing)
  })

  it('comes down through responses that break off in the middle', async () => {
    await uploadBackup({ bucket, key: testDataKey, ...backup })
    const lines = new Set<string>()
    store.trouble = {
      kind: 'drawn',
      // the first response to each request is half of it
      draw: ({ method, url }) => (lines.size < lines.add(`${method} ${url}`).size ? 'torn' : undefined),
    }
    const [name = ''] = await backupsIn(bucket)
    const into = mkdtempSync(join(folder, 'into-'))
    const { folder: downloaded } = await downloadBackup({ bucket, key: testDataKey, backup: name, into })
    const { [DATA_KEY_FILE]: _dataKey, ...others } = filesOf(backup.folder)
    expect(filesOf(downloaded)).toEqual(others)
    await proveBackup({ bucket, key: testDataKey, backup: name })
    expect(lines.size).toBeGreaterThan(3)
  })

  it.each([
    ['whose connection stays broken', { kind: 'cut', after: 3, forGood: true }, /could not be reached/],
    ['that is full', { kind: 'full', roomBytes: 100 }, /507 InsufficientStorage/],
  ] as const)('is refused by a store %s, and nothing counts', async (_what, trouble, words) => {
    store.trouble = { ...trouble }
    await expect(uploadBackup({ bucket, key: testDataKey, ...backup })).rejects.toThrow(words)
    store.trouble = undefined
    expect(await backupsIn(bucket)).toEqual([])
    expect(readdirSync(join(folder, 'backups'))).toHaveLength(1)
  })

  it.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }, /403 SignatureDoesNotMatch/],
    ['a wrong key', { accessKeyId: 'AKIDOTHER' }, /403 InvalidAccessKeyId/],
    ['another region', { region: 'us-east-1' }, /403 AuthorizationHeaderMalformed/],
  ])('is refused with %s, at once and without revealing the secret', async (_what, wrong, words) => {
    const other = openBucket({ url: `${store.url}/soulseer`, ...KEYS, ...wrong })
    const failed = await uploadBackup({ bucket: other, key: testDataKey, ...backup }).catch(
      (error: Error) => error.message,
    )
    expect(failed).toMatch(words)
    expect(failed).not.toContain(KEYS.secretAccessKey)
    expect(store.objects.size).toBe(0)
  })

  it('that was changed in the bucket is not taken, and leaves nothing behind', async () => {
    await uploadBackup({ bucket, key: testDataKey, ...backup })
    const [path = ''] = [...store.objects.keys()].filter((name) => name.endsWith('users.json'))
    const bytes = Buffer.from(store.objects.get(path) ?? '')
    bytes[20] = (bytes[20] ?? 0) ^ 1
    store.objects.set(path, bytes)
    const into = mkdtempSync(join(folder, 'into-'))
    const [name = ''] = await backupsIn(bucket)
    await expect(downloadBackup({ bucket, key: testDataKey, backup: name, into })).rejects.toThrow(
      /not what was uploaded/,
    )
    expect(readdirSync(into)).toEqual([])
  })

  it.each(['../users.json', '/etc/passwd', '.env', 'a/b', ''])(
    'does not write a file named %j, whatever a manifest says',
    async (name) => {
      const manifest = { version: 1, records: 1, files: [{ name, bytes: 0, sha256: '' }] }
      store.objects.set('/soulseer/nightly/soulseer-x/manifest.json', Buffer.from(JSON.stringify(manifest)))
      const into = mkdtempSync(join(folder, 'into-'))
      await expect(downloadBackup({ bucket, key: testDataKey, backup: 'soulseer-x', into })).rejects.toThrow(
        /none of ours/,
      )
      expect(readdirSync(into)).toEqual([])
    },
  )
})

describe('the bucket’s settings', () => {
  const BUCKET = {
    BACKUP_BUCKET_URL: 'https://s3.example.com/soulseer',
    BACKUP_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    BACKUP_SECRET_ACCESS_KEY: 'secret',
  }

  it('are all there or none', () => {
    expect(bucketIn(readConfig({}))).toBeUndefined()
    expect(bucketIn(readConfig(BUCKET))).toMatchObject({ url: BUCKET.BACKUP_BUCKET_URL, region: 'us-east-1' })
    for (const key of Object.keys(BUCKET)) {
      expect(() => readConfig({ ...BUCKET, [key]: '' }), key).toThrow(/BACKUP_BUCKET_URL: needs/)
    }
  })
})
