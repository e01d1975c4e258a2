/**
 * `npm run restore -- BACKUP`: puts a copy that `npm run backup` made in the place of the data folder. The server must have
 * stopped; what stands in the folder now is kept beside it.
 */
import { resolve } from 'node:path'
import { restore } from '../adapters/backup.ts'
import { readConfig } from '../config.ts'

const [, , backup] = process.argv
if (backup === undefined) {
  console.error('Which backup? npm run restore -- FOLDER')
  process.exit(1)
}
const to = resolve(readConfig(process.env).DATA_DIR)
const { records } = await restore({ from: resolve(backup), to, at: new Date() })
console.log(`${records} changes are back in ${to}. What was there before is kept in a folder beside them.`)
