/**
 * The composition root: builds the real parts, listens, and stops cleanly. As a program, it also
 * obeys signals.
 */
import { existsSync, realpathSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { type Backups, createBackups } from './adapters/backup/backups.ts'
import { chooseMailServer, type MailWay } from './adapters/mail/choose.ts'
import { MAILBOX_FOLDER } from './adapters/mail/mailbox.ts'
import { BALLAST_BYTES } from './adapters/store/disk/ballast.ts'
import { type Disk, nodeDisk, prepareFolder } from './adapters/store/disk/disk.ts'
import { DAILY_JOURNAL_BYTES } from './adapters/store/journal/budget.ts'
import { openLastLook } from './adapters/store/last-look.ts'
import { openStore } from './adapters/store/store.ts'
import { createPayments } from './adapters/stripe/payments.ts'
import { openAdminDoor } from './adapters/system/admin-socket.ts'
import { randomId, systemClock } from './adapters/system/clock.ts'
import { createDataKey, type DataKeys } from './adapters/system/data-key.ts'
import { type DiskSpace, watchDiskSpace } from './adapters/system/disk-space.ts'
import { createIce } from './adapters/system/ice-servers.ts'
import { measuredClock, measuredDisk, measuredStore } from './adapters/system/instrumented.ts'
import { keptDataKey, keptSessionSecret } from './adapters/system/kept-secret.ts'
import { createLog } from './adapters/system/log.ts'
import { createPasswords } from './adapters/system/passwords.ts'
import { prettyLines } from './adapters/system/pretty-log.ts'
import { createWebAuthn } from './adapters/webauthn/webauthn.ts'
import { type AppParts, createApp } from './app.ts'
import {
  bucketIn,
  type Config,
  ownerIn,
  paymentModeIn,
  readConfig,
  termsIn,
  timeoutsIn,
  turnLoginIn,
  warningsFor,
} from './config.ts'
import { SEED_MARK } from './dev/seed/mark.ts'
import { connectStripe, type StripeConnection } from './dev/stripe/connect.ts'
import { LENIENT, STRICT } from './domain/card-testing.ts'
import { OperatorError } from './domain/errors.ts'
import { MAX_INTERRUPTIONS } from './domain/session.ts'
import { isRewrap, rewrap, runAdminCommand } from './engine/accounts/operator-commands.ts'
import { sayMailTrouble } from './engine/mail/operator-words.ts'
import type { Clock, Log } from './engine/ports.ts'
import { addGauge, addProcessMetrics, createMetrics, type Metrics } from './http/metrics.ts'
import type { Strictness } from './http/rate-limiter.ts'

const MEGABYTE = 1024 * 1024
const JOURNAL_BUDGETS = {
  production: DAILY_JOURNAL_BYTES,
  outside: DAILY_JOURNAL_BYTES * 20,
  off: undefined,
}
const CARD_LIMITS = { production: STRICT, outside: LENIENT, off: undefined }
const STOP_WITHIN_MS = 20_000 // Render kills after 30 s

/** The project's folder: this file is in it, or in its `dist/` once it is bundled. */
const ROOT = new URL(import.meta.url.endsWith('/dist/server.js') ? '..' : '.', import.meta.url)

export interface RunningServer {
  /** Such as `http://localhost:3000`. */
  readonly address: string
  /** Sentences on what works less well than the operator may expect. */
  readonly warnings: readonly string[]
  /** Freezes the meters, disconnects everyone, and resolves once the data folder is closed. */
  stop(): Promise<void>
}

/**
 * Builds the real parts over the data folder, takes up what the last run left open, and listens.
 * Calls `onFatal` when the data can no longer be trusted to this process; unless one is given,
 * that ends it as an uncaught exception. Rejects with an OperatorError for what the operator can
 * mend; what had been opened by then is left to the end of the process.
 */
export async function start(
  config: Config,
  onFatal: (error: unknown) => void = throwUncaught,
): Promise<RunningServer> {
  const log = logFor(config)
  const dataDir = resolve(config.DATA_DIR)
  const folderWarning = prepareFolder(dataDir)
  const disk = nodeDisk(dataDir)
  const metrics = createMetrics()
  const clock = measuredClock(systemClock(), (ms) => metrics.alarmLatenessSeconds.observe(ms / 1000))
  const space = await watchDiskSpace({
    dir: dataDir,
    minBytes: config.MIN_FREE_DISK_MB * MEGABYTE,
    clock,
    log,
  })
  const dataKey = createDataKey(config.DATA_KEY ?? [keptDataKey(dataDir)])
  const backups = createBackups({
    settings: bucketIn(config),
    lastRecordFile: config.LAST_RECORD_FILE,
    key: dataKey,
    disk,
    clock,
    log,
    programs: new URL('dist/scripts/', ROOT),
    env: { ...process.env, DATA_DIR: dataDir },
    onFatal,
  })
  await backups.look()
  const { wrote } = backups
  const store = await openMeasuredStore({
    config,
    disk,
    dataKey,
    clock,
    log,
    metrics,
    space,
    wrote,
    onFatal,
  })
  await backups.start(store.halt)
  addProcessMetrics(metrics)
  addGauge(metrics, 'soulseer_disk_free_bytes', 'Room left on the disk of the data folder', space.freeBytes)
  for (const { name, help, read } of backups.gauges) addGauge(metrics, name, help, read)
  const stripe = await connectStripe(config)
  const mailWay = chooseMailServer(config)
  let origin = config.PUBLIC_ORIGIN
  const app = createApp({
    ...partsFrom({ config, stripe, mailWay, clock }),
    mail: {
      origin: () => origin ?? '',
      supportEmail: config.SUPPORT_EMAIL,
      owner: ownerIn(config),
    },
    devMailbox: await devMailboxFor(mailWay, dataDir),
    devStates: await devStatesFor(config),
    store,
    clock,
    log,
    payments: createPayments({ ...stripe, log }),
    webAuthn: createWebAuthn({ now: clock.now, log }),
    maxInterruptions: MAX_INTERRUPTIONS,
    lastLook: await openLastLook(disk),
    dataKey,
    sessionSecret: config.SESSION_SECRET ?? keptSessionSecret(dataDir),
    metrics,
    isShort: store.isShort,
  })

  await app.recover()
  if (isSeeded(dataDir, config)) await app.keepReaders()
  const closeAdminDoor = await openAdminDoor({
    dataDir,
    log,
    run: (wanted) => (isRewrap(wanted) ? rewrap(store) : runAdminCommand(app.admin, wanted)),
  })
  const address = await listen(app.server, config)
  origin ??= address
  stripe.announceTo(`${address}/stripe/webhook`)
  await app.startMail()
  const mailTrouble = sayMailTrouble(await app.admin.mail.counts())
  app.startPolling().catch((error) => log.error({ err: error }, 'payments could not be reconciled'))
  log.info({ address, production: config.production }, 'started')

  return {
    address,
    warnings: [folderWarning ?? [], warningsFor(config), mailTrouble ?? []].flat(),
    stop: once(async () => {
      await closeAdminDoor()
      await app.stop()
      space.stop()
      await stripe.stop()
      await backups.stop()
      await store.close()
    }),
  }
}

/** Creates the log: JSON for whatever collects it in production, short lines for a developer. */
function logFor({ LOG_LEVEL, production }: Config): Log {
  if (production) return createLog(LOG_LEVEL)
  return createLog(
    LOG_LEVEL,
    prettyLines((line) => void process.stderr.write(line)),
  )
}

/** Says whether `npm run seed` filled this folder: its readers are there although no page is. */
function isSeeded(dataDir: string, { production }: Config): boolean {
  return !production && existsSync(join(dataDir, SEED_MARK))
}

async function openMeasuredStore(parts: {
  config: Config
  disk: Disk
  dataKey: DataKeys
  clock: Clock
  log: Log
  metrics: Metrics
  space: DiskSpace
  wrote: Backups['wrote']
  onFatal: (error: unknown) => void
}) {
  const { config, disk, dataKey, clock, log, metrics, space, wrote, onFatal } = parts
  const store = await openStore({
    disk: measuredDisk(disk, (ms) => metrics.journalSyncSeconds.observe(ms / 1000)),
    dataKey,
    clock,
    log,
    onFatal,
    expectData: config.EXPECT_DATA === 'yes',
    mode: paymentModeIn(config),
    space,
    ballastBytes: BALLAST_BYTES,
    dailyBytes: JOURNAL_BUDGETS[strictnessOf(config)],
    onWritten: wrote,
  })
  return measuredStore(store, (ms, done) => {
    metrics.commitSeconds.observe(ms / 1000)
    metrics.commits.inc({ outcome: done ? 'done' : 'refused' })
  })
}

/** Returns the parts that the settings alone decide. */
function partsFrom({
  config,
  stripe,
  mailWay,
  clock,
}: {
  config: Config
  stripe: StripeConnection
  mailWay: MailWay
  clock: Clock
}) {
  return {
    mailServer: mailWay.server,
    newId: randomId,
    cardLimits: CARD_LIMITS[strictnessOf(config)],
    passwords: createPasswords({
      cost: config.BCRYPT_COST,
      clock,
      commonPasswords: new URL('adapters/system/common-passwords.txt', ROOT),
    }),
    ice: createIce({
      stunUrls: config.STUN_URLS,
      turnUrls: config.TURN_URLS,
      login: turnLoginIn(config),
      policy: config.ICE_TRANSPORT_POLICY ?? 'all',
      wall: Date.now,
    }),
    terms: termsIn(config),
    timeouts: timeoutsIn(config),
    heartbeatTimeoutMs: config.HEARTBEAT_TIMEOUT_MS,
    presenceGraceMs: config.PRESENCE_GRACE_MS,
    production: config.production,
    publicOrigin: config.PUBLIC_ORIGIN,
    publicDir: fileURLToPath(new URL('public', ROOT)),
    pageSettings: {
      supportEmail: config.SUPPORT_EMAIL,
      mail: mailWay.kind,
      stripe: stripe.isStandin ? ('standin' as const) : ('stripe' as const),
      stripePublishableKey: stripe.publishableKey,
    },
    owner: { name: config.OWNER_NAME, address: config.OWNER_ADDRESS },
    standin: stripe.router,
    strictness: strictnessOf(config),
    metricsToken: config.METRICS_TOKEN,
  }
}

/** The mails of a development server are shown on a page; in production it is not even loaded. */
async function devMailboxFor({ kind }: MailWay, dataDir: string) {
  if (kind !== 'mailbox') return undefined
  const { mailboxRoutes } = await import('./dev/mailbox/routes.ts')
  return mailboxRoutes({ folder: join(dataDir, MAILBOX_FOLDER) })
}

/** Likewise the catalogue of the pages' states. */
async function devStatesFor({ production }: Config): Promise<AppParts['devStates']> {
  if (production) return undefined
  const { statesRoutes } = await import('./dev/states/routes.ts')
  return (pageFor) => statesRoutes({ folder: new URL('dist/dev/states/page/', ROOT), pageFor })
}

function strictnessOf({ RATE_LIMITS, production }: Config): Strictness {
  if (RATE_LIMITS === 'off') return 'off'
  return production ? 'production' : 'outside'
}

/** Resolves with the address once the server accepts connections; rejects when it cannot. */
async function listen(server: Server, { PORT, HOST }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(PORT, HOST, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST
  return `http://${host}:${port}`
}

function once<A extends unknown[]>(work: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  let running: Promise<void> | undefined
  return (...args) => {
    running ??= work(...args)
    return running
  }
}

function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/**
 * Starts the server as the program of this process: with its signals, its file mode, its heap, and
 * its end.
 */
export async function run(): Promise<void> {
  try {
    await runUntilStopped()
  } catch (error) {
    refuseToStart(error)
  }
}

async function runUntilStopped(): Promise<void> {
  // V8 looks through the whole heap, and keeps everybody waiting, when it holds three times what
  // was alive the last time, not a quarter more (docs/decisions/0021-rare-collections.md).
  setFlagsFromString('--heap-growing-percent=200')
  process.umask(0o077)
  const config = readConfig(process.env)
  const log = logFor(config)
  const fail = (error: unknown): never => {
    if (error instanceof OperatorError) log.error({}, error.message)
    else
      log.error(
        { err: error },
        'the data can no longer be trusted to this process; it stops, and a restart recovers',
      )
    process.exit(1)
  }
  const { address, warnings, stop } = await start(config, fail)
  for (const warning of warnings) process.stdout.write(`${warning}\n`)
  process.stdout.write(`SoulSeer is ready at ${address}, data in ${resolve(config.DATA_DIR)}\n`)

  const stopAndExit = once(async (why: string) => {
    log.info({ why }, 'stopping')
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    await stop()
    process.exit(0)
  })
  const stopOrFail = (why: string) => void stopAndExit(why).catch(fail)
  process.on('SIGTERM', () => stopOrFail('SIGTERM'))
  process.on('SIGINT', () => stopOrFail('SIGINT'))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
}

function refuseToStart(error: unknown): void {
  if (error instanceof OperatorError) console.error(`SoulSeer cannot start:\n${error.message}`)
  else console.error('SoulSeer cannot start:', error)
  process.exit(1)
}

const [, program = ''] = process.argv
const isTheProgram = [program, `${program}.js`].some(
  (file) => existsSync(file) && realpathSync(file) === fileURLToPath(import.meta.url),
)
if (isTheProgram) await run()
