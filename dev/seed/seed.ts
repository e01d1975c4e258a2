/**
 * `npm run seed [-- FOLDER]`: fills an empty data folder with people and a month of sessions, so
 * that the pages can be looked at full. Everything goes through the engine itself, on a clock that
 * is moved; never in production.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { nodeDisk } from '../../adapters/store/disk/disk.ts'
import { openLastLook } from '../../adapters/store/last-look.ts'
import { type OpenStore, openStore } from '../../adapters/store/store.ts'
import { randomId } from '../../adapters/system/clock.ts'
import { createDataKey } from '../../adapters/system/data-key.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import { keptDataKey } from '../../adapters/system/kept-secret.ts'
import { createPasswords } from '../../adapters/system/passwords.ts'
import { createWebAuthn } from '../../adapters/webauthn/webauthn.ts'
import { readConfig, termsIn, timeoutsIn } from '../../config.ts'
import { MAX_INTERRUPTIONS } from '../../domain/session.ts'
import { MAILS } from '../../domain/tables.ts'
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { Log } from '../../engine/ports.ts'
import { readWords, refuse } from '../../scripts/command.ts'
import { DAY_MS } from '../../shared/time.ts'
import { seedBank } from './bank.ts'
import { type MovedClock, movedClock } from './clock.ts'
import { SEED_MARK } from './mark.ts'
import { liveAMonth } from './month.ts'
import { SEED_PASSWORD } from './people.ts'

const DAYS = 30
const HEARTBEAT_MS = 30 * 60_000 // no page sends heartbeats here: no session is longer than that

const USAGE = `npm run seed [-- FOLDER]
Fills an empty data folder with made-up people and a month of sessions; never in production.`

const { positionals } = readWords(USAGE, {}, 1)
const config = readConfig(process.env)
const folder = resolve(positionals[0] ?? config.DATA_DIR)
refuseUnlessEmpty()

const log: Log = { info() {}, warn() {}, error: (fields, message) => console.error(message, fields) }
const { engine, clock, close } = await open(Date.now() - DAYS * DAY_MS)
const { emails, sessions } = await liveAMonth({ engine, clock, days: DAYS })
await engine.stop()
await close()
writeFileSync(join(folder, SEED_MARK), 'Everyone in this folder is made up.\n', { mode: 0o600 })
console.log(`${folder} holds ${emails.length} people and ${sessions} sessions.`)
console.log(`Log in as any of them with the password "${SEED_PASSWORD}":`)
for (const email of emails) console.log(`  ${email}`)

function refuseUnlessEmpty(): void {
  const held = existsSync(folder) ? readdirSync(folder).filter((name) => name !== '.gitkeep') : []
  const why = config.production
    ? 'Made-up people have no place in production.'
    : held.length > 0 && `${folder} is not empty. Name another folder, or empty it first.`
  if (why) refuse(why)
}

async function open(
  startAt: number,
): Promise<{ engine: Engine; clock: MovedClock; close: () => Promise<void> }> {
  process.umask(0o077)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let flushed = async () => {}
  const clock = movedClock(startAt, async () => {
    // An alarm's work may take a few turns before it reaches the disk.
    for (let turn = 0; turn < 3; turn += 1) {
      await setImmediate()
      await flushed()
    }
  })
  const disk = nodeDisk(folder)
  const dataKey = createDataKey(config.DATA_KEY ?? [keptDataKey(folder)])
  const store = await openStore({
    disk,
    dataKey,
    clock,
    log,
    mode: 'embedded',
    space: UNWATCHED,
    onFatal: (error) => {
      throw error
    },
  })
  flushed = async () => void (await store.read(() => true))
  const engine = createEngine({
    store,
    clock,
    log,
    newId: randomId,
    payments: seedBank(),
    passwords: createPasswords({
      cost: config.BCRYPT_COST,
      clock,
      commonPasswords: new URL('../../../adapters/system/common-passwords.txt', import.meta.url),
    }),
    webAuthn: createWebAuthn({ now: clock.now, log }),
    dataKey,
    mailServer: undefined,
    mail: { origin: () => '', supportEmail: config.SUPPORT_EMAIL, owner: [] },
    terms: termsIn(config),
    timeouts: timeoutsIn(config),
    heartbeatTimeoutMs: HEARTBEAT_MS,
    presenceGraceMs: config.PRESENCE_GRACE_MS,
    maxInterruptions: MAX_INTERRUPTIONS,
    lastLook: await openLastLook(disk),
    cardLimits: undefined, // a month passes in a moment
    announce: () => {},
  })
  await engine.recover()
  return { engine, clock, close: () => withoutMails(store) }
}

/** Closes the store without the month's receipts: the next start would send them all. */
async function withoutMails(store: OpenStore): Promise<void> {
  await store.commit((tx) => {
    for (const { id } of [...tx.table(MAILS).all()]) tx.table(MAILS).remove(id)
  }, 'mail')
  await store.close()
}
