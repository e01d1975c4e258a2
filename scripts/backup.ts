/**
 * `npm run backup [-- FOLDER]`: copies the data folder while the server runs, proves the copy, and removes copies that are
 * outdated. FOLDER is where copies are kept, `backups` in the data folder when it is left out.
 */
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { backUp, outdated } from '../adapters/backup.ts'
import { readConfig } from '../config.ts'

const dataDir = resolve(readConfig(process.env).DATA_DIR)
const into = resolve(process.argv[2] ?? join(dataDir, 'backups'))
const { folder, records } = await backUp({ from: dataDir, into, at: new Date() })
for (const name of outdated(await readdir(into))) await rm(join(into, name), { recursive: true })
console.log(`${records} changes are safe in ${folder}, and its books hold.`)
