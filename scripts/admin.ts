/** `npm run admin -- COMMAND`: what the operator does to a client's account, with the server running or stopped. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { openLastLook } from '../adapters/store/last-look.ts'
import { openStore } from '../adapters/store/store.ts'
import { createPayments } from '../adapters/stripe/payments.ts'
import { type AdminAnswer, askAtAdminDoor } from '../adapters/system/admin-socket.ts'
import { randomId, systemClock } from '../adapters/system/clock.ts'
import { UNWATCHED } from '../adapters/system/disk-space.ts'
import { createLog } from '../adapters/system/log.ts'
import { type Config, readConfig, termsIn } from '../config.ts'
import { Refusal } from '../domain/errors.ts'
import { MAX_INTERRUPTIONS } from '../domain/session.ts'
import { createAdmin } from '../engine/accounts/operator.ts'
import { ADMIN_USAGE, type AdminWords, runAdminCommand } from '../engine/accounts/operator-commands.ts'
import { createBans } from '../engine/accounts/suspension.ts'
import { createAct } from '../engine/commit.ts'
import type { MeterPort } from '../engine/payments/meter-port.ts'
import { createWallet } from '../engine/payments/wallet.ts'
import { createCharging } from '../engine/sessions/charging.ts'
import { NO_EVIDENCE } from '../engine/sessions/evidence.ts'
import { createSessions } from '../engine/sessions/sessions.ts'
import { readWords, refuse } from './command.ts'

const ASKS_STRIPE = ['refund', 'adopt']
const MOST_WORDS = 3
/** No session runs without the server. */
const NO_METER: MeterPort = {
  gather: async () => undefined,
  beforeMove: () => undefined,
  afterMove: () => undefined,
}
const NO_KEY = 'sk_test_none' // nothing is asked of Stripe with it

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

/** Opens the folder as the server would, for this one command: nobody else can hold it meanwhile. */
async function withoutServer(config: Config): Promise<AdminAnswer> {
  const { STRIPE_SECRET_KEY, STRIPE_API_BASE, LOG_LEVEL } = config
  const command = wanted.words[0] ?? ''
  if (ASKS_STRIPE.includes(command) && STRIPE_SECRET_KEY === undefined) {
    return { ok: false, text: 'This needs the running server, or STRIPE_SECRET_KEY.' }
  }
  process.umask(0o077)
  const [disk, clock, log] = [nodeDisk(dataDir), systemClock(), createLog(LOG_LEVEL)]
  const store = await openStore({ disk, clock, log, onFatal: fail, space: UNWATCHED })
  try {
    const act = createAct({ store, announce: () => undefined })
    const wallet = createWallet({
      act,
      store,
      clock,
      log,
      newId: randomId,
      meter: NO_METER,
      lastLook: await openLastLook(disk),
      cardLimits: undefined, // no top-up begins here
      payments: createPayments({
        secretKey: STRIPE_SECRET_KEY ?? NO_KEY,
        webhookSecret: '',
        apiBase: STRIPE_API_BASE,
        log,
      }),
    })
    const charging = createCharging({
      terms: termsIn(config),
      maxInterruptions: MAX_INTERRUPTIONS,
      evidence: NO_EVIDENCE,
    })
    const sessions = createSessions({
      gather: async () => undefined,
      sentMsOf: () => 0,
      act,
      store,
      newId: randomId,
      charging,
      terms: termsIn(config),
    })
    // A server that was killed left its sessions running: a ban must not bill for what came after.
    if (command === 'ban') await sessions.recover()
    const bans = createBans({ act, charging, gather: async () => undefined })
    const admin = createAdmin({ act, store, newId: randomId, wallet, bans, meter: NO_METER })
    return { ok: true, text: await runAdminCommand(admin, wanted) }
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
