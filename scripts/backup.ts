/**
 * `npm run backup [-- FOLDER]`: copies the data folder while the server runs, proves the copy, and
 * removes copies that are outdated. FOLDER is where copies are kept, `backups` in the data folder
 * when it is left out. Where a bucket is set, the proved copy goes there too.
 */
import { existsSync, readdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { backUp, outdated } from '../adapters/backup/backup.ts'
import { openBucket } from '../adapters/backup/bucket.ts'
import { uploadBackup } from '../adapters/backup/bucket-backups.ts'
import { makeRoomForCopy } from '../adapters/backup/room.ts'
import { segmentsAmong } from '../adapters/store/journal/segments.ts'
import { bucketIn, readConfig } from '../config.ts'
import { dataKeyIn, readWords, refuse } from './command.ts'

const USAGE = `npm run backup [-- FOLDER]
Copies the data folder into FOLDER ("backups" in the data folder when it is left out) and proves the copy.`

const LEAST_FREE_MB = 128

const { positionals } = readWords(USAGE, {}, 1)
const config = readConfig(process.env)
const dataDir = resolve(config.DATA_DIR)
if (!existsSync(dataDir) || segmentsAmong(readdirSync(dataDir)).length === 0) {
  refuse(`There are no data in ${dataDir}. DATA_DIR says where they are.`)
}
const into = resolve(positionals[0] ?? join(dataDir, 'backups'))
await makeRoomForCopy({
  from: dataDir,
  into,
  keepFreeMb: Math.max(config.MIN_FREE_DISK_MB * 2, LEAST_FREE_MB),
})
const { folder, records, end } = await backUp({ from: dataDir, into, at: new Date() })
for (const name of outdated(await readdir(into))) await rm(join(into, name), { recursive: true })
console.log(`${records} changes are safe in ${folder}, and its books hold.`)

const settings = bucketIn(config)
if (settings !== undefined) {
  try {
    await uploadBackup({ bucket: openBucket(settings), key: dataKeyIn(config), folder, end })
    console.log(`They are in the bucket too, and the store has compared every file with its checksum.`)
  } catch (error) {
    console.error(`The copy is NOT in the bucket: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
