/** Runs the wallet over a disk in memory, for tests of payments (`WalletWorld`). */

import { openStore } from '../../../adapters/store/store.ts'
import { createPayments } from '../../../adapters/stripe/payments.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import { createWebAuthn } from '../../../adapters/webauthn/webauthn.ts'
import { signature } from '../../../dev/stripe/webhooks.ts'
import type { CardLimits } from '../../../domain/card-testing.ts'
import type { Client } from '../../../domain/client.ts'
import { agreementAt } from '../../../domain/consent.ts'
import { entry } from '../../../domain/ledger.ts'
import { MAX_INTERRUPTIONS } from '../../../domain/session.ts'
import { isClient } from '../../../domain/user.ts'
import type { AccountDeletion } from '../../../engine/accounts/deletion.ts'
import type { Admin } from '../../../engine/accounts/operator.ts'
import { createAct } from '../../../engine/commit.ts'
import { createEngine } from '../../../engine/engine.ts'
import type { EngineEvent } from '../../../engine/events.ts'
import type { MeterPort } from '../../../engine/payments/meter-port.ts'
import { createWallet, type Wallet } from '../../../engine/payments/wallet.ts'
import type { Clock, LastLook, Payments, Store } from '../../../engine/ports.ts'
import { cents, NO_CENTS } from '../../../shared/money.ts'
import { SECRET_KEY, WEBHOOK_SECRET } from '../../dev/stripe/support.ts'
import { testDataKey } from '../../support/data-key.ts'
import { memoryLastLook } from '../../support/last-look.ts'
import { unsentMail } from '../../support/mail.ts'
import { plainPasswords } from '../../support/passwords.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { TEST_TABLES } from '../../support/store/toy-table.ts'
import { silentLog } from '../../support/world.ts'

export interface WalletWorld {
  disk: MemoryDisk
  store: Store
  wallet: Wallet
  admin: Admin
  deletion: AccountDeletion
  events: EngineEvent[]
  /** The errors that the operator was shown. */
  alarms: { fields: object; message: string }[]
  clock: { now: number }
  client(id: string): Promise<Client>
}

export interface WalletWorldParts {
  payments: Payments
  disk?: MemoryDisk
  /** Milliseconds since the epoch. */
  now?: number
  cardLimits?: CardLimits
  lastLook?: LastLook
  /** Returns the store that the wallet is given instead. */
  watchStore?: (store: Store) => Store
  /** Sets the wallet's alarms; none ever rings where it is left out. */
  at?: Clock['at']
}

/**
 * Opens the real engine and store over a memory disk, as one run of the server has them, for tests
 * of the wallet.
 */
export async function openWalletWorld({
  payments,
  disk = memoryDisk(),
  now = 0,
  cardLimits,
  lastLook,
  watchStore = (store) => store,
  at = () => () => undefined,
}: WalletWorldParts): Promise<WalletWorld> {
  const clock = { now: now || Date.UTC(2026, 10, 22) }
  const alarms: WalletWorld['alarms'] = []
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object, message: string) => void alarms.push({ fields, message }),
  }
  const stillClock: Clock = { now: () => clock.now, at }
  const store = watchStore(
    await openStore({
      disk,
      dataKey: testDataKey,
      clock: stillClock,
      log,
      onFatal: fail,
      space: UNWATCHED,
      tables: TEST_TABLES,
    }),
  )
  const events: EngineEvent[] = []
  const { wallet, admin, deletion } = createEngine({
    store,
    clock: stillClock,
    log,
    newId,
    payments,
    dataKey: testDataKey,
    ...unsentMail,
    passwords: { ...plainPasswords, verify: async () => true },
    webAuthn: createWebAuthn({ now: () => clock.now, log: silentLog }),
    terms: TERMS,
    timeouts: { ringMs: 45_000, connectMs: 60_000, graceMs: 60_000 },
    heartbeatTimeoutMs: 10_000,
    presenceGraceMs: 30_000,
    maxInterruptions: MAX_INTERRUPTIONS,
    lastLook: lastLook ?? memoryLastLook(),
    cardLimits,
    announce: (event) => void events.push(event),
  })
  const client = (id: string) => store.read((view) => mustBeClient(view.user(id)))
  return { disk, store, wallet, admin, deletion, events, alarms, clock, client }
}

/** A meter without a running session. */
export const STILL_METER: MeterPort = {
  gather: async () => undefined,
  beforeMove: () => undefined,
  afterMove: () => undefined,
}

/** Returns the world with a wallet that calls `meter` instead of the meter of the engine. */
export function withMeter(world: WalletWorld, payments: Payments, meter: MeterPort): WalletWorld {
  const { store, events, clock } = world
  const wallet = createWallet({
    act: createAct({ store, announce: (event) => void events.push(event) }),
    store,
    clock: { now: () => clock.now, at: () => () => undefined },
    payments,
    log: silentLog,
    newId,
    meter,
    lastLook: memoryLastLook(),
    cardLimits: undefined,
  })
  return { ...world, wallet }
}

const TERMS = {
  intervalMs: 60_000,
  partialMinute: 'prorated',
  lowFundsCents: 200,
  feePercent: 0,
  freeMs: 0,
} as const

function fail(error: unknown): never {
  throw error
}

export function paymentsAt(apiBase: string): Payments {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  return createPayments({ secretKey: SECRET_KEY, webhookSecret: WEBHOOK_SECRET, apiBase, log })
}

/**
 * Copies the folder at this instant for the next run to find: the running one never sees the copy.
 */
export function crash({ disk }: WalletWorld): MemoryDisk {
  const copy = memoryDisk()
  for (const name of disk.names()) copy.put(name, Buffer.from(disk.text(name)))
  return copy
}

export async function register({ store }: WalletWorld, id: string): Promise<void> {
  await store.commit((tx) =>
    tx.putUser({
      id,
      role: 'client',
      name: id,
      email: `${id}@example.com`,
      passwordHash: 'hash',
      createdAt: tx.now,
      logins: [],
      agreed: agreementAt(tx.now),
      balanceCents: NO_CENTS,
      topUps: [],
    }),
  )
}

/** Sends a webhook as Stripe would: about a payment, or about something that names one. */
export async function notify({ wallet }: WalletWorld, paymentIntentId: string, type: string): Promise<void> {
  const object = type.startsWith('payment_intent.')
    ? { id: paymentIntentId }
    : { id: 'of_the_payment', payment_intent: paymentIntentId }
  const body = JSON.stringify({ object: 'event', type, data: { object } })
  await wallet.handleWebhook(
    Buffer.from(body),
    signature(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000)),
  )
}

let spendings = 0

/** Takes money as a session does: it goes to the platform, as far as the wallet is concerned. */
export async function spend({ store }: WalletWorld, id: string, amount: number): Promise<void> {
  spendings += 1
  const key = `charge:spent:${spendings}`
  await store.commit((tx) =>
    tx.post(entry(key, `wallet:${id}`, cents(amount), [{ account: 'house', cents: cents(amount) }])),
  )
}

/**
 * Creates a promise that a test fulfils when something is reached, and a promise to wait for it.
 */
export function gate(): { reached: Promise<void>; reach: () => void } {
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return { reached, reach }
}

/** A call that never gets a response: the process ends first. */
export const never = new Promise<never>(() => undefined)

let ids = 0

/** Returns an id that is never used twice, nor in the next run over a folder. */
function newId(): string {
  ids += 1
  return `id-${ids}`
}

function mustBeClient(user: Parameters<typeof isClient>[0] | undefined): Client {
  if (!user || !isClient(user)) throw new Error('no such client')
  return user
}
