/** Starts the real routes on a real port, over a disk in memory and the stand-in for Stripe. */

import type { AddressInfo } from 'node:net'
import { openStore } from '../../adapters/store/store.ts'
import { createPayments } from '../../adapters/stripe/payments.ts'
import { randomId, systemClock } from '../../adapters/system/clock.ts'
import { createIce } from '../../adapters/system/ice-servers.ts'
import { createWebAuthn } from '../../adapters/webauthn/webauthn.ts'
import { type App, type AppParts, createApp } from '../../app.ts'
import { STANDIN_KEYS } from '../../dev/stripe/keys.ts'
import { standinRoutes } from '../../dev/stripe/routes.ts'
import { type Standin, startStripeStandin } from '../../dev/stripe/server.ts'
import { MAX_INTERRUPTIONS } from '../../domain/session.ts'
import type { OutgoingMail } from '../../engine/ports.ts'
import { createMetrics } from '../../http/metrics.ts'
import { testDataKey } from './data-key.ts'
import { memoryLastLook } from './last-look.ts'
import { mailServer, unsentMail } from './mail.ts'
import { passwordsAt } from './passwords.ts'
import { type People, peopleAt } from './people.ts'
import { type MemoryDisk, memoryDisk } from './store/memory-disk.ts'
import { silentLog } from './world.ts'

/**
 * Longer than any test takes: what lapses is tested on clocks that are moved, and writes to the
 * journal whose stillness a test may look at. Most readers have no page here.
 */
const LONG_MS = 3_600_000

export interface LiveServer extends People {
  readonly url: string
  readonly disk: MemoryDisk
  readonly standin: Standin
  /** Every mail that has left, in order. */
  readonly mails: readonly OutgoingMail[]
  /** Every HTTP route, and every socket event that has a handler. */
  readonly routes: App['routes']
  readonly events: App['events']
  stop(): Promise<void>
}

/** Starts the server; `isFilling` says that the disk is below its reserve. */
export async function startLiveServer({
  isFilling = () => false,
  dailyBytes,
  ...options
}: Partial<AppParts> & { isFilling?: () => boolean; dailyBytes?: number } = {}): Promise<LiveServer> {
  const clock = systemClock()
  const disk = memoryDisk()
  const mails: OutgoingMail[] = []
  let address = ''
  const standin = await startStripeStandin({ webhookUrl: () => `${address}/stripe/webhook` })
  const store = await openStore({
    disk,
    dataKey: testDataKey,
    clock,
    log: silentLog,
    onFatal: (error) => {
      throw error
    },
    space: { isFilling, hasRoomFor: () => true },
    dailyBytes,
  })
  const app = createApp({
    store,
    clock,
    log: silentLog,
    newId: randomId,
    payments: createPayments({ ...STANDIN_KEYS, apiBase: standin.url, log: silentLog }),
    passwords: passwordsAt(4),
    webAuthn: createWebAuthn({ now: clock.now, log: options.log ?? silentLog }),
    dataKey: testDataKey,
    mailServer: mailServer(mails),
    mail: { ...unsentMail.mail, origin: () => address },
    ice: createIce({ stunUrls: [], turnUrls: [], login: undefined, policy: 'all', wall: clock.now }),
    terms: {
      intervalMs: 60_000,
      partialMinute: 'prorated',
      lowFundsCents: 200,
      feePercent: 0,
      freeMs: 0,
    },
    timeouts: { ringMs: LONG_MS, connectMs: LONG_MS, graceMs: LONG_MS },
    heartbeatTimeoutMs: 10_000,
    presenceGraceMs: LONG_MS,
    maxInterruptions: MAX_INTERRUPTIONS,
    lastLook: memoryLastLook(),
    cardLimits: undefined,
    sessionSecret: 'a secret for the tests alone, long enough',
    production: false,
    publicOrigin: undefined,
    publicDir: new URL('../../public', import.meta.url).pathname,
    strictness: 'off',
    metrics: createMetrics(),
    metricsToken: undefined,
    isShort: store.isShort,
    owner: { name: 'Ada Owner', address: '1 Main Street, Springfield' },
    pageSettings: {
      supportEmail: 'help@example.com',
      mail: 'mailbox',
      stripe: 'standin',
      stripePublishableKey: STANDIN_KEYS.publishableKey,
    },
    standin: standinRoutes({ base: standin.url }),
    devMailbox: undefined,
    devStates: undefined,
    ...options,
  })
  await app.recover()
  await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  await app.startMail()
  const people = peopleAt(address)

  return {
    ...people,
    url: address,
    disk,
    standin,
    mails,
    routes: app.routes,
    events: app.events,
    async stop() {
      people.leave()
      await app.stop()
      await standin.stop()
      await store.close()
    },
  }
}
