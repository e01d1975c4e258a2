/**
 * `npm run admin -- COMMAND`: what the operator does to a client's account, with the server running
 * or stopped.
 */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { createShipping } from '../adapters/backup/shipping.ts'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { openLastLook } from '../adapters/store/last-look.ts'
import { openStore } from '../adapters/store/store.ts'
import { createPayments } from '../adapters/stripe/payments.ts'
import { type AdminAnswer, askAtAdminDoor } from '../adapters/system/admin-socket.ts'
import { randomId, systemClock } from '../adapters/system/clock.ts'
import { createDataKey } from '../adapters/system/data-key.ts'
import { UNWATCHED } from '../adapters/system/disk-space.ts'
import { keptDataKey } from '../adapters/system/kept-secret.ts'
import { createLog } from '../adapters/system/log.ts'
import { createWebAuthn } from '../adapters/webauthn/webauthn.ts'
import { bucketIn, type Config, readConfig, termsIn, timeoutsIn } from '../config.ts'
import { Refusal } from '../domain/errors.ts'
import { MAX_INTERRUPTIONS } from '../domain/session.ts'
import {
  ADMIN_USAGE,
  type AdminWords,
  isRewrap,
  rewrap,
  runAdminCommand,
} from '../engine/accounts/operator-commands.ts'
import { createEngine } from '../engine/engine.ts'
import type { Passwords } from '../engine/ports.ts'
import { readWords, refuse } from './command.ts'

const ASKS_STRIPE = ['refund', 'adopt']
const ONLY_READS = ['statement', 'strays']
const MOST_WORDS = 3
const NO_KEY = 'sk_test_none' // nothing is asked of Stripe with it

const noPassword = (): never => {
  throw new Error('the operator has no use for a password')
}
const NO_PASSWORDS: Passwords = {
  hash: noPassword,
  verify: noPassword,
  isStale: noPassword,
  isCommon: noPassword,
}

const { values, positionals } = readWords(
  ADMIN_USAGE,
  { by: { type: 'string' }, why: { type: 'string' } },
  MOST_WORDS,
)
const wanted: AdminWords = {
  words: positionals,
  warrant: { by: values.by ?? userInfo().username, why: values.why ?? '' },
}
const config = readConfig(process.env)
const dataDir = resolve(config.DATA_DIR)
if (!existsSync(dataDir)) refuse(`There is no folder ${dataDir}. DATA_DIR says where the data are.`)

const { ok, text } = (await askAtAdminDoor(dataDir, wanted)) ?? (await withoutServer(config))
if (ok) console.log(text)
else console.error(text)
process.exitCode = ok ? 0 : 1

/**
 * Opens the folder as the server would, for this one command: no other process can hold it
 * meanwhile.
 */
async function withoutServer(config: Config): Promise<AdminAnswer> {
  const { STRIPE_SECRET_KEY, STRIPE_API_BASE, LOG_LEVEL } = config
  const command = wanted.words[0] ?? ''
  if (ASKS_STRIPE.includes(command) && STRIPE_SECRET_KEY === undefined) {
    return { ok: false, text: 'This needs the running server, or STRIPE_SECRET_KEY.' }
  }
  process.umask(0o077)
  const [disk, clock, log] = [nodeDisk(dataDir), systemClock(), createLog(LOG_LEVEL)]
  const dataKey = createDataKey(config.DATA_KEY ?? [keptDataKey(dataDir)])
  // Money that is given back on an old copy of the data would be lost, or given twice.
  await createShipping({ settings: bucketIn(config), key: dataKey, disk, clock, log, onFatal: fail }).look()
  const store = await openStore({ disk, dataKey, clock, log, onFatal: fail, space: UNWATCHED })
  const stripe = createPayments({
    secretKey: STRIPE_SECRET_KEY ?? NO_KEY,
    webhookSecret: '',
    apiBase: STRIPE_API_BASE,
    log,
  })
  const engine = createEngine({
    store,
    clock,
    log,
    newId: randomId,
    // With no card to charge, an automatic top-up is left to the server: this program ends too soon for it.
    payments: { ...stripe, cardsOf: async () => [] },
    passwords: NO_PASSWORDS,
    webAuthn: createWebAuthn({ now: clock.now, log }),
    dataKey,
    mailServer: undefined, // what is queued here, the server sends
    mail: {
      origin: () => config.PUBLIC_ORIGIN ?? `http://localhost:${config.PORT}`,
      supportEmail: config.SUPPORT_EMAIL,
      owner: [],
    },
    terms: termsIn(config),
    timeouts: timeoutsIn(config),
    heartbeatTimeoutMs: config.HEARTBEAT_TIMEOUT_MS,
    presenceGraceMs: config.PRESENCE_GRACE_MS,
    maxInterruptions: MAX_INTERRUPTIONS,
    lastLook: await openLastLook(disk),
    cardLimits: undefined, // no top-up begins here
    announce: () => undefined,
  })
  try {
    if (isRewrap(wanted)) return { ok: true, text: await rewrap(store) }
    if (ONLY_READS.includes(command)) return { ok: true, text: await runAdminCommand(engine.admin, wanted) }
    // A server that was killed left its sessions running: a change must not bill for what came after.
    await engine.sessions.recover()
    return { ok: true, text: await runAdminCommand(engine.admin, wanted).finally(engine.stop) }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, text: error.message }
    throw error
  } finally {
    await store.close()
  }
}

function fail(error: unknown): never {
  console.error(error)
  process.exit(1)
}
