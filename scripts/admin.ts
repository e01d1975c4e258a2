/**
 * `npm run admin -- COMMAND`: what the operator does to a client's account, with the server running
 * or stopped.
 */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { openStore } from '../adapters/store/store.ts'
import { createPayments } from '../adapters/stripe/payments.ts'
import { type AdminAnswer, askAtAdminDoor } from '../adapters/system/admin-socket.ts'
import { randomId, systemClock } from '../adapters/system/clock.ts'
import { UNWATCHED } from '../adapters/system/disk-space.ts'
import { createLog } from '../adapters/system/log.ts'
import { type Config, readConfig, termsIn } from '../config.ts'
import { Refusal } from '../domain/errors.ts'
import { createAdmin } from '../engine/accounts/operator.ts'
import { ADMIN_USAGE, type AdminWords, runAdminCommand } from '../engine/accounts/operator-commands.ts'
import { createBans } from '../engine/accounts/suspension.ts'
import { createAct } from '../engine/commit.ts'
import { createWallet } from '../engine/payments/wallet.ts'
import { createSettlements } from '../engine/sessions/charging.ts'
import { createSessions } from '../engine/sessions/sessions.ts'
import { readWords, refuse } from './command.ts'

const ASKS_STRIPE = ['refund', 'adopt']
const MOST_WORDS = 3
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
  const store = await openStore({ disk, clock, log, onFatal: fail, space: UNWATCHED })
  try {
    const act = createAct({ store, announce: () => undefined })
    const wallet = createWallet({
      act,
      store,
      clock,
      log,
      newId: randomId,
      payments: createPayments({
        secretKey: STRIPE_SECRET_KEY ?? NO_KEY,
        webhookSecret: '',
        apiBase: STRIPE_API_BASE,
        log,
      }),
    })
    const settlements = createSettlements(termsIn(config))
    const sessions = createSessions({
      gather: async () => undefined,
      sentMsOf: () => 0,
      act,
      store,
      newId: randomId,
      settlements,
      terms: termsIn(config),
      onMoved: () => undefined,
    })
    // A server that was killed left its sessions running: a ban must not bill for what came after.
    if (command === 'ban') await sessions.recover()
    const bans = createBans({ act, settlements, gather: async () => undefined, onMoved: () => undefined })
    const admin = createAdmin({ act, store, newId: randomId, wallet, bans })
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
