/** The one composition root: reads the configuration, builds the real parts, listens, and stops cleanly. */

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { BALLAST_BYTES } from './adapters/store/disk/ballast.ts'
import { nodeDisk, prepareFolder } from './adapters/store/disk/disk.ts'
import { DAILY_JOURNAL_BYTES } from './adapters/store/journal/budget.ts'
import { openLastLook } from './adapters/store/last-look.ts'
import { openStore } from './adapters/store/store.ts'
import { createPayments } from './adapters/stripe/payments.ts'
import { openAdminDoor } from './adapters/system/admin-socket.ts'
import { randomId, systemClock } from './adapters/system/clock.ts'
import { watchDiskSpace } from './adapters/system/disk-space.ts'
import { createIce } from './adapters/system/ice-servers.ts'
import { measuredClock, measuredDisk, measuredStore } from './adapters/system/instrumented.ts'
import { createLog } from './adapters/system/log.ts'
import { createPasswords } from './adapters/system/passwords.ts'
import { createApp } from './app.ts'
import { type Config, paymentModeIn, readConfig, termsIn, turnLoginIn, warningsFor } from './config.ts'
import { connectStripe } from './dev/stripe/connect.ts'
import { LENIENT, STRICT } from './domain/card-testing.ts'
import { OperatorError } from './domain/errors.ts'
import { MAX_INTERRUPTIONS } from './domain/session.ts'
import { runAdminCommand } from './engine/accounts/operator-commands.ts'
import { addGauge, addProcessMetrics, createMetrics } from './http/metrics.ts'
import type { Strictness } from './http/rate-limiter.ts'
import { PROTOCOL_VERSION } from './shared/protocol/version.ts'

const MEGABYTE = 1024 * 1024
const JOURNAL_BUDGETS = {
  production: DAILY_JOURNAL_BYTES,
  outside: DAILY_JOURNAL_BYTES * 20,
  off: undefined,
}
const CARD_LIMITS = { production: STRICT, outside: LENIENT, off: undefined }
const STOP_WITHIN_MS = 20_000 // Render kills after 30 s

// V8 looks through the whole heap, and keeps everybody waiting, when it holds three times what was alive the last time, not a
// quarter more (docs/decisions/0021-rare-collections.md).
setFlagsFromString('--heap-growing-percent=200')

await run().catch(refuseToStart)

async function run(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.LOG_LEVEL)
  const dataDir = resolve(config.DATA_DIR)
  process.umask(0o077)
  const folderWarning = prepareFolder(dataDir)
  const disk = nodeDisk(dataDir)

  const metrics = createMetrics()
  const clock = measuredClock(systemClock(), (ms) => metrics.alarmLatenessSeconds.observe(ms / 1000))
  const fail = (error: unknown): never => {
    log.error(
      { err: error },
      'the data can no longer be trusted to this process; it stops, and a restart recovers',
    )
    process.exit(1)
  }
  const space = await watchDiskSpace({
    dir: dataDir,
    minBytes: config.MIN_FREE_DISK_MB * MEGABYTE,
    clock,
    log,
  })
  const opened = await openStore({
    disk: measuredDisk(disk, (ms) => metrics.journalSyncSeconds.observe(ms / 1000)),
    clock,
    log,
    onFatal: fail,
    expectData: config.EXPECT_DATA === 'yes',
    mode: paymentModeIn(config),
    space,
    ballastBytes: BALLAST_BYTES,
    dailyBytes: JOURNAL_BUDGETS[strictnessOf(config)],
  })
  const store = measuredStore(opened, (ms, done) => {
    metrics.commitSeconds.observe(ms / 1000)
    metrics.commits.inc({ outcome: done ? 'done' : 'refused' })
  })
  addProcessMetrics(metrics)
  addGauge(metrics, 'soulseer_disk_free_bytes', 'Room left on the disk of the data folder', space.freeBytes)
  const stripe = await connectStripe(config)
  const app = createApp({
    store,
    clock,
    log,
    newId: randomId,
    payments: createPayments({ ...stripe, log }),
    maxInterruptions: MAX_INTERRUPTIONS,
    lastLook: await openLastLook(disk),
    cardLimits: CARD_LIMITS[strictnessOf(config)],
    passwords: createPasswords({
      cost: config.BCRYPT_COST,
      commonPasswords: new URL('../adapters/system/common-passwords.txt', import.meta.url),
    }),
    ice: createIce({
      stunUrls: config.STUN_URLS,
      turnUrls: config.TURN_URLS,
      login: turnLoginIn(config),
      policy: config.ICE_TRANSPORT_POLICY ?? 'all',
      wall: Date.now,
    }),
    terms: termsIn(config),
    timeouts: {
      ringMs: config.RING_TIMEOUT_MS,
      connectMs: config.CONNECT_TIMEOUT_MS,
      graceMs: config.RECONNECT_GRACE_MS,
    },
    heartbeatTimeoutMs: config.HEARTBEAT_TIMEOUT_MS,
    presenceGraceMs: config.PRESENCE_GRACE_MS,
    sessionSecret: config.SESSION_SECRET ?? keptSecret(dataDir),
    production: config.production,
    publicOrigin: config.PUBLIC_ORIGIN,
    publicDir: fileURLToPath(new URL('../public', import.meta.url)),
    settings: {
      protocolVersion: PROTOCOL_VERSION,
      billingIntervalMs: config.BILLING_INTERVAL_MS,
      ringTimeoutMs: config.RING_TIMEOUT_MS,
      reconnectGraceMs: config.RECONNECT_GRACE_MS,
      lowFundsCents: config.LOW_FUNDS_CENTS,
      partialMinute: config.PARTIAL_MINUTE,
      supportEmail: config.SUPPORT_EMAIL,
      stripe: stripe.isStandin ? 'standin' : 'stripe',
      stripePublishableKey: stripe.publishableKey,
    },
    standin: stripe.router,
    strictness: strictnessOf(config),
    metrics,
    metricsToken: config.METRICS_TOKEN,
    isShort: store.isShort,
  })

  await app.recover()
  const closeAdminDoor = await openAdminDoor({
    dataDir,
    log,
    run: (wanted) => runAdminCommand(app.admin, wanted),
  })
  const address = await listen(app.server, config)
  stripe.announceTo(`${address}/stripe/webhook`)
  app.sweep().catch((error) => log.error({ err: error }, 'payments could not be reconciled'))
  log.info({ address, production: config.production }, 'started')
  for (const warning of [folderWarning ?? [], warningsFor(config)].flat())
    process.stdout.write(`${warning}\n`)
  process.stdout.write(`SoulSeer is ready at ${address}, data in ${dataDir}\n`)

  const stop = once(async (why: string) => {
    log.info({ why }, 'stopping')
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    await closeAdminDoor()
    await app.stop()
    space.stop()
    await stripe.stop()
    await store.close()
    process.exit(0)
  })
  const stopOrFail = (why: string) => void stop(why).catch(fail)
  process.on('SIGTERM', () => stopOrFail('SIGTERM'))
  process.on('SIGINT', () => stopOrFail('SIGINT'))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
}

function strictnessOf({ RATE_LIMITS, production }: Config): Strictness {
  if (RATE_LIMITS === 'off') return 'off'
  return production ? 'production' : 'outside'
}

/** Outside production the cookie's key is made once and kept beside the data, so that a restart logs nobody out. */
function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'session-secret')
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const secret = randomBytes(32).toString('base64url')
    writeFileSync(file, secret, { mode: 0o600, flag: 'wx' })
    return secret
  }
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

function refuseToStart(error: unknown): void {
  if (error instanceof OperatorError) console.error(`SoulSeer cannot start:\n${error.message}`)
  else console.error('SoulSeer cannot start:', error)
  process.exit(1)
}
