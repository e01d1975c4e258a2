/**
 * `npm run restore -- BACKUP`: puts a copy that `npm run backup` made in the place of the data
 * folder. The server must have stopped; the folder's present files are kept beside it. `npm run
 * restore -- --from-bucket` brings back all that was shipped to the bucket, or what there was at an
 * instant; `--check` proves the bucket and writes nothing.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Backup, restore } from '../adapters/backup/backup.ts'
import { openBucket } from '../adapters/backup/bucket.ts'
import { backupsIn, downloadBackup } from '../adapters/backup/bucket-backups.ts'
import { endOf, readHistory } from '../adapters/backup/history.ts'
import { lastRecordIn } from '../adapters/backup/journal-reader.ts'
import { readWithoutKey } from '../adapters/backup/keys/lost-key.ts'
import { readLastRecord, writeLastRecord } from '../adapters/backup/last-record.ts'
import type { Point } from '../adapters/backup/piece.ts'
import { proveBucket } from '../adapters/backup/prove-bucket.ts'
import { rebuild } from '../adapters/backup/rebuild.ts'
import { claimFor } from '../adapters/backup/take-over.ts'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { createDataKey } from '../adapters/system/data-key.ts'
import { keptDataKey } from '../adapters/system/kept-secret.ts'
import { bucketIn, readConfig } from '../config.ts'
import { dataKeyIn, readWords, refuse } from './command.ts'

const USAGE = `npm run restore -- BACKUP
npm run restore -- --from-bucket [--at 2026-11-28T17:00:05Z] [--claim NAME], or -- --from-bucket BACKUP, or -- --from-bucket --list
npm run restore -- --from-bucket --check
npm run restore -- --take-over
Puts a copy in the place of the data folder. The server must have stopped; what stands there now is kept beside it.
--from-bucket brings back every record that was shipped, or those up to an instant; with BACKUP, that whole copy alone.
--check proves all of the bucket to the cent and writes nothing.
--take-over lets this folder write to the bucket again after another server, or a restore, had taken over.
--claim NAME brings back what was shipped under that claim, where a later restore has left it out.
--without-data-key brings money back where DATA_KEY is lost; it says what is not proved then, and what stays closed.
--despite-manifest believes the pieces in the bucket where the manifest beside them is older.
--despite-keys closes the accounts whose keys the bucket lacks; their money comes back.`

const { values, positionals } = readWords(
  USAGE,
  {
    'from-bucket': { type: 'boolean' },
    list: { type: 'boolean' },
    at: { type: 'string' },
    check: { type: 'boolean' },
    'take-over': { type: 'boolean' },
    claim: { type: 'string' },
    'despite-manifest': { type: 'boolean' },
    'despite-keys': { type: 'boolean' },
    'without-data-key': { type: 'boolean' },
  },
  1,
)
const config = readConfig(process.env)
const to = resolve(config.DATA_DIR)
const [named] = positionals
const settings = bucketIn(config)

if (values['take-over']) await takeOver()
else if (values['from-bucket']) await fromBucket()
else if (named === undefined) refuse('Which backup? npm run restore -- FOLDER, or -- --from-bucket')
else if (!existsSync(named)) refuse(`There is no backup ${named}.`)
else await putBack(resolve(named), false)

async function putBack(from: string, isMoved: boolean): Promise<Backup> {
  const backup = await restore({ from, to, at: new Date(), isMoved })
  console.log(
    `${backup.records} changes are back in ${to}. What was there before is kept in a folder beside them.`,
  )
  if (config.LAST_RECORD_FILE !== undefined) await writeLastRecord(config.LAST_RECORD_FILE, backup.end)
  if (settings && !values['without-data-key']) await claim(backup.end)
  return backup
}

/** Takes the bucket over for what was put back, so that a server that runs elsewhere stops. */
async function claim(end: Point): Promise<void> {
  try {
    const key = dataKeyIn(config)
    const { leftBehind, replaced } = await claimFor({
      bucket: bucketOf(),
      key,
      disk: nodeDisk(to),
      end,
      at: Date.now(),
    })
    if (leftBehind > 0) {
      console.log(
        `The bucket has ${leftBehind} records that this copy does not have. They stay there, and are left out from now on; ` +
          `\`npm run restore -- --from-bucket --claim ${replaced}\` brings them back.`,
      )
    }
  } catch (error) {
    console.error(
      `The bucket was NOT claimed (${error instanceof Error ? error.message : error}): run \`npm run restore -- --take-over\` when it can be reached.`,
    )
    process.exitCode = 1
  }
}

async function takeOver(): Promise<void> {
  await refuseServer()
  const end = await lastRecordIn(nodeDisk(to))
  if (end.seq === 0) refuse(`There are no data in ${to}.`)
  bucketOf()
  await claim(end)
  if (process.exitCode === undefined)
    console.log(`${to} may write to the bucket again, from its record ${end.seq} on.`)
}

function bucketOf() {
  if (settings === undefined) refuse('No bucket is set: see BACKUP_BUCKET_URL in docs/SETTINGS.md.')
  return openBucket(settings)
}

async function fromBucket(): Promise<void> {
  const bucket = bucketOf()
  if (values.list) return console.log((await backupsIn(bucket)).join('\n'))
  const isKeyLost = values['without-data-key'] === true
  const key = isKeyLost ? undefined : dataKeyIn(config)
  const parts = {
    bucket,
    key,
    despiteManifest: values['despite-manifest'] === true,
    upToClaim: values.claim,
    now: Date.now(),
  }
  if (values.check) return check(parts)
  await refuseServer()
  const into = await mkdtemp(join(to, 'download-')) // there is room where the data are
  try {
    if (named !== undefined) await wholeCopy(parts, named, into)
    else if (await hasPieces(parts)) await pieces(parts, into)
    else {
      const newest = (await backupsIn(bucket)).at(-1) ?? refuse('There is no finished backup in the bucket.')
      console.log('There are no pieces in the bucket: this is its newest whole copy, and nothing later.')
      await wholeCopy(parts, newest, into)
    }
  } finally {
    await rm(into, { recursive: true })
  }
}

/** Returns whether anything was ever shipped: before a server does so there are whole copies alone. */
async function hasPieces(parts: Parts): Promise<boolean> {
  const newest = await endOf(parts, await readHistory(parts, Number.POSITIVE_INFINITY))
  return newest !== undefined && newest.seq > 0
}

/** Throws where a server uses the folder, before anything is downloaded or claimed. */
async function refuseServer(): Promise<void> {
  const letGo = await nodeDisk(to).lock()
  await letGo()
}

type Parts = Parameters<typeof proveBucket>[0]

async function wholeCopy(parts: Parts, backup: string, into: string): Promise<void> {
  console.log(`${backup} is being downloaded.`)
  const { folder, end } = await downloadBackup({ ...parts, backup, into })
  if (!end)
    console.log(
      'It was made before copies were signed: who wrote it is not proved, only that its books hold.',
    )
  if (!parts.key) await openWithoutKey(folder)
  await putBack(folder, true)
}

async function pieces(parts: Parts, into: string): Promise<void> {
  const at = values.at === undefined ? undefined : instantOf(values.at)
  const { folder, history } = await rebuild({
    ...parts,
    into,
    ...(at !== undefined && { at }),
    despiteKeys: values['despite-keys'] === true,
    tell: console.log,
  })
  const newest = await endOf(parts, history)
  if (!parts.key) await openWithoutKey(folder)
  const known =
    config.LAST_RECORD_FILE === undefined ? undefined : await readLastRecord(config.LAST_RECORD_FILE)
  const { end } = await putBack(folder, true)
  console.log(`The last of them, record ${end.seq}, was made at ${new Date(end.at).toISOString()}.`)
  if (at === undefined && known && known.seq > end.seq) {
    console.log(
      `LAST_RECORD_FILE knew record ${known.seq} of ${new Date(known.at).toISOString()}: ${known.seq - end.seq} records are not in ` +
        'the bucket. Some seconds are what a lost disk costs; if these are more, pieces were taken away: look for them in ' +
        "the bucket's versions before you start.",
    )
  }
  const newestAt = Math.max(newest?.at ?? 0, at === undefined ? end.at : 0)
  console.log(`The newest instant in the bucket is ${new Date(newestAt).toISOString()}.`)
}

async function openWithoutKey(folder: string): Promise<void> {
  const dataKey = createDataKey(config.DATA_KEY ?? [keptDataKey(to)])
  const unreadable = await readWithoutKey({ folder, dataKey })
  console.log(`Without the old DATA_KEY:
- NOT PROVED: who wrote the pieces. Each fits its hash, the chain and the books, but whoever could write to the bucket
  could have made them. Compare what came in through Stripe (npm run books) with Stripe's own balance before you start.
- CLOSED for good: what the journal says of people since the whole copy was made (their names and addresses are as of
  then; ${unreadable} accounts that are younger have none, and hold their money), payout details, and the key that signed receipts.
- NEXT: set a new DATA_KEY, name a new, empty folder in BACKUP_BUCKET_URL, and make sure that no other server runs: it
  cannot be stopped by a claim.`)
}

function instantOf(text: string): number {
  const at = Date.parse(text)
  const isCertain = /T.*(Z|[+-]\d\d:?\d\d)$/i.test(text) // without a zone, it would be this machine's
  return Number.isNaN(at) || !isCertain
    ? refuse(`--at ${text} is no instant: write 2026-11-28T17:00:05Z.`)
    : at
}

async function check(parts: Parts): Promise<void> {
  const { end, claims, backup, leftOut, problems } = await proveBucket(parts)
  for (const { claim: name, changes } of leftOut) {
    console.log(
      `Shipped under claim ${name} after another had taken over, and left out: ${changes.length} changes`,
    )
    for (const change of changes) console.log(`  ${JSON.stringify(change)}`)
  }
  console.log(`Whole copy: ${backup ?? 'none'}. Claims: ${claims}.`)
  if (end) console.log(`${end.seq} records, restorable up to ${new Date(end.at).toISOString()}.`)
  else console.log('Nothing was shipped yet.')
  for (const problem of problems) console.error(`WRONG: ${problem}`)
  if (problems.length > 0) process.exitCode = 1
  else console.log('Every piece is as it was shipped, and every cent is accounted for.')
}
