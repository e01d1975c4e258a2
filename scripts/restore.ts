/**
 * `npm run restore -- BACKUP`: puts a copy that `npm run backup` made in the place of the data
 * folder. The server must have stopped; the folder's present files are kept beside it. `npm run
 * restore -- --from-bucket [BACKUP]` takes the copy from the bucket, the latest where none is
 * named; `--list` lists them.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { restore } from '../adapters/backup/backup.ts'
import { openBucket } from '../adapters/backup/bucket.ts'
import { backupsIn, downloadBackup } from '../adapters/backup/bucket-backups.ts'
import { bucketIn, readConfig } from '../config.ts'
import { dataKeyIn, readWords, refuse } from './command.ts'

const USAGE = `npm run restore -- BACKUP
npm run restore -- --from-bucket [BACKUP], or -- --from-bucket --list
Puts a copy in the place of the data folder. The server must have stopped; what stands there now is kept beside it.`

const { values, positionals } = readWords(
  USAGE,
  { 'from-bucket': { type: 'boolean' }, list: { type: 'boolean' } },
  1,
)
const config = readConfig(process.env)
const to = resolve(config.DATA_DIR)
const [named] = positionals

if (values['from-bucket']) await fromBucket()
else if (named === undefined) refuse('Which backup? npm run restore -- FOLDER, or -- --from-bucket [BACKUP]')
else if (!existsSync(named)) refuse(`There is no backup ${named}.`)
else await putBack(resolve(named))

async function putBack(from: string): Promise<void> {
  const { records } = await restore({ from, to, at: new Date() })
  console.log(`${records} changes are back in ${to}. What was there before is kept in a folder beside them.`)
}

async function fromBucket(): Promise<void> {
  const settings = bucketIn(config)
  if (settings === undefined) refuse('No bucket is set: see BACKUP_BUCKET_URL in docs/SETTINGS.md.')
  const bucket = openBucket(settings)
  const backups = await backupsIn(bucket)
  if (values.list) return console.log(backups.join('\n'))
  const backup = named ?? backups.at(-1)
  if (backup === undefined) refuse('There is no finished backup in the bucket.')
  await mkdir(to, { recursive: true, mode: 0o700 })
  const into = await mkdtemp(join(to, 'download-')) // there is room where the data are
  try {
    console.log(`${backup} is being downloaded.`)
    await putBack((await downloadBackup({ bucket, key: dataKeyIn(config), backup, into })).folder)
  } finally {
    await rm(into, { recursive: true })
  }
}
