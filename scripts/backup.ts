/**
 * `npm run backup [-- FOLDER]`: copies the data folder while the server runs, proves the copy, and removes copies that are
 * outdated. FOLDER is where copies are kept, `backups` in the data folder when it is left out. Where a bucket is set, the
 * proved copy goes there too.
 */
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { backUp, outdated } from '../adapters/backup.ts'
import { bucketIn, readConfig } from '../config.ts'

const config = readConfig(process.env)
const dataDir = resolve(config.DATA_DIR)
const into = resolve(process.argv[2] ?? join(dataDir, 'backups'))
const { folder, records } = await backUp({ from: dataDir, into, at: new Date() })
for (const name of outdated(await readdir(into))) await rm(join(into, name), { recursive: true })
console.log(`${records} changes are safe in ${folder}, and its books hold.`)

const settings = bucketIn(config)
if (settings !== undefined) {
  const { openBucket } = await import('../adapters/bucket.ts')
  const { uploadBackup } = await import('../adapters/bucket-backups.ts')
  try {
    await uploadBackup({ bucket: openBucket(settings), folder, records })
    console.log(`They are in the bucket too, and the store has compared every file with its checksum.`)
  } catch (error) {
    console.error(`The copy is NOT in the bucket: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
