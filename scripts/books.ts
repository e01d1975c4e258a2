/**
 * `npm run books [-- FOLDER] [-- --user PERSON]`: proves the data folder to the cent and exits with
 * 1 when anything disagrees; with `--user`, prints that person's statement. Reads only, and may be
 * used while the server runs or on a copy.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Audit, audit } from '../adapters/store/audit.ts'
import { readingDisk } from '../adapters/store/disk/disk.ts'
import type { BookedLeg } from '../adapters/store/totals.ts'
import { readConfig } from '../config.ts'
import { canonicalEmail } from '../shared/email.ts'
import { formatCents } from '../shared/money.ts'
import { readWords, refuse } from './command.ts'

const USAGE = `npm run books [-- FOLDER] [-- --user PERSON]
Proves the data folder to the cent; with --user, an id or an e-mail address, prints that person's statement. Reads only.`

const { values, positionals } = readWords(USAGE, { user: { type: 'string' } }, 1)
const folder = resolve(positionals[0] ?? readConfig(process.env).DATA_DIR)
if (!existsSync(folder)) refuse(`There is no folder ${folder}.`)

const ATTEMPTS = 3 // a running server may put a file in place between two looks

let legs: BookedLeg[] = []
let result = await look()
for (let n = 1; n < ATTEMPTS && result.problems.length > 0; n++) result = await look()
if (values.user !== undefined) printStatement(idOf(values.user))
else printBooks(result)
for (const problem of result.problems) console.error(`DISAGREES: ${problem}`)
process.exitCode = result.problems.length > 0 ? 1 : 0

function look(): Promise<Audit> {
  legs = []
  return audit(readingDisk(folder), (leg) => {
    if (values.user !== undefined) legs.push(leg)
  })
}

function idOf(person: string): string {
  return (
    result.idOf(canonicalEmail(person)) ??
    result.idOf(person) ??
    refuse(`There is no account called ${person}.`)
  )
}

function printStatement(userId: string): void {
  const mine = ['wallet', 'debt', 'earnings'].map((kind) => `${kind}:${userId}`)
  const statement = legs.filter(({ account }) => mine.includes(account))
  console.log(`Statement of ${userId}`)
  for (const { at, key, cents, after } of statement) {
    const columns = [
      new Date(at).toISOString(),
      formatCents(cents).padStart(12),
      formatCents(after).padStart(12),
      key,
    ]
    console.log(columns.join('  '))
  }
  console.log(
    statement.length === 0 ? 'No money has moved.' : `Now: ${formatCents(statement.at(-1)?.after ?? 0)}`,
  )
}

function printBooks({ records, segments, users, endedSessions, totals, notes, problems }: Audit): void {
  console.log(
    `${folder}: ${records} records in ${segments} segments, ${users} users, ${endedSessions} ended sessions`,
  )
  console.log(`  came in through Stripe ${formatCents(totals.stripe).padStart(16)}`)
  console.log(`  given as goodwill      ${formatCents(totals.goodwill).padStart(16)}`)
  console.log(`  clients hold           ${formatCents(totals.wallets).padStart(16)}`)
  console.log(`  readers have earned    ${formatCents(totals.earnings).padStart(16)}`)
  console.log(`  the platform has kept  ${formatCents(totals.house).padStart(16)}`)
  for (const note of notes) console.log(`  note: ${note}`)
  if (problems.length === 0) console.log('The chain is whole and every cent is accounted for.')
}
